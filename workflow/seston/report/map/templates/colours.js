"use strict";
// Colours for classes and for what runs from low to high, on light and on dark ground.
((seston) => {
  // Okabe and Ito's, safe for colour-blind eyes, in the order of the report's figures.
  const FIRST = [
    [0, 114, 178],
    [213, 94, 0],
    [0, 158, 115],
    [204, 121, 167],
    [230, 159, 0],
    [86, 180, 233],
  ];
  // Viridis at ten places.
  const RAMP = [
    [68, 1, 84],
    [72, 40, 120],
    [62, 74, 137],
    [49, 104, 142],
    [38, 130, 142],
    [31, 158, 137],
    [53, 183, 121],
    [109, 205, 89],
    [180, 222, 44],
    [253, 231, 37],
  ];

  const root = document.documentElement;
  const night = matchMedia("(prefers-color-scheme: dark)");
  seston.isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : night.matches);

  /** Return sRGB bytes of a lightness, chroma and hue of OKLCH, each equally far to the eye. */
  const fromOklch = (lightness, chroma, hue) => {
    const a = chroma * Math.cos(hue);
    const b = chroma * Math.sin(hue);
    const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
    return [
      4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
      -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
      -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
    ].map((light) => {
      const even = light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
      return Math.round(255 * Math.min(1, Math.max(0, even)));
    });
  };

  /**
   * Return the colour of class number `i`: after the first, hues by the golden angle on three
   * levels of lightness, which keep the first twenty apart.
   */
  seston.classColour = (i) => {
    if (i < FIRST.length)
      return seston.isDark() ? FIRST[i].map((c) => c + 0.3 * (255 - c)) : FIRST[i];
    const ring = i % 3;
    const lightness = [0.4, 0.59, 0.7][ring] + (seston.isDark() ? 0.16 : 0);
    return fromOklch(lightness, [0.12, 0.14, 0.09][ring], i * 2.399963 + 0.65);
  };

  /** Return the colour at a share from low (0) to high (1); never as the ground. */
  seston.rampColour = (share) => {
    const seen = seston.isDark() ? 0.12 + 0.88 * share : 0.92 * share;
    const place = seen * (RAMP.length - 1);
    const below = Math.min(RAMP.length - 2, Math.floor(place));
    return RAMP[below].map((low, c) => low + (RAMP[below + 1][c] - low) * (place - below));
  };

  /** What has no class, as what nobody has named: of no class's colour, and not of the grey. */
  seston.withoutColour = () => (seston.isDark() ? [203, 178, 150] : [158, 128, 98]);

  /** What is not shown but hinted at. */
  seston.greyColour = () => (seston.isDark() ? [132, 146, 153] : [134, 145, 152]);

  seston.css = ([r, g, b]) => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;

  const button = seston.get("light");
  button.addEventListener("click", () => {
    root.dataset.theme = seston.isDark() ? "light" : "dark";
    seston.tell("light");
  });
  night.addEventListener("change", () => seston.tell("light"));
})(globalThis.seston);
