"use strict";
// A picture of each class in the legend, where classes go by looks: of those in the page the one in
// the middle of its class.
((seston) => {
  const BY_LOOKS = new Set(["cluster", "name", "coarse", "density_cluster"]);
  const PIXELS = 64; // of a picture's canvas, which is shown smaller

  /** Return of each class the place of its picture in the page; undefined: it has none there. */
  const chosen = ({ data, pictures, colouring: { codes, classOf, classes } }) => {
    const members = classes.map(() => []);
    const places = new Map();
    pictures.rows.forEach((row, place) => {
      members[classOf[codes[row]]].push(row);
      places.set(row, place);
    });
    return members.map((rows) => places.get(seston.middleOf(data, rows)));
  };

  /**
   * Put a picture before the names of the rows of the legend. It is drawn when its row comes in
   * sight: there may be a thousand.
   */
  seston.illustrate = (map, rows) => {
    if (!BY_LOOKS.has(map.colouring.name) || !map.pictures.rows.length) return;
    const places = chosen(map);
    const watcher = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        const draw = (picture) =>
          seston.drawPicture(target.getContext("2d"), picture, 0, 0, PIXELS);
        map.pictures.thumbnail(Number(target.dataset.place)).then(draw).catch(seston.fail);
      }
    });
    for (const row of rows) {
      const place = places[row.dataset.class];
      const size = { width: PIXELS, height: PIXELS };
      const canvas = seston.make("canvas", { ...size, "data-place": place, "aria-hidden": "true" });
      row.querySelector(".swatch").after(canvas);
      if (place !== undefined) watcher.observe(canvas);
    }
  };
})(globalThis.seston);
