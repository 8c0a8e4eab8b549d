"use strict";
// Colours for classes and for what runs from low to high, on light and on dark ground.
((seston) => {
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

  const bytes = (hex) => [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
  const palettes = {};

  /** Take in the colours of classes, those of the report's figures: `light` and `dark`. */
  seston.takeColours = (colours) => {
    for (const [name, given] of Object.entries(colours)) palettes[name] = given.map(bytes);
  };

  /** Return the colour of class number `i`. */
  seston.classColour = (i) => palettes[light.isDark() ? "dark" : "light"][i];

  /** Return the colour at a share from low (0) to high (1); never as the ground. */
  seston.rampColour = (share) => {
    const seen = light.isDark() ? 0.12 + 0.88 * share : 0.92 * share;
    const place = seen * (RAMP.length - 1);
    const below = Math.min(RAMP.length - 2, Math.floor(place));
    return RAMP[below].map((low, c) => low + (RAMP[below + 1][c] - low) * (place - below));
  };

  /** What has no class, as what nobody has named: of no class's colour, and not of the grey. */
  seston.withoutColour = () => (light.isDark() ? [203, 178, 150] : [158, 128, 98]);

  /** What is not shown but hinted at. */
  seston.greyColour = () => (light.isDark() ? [132, 146, 153] : [134, 145, 152]);

  seston.css = ([r, g, b]) => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;

  addEventListener("light", () => seston.tell("light"));
})(globalThis.seston);
