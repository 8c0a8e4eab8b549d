"use strict";
// Which part of the map is seen: its centre, and pixels of the canvas per unit of the map.
((seston) => {
  const ROOM = 0.84; // of the canvas that a fitted part takes: tools and words lie over its rim
  const DEEPEST = 4000; // times nearer than where all is seen

  /** Return the box around all organisms: [left, low, right, high]. */
  const boxOfAll = ({ x, y, n }) => {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let row = 0; row < n; row++) {
      if (x[row] < box[0]) box[0] = x[row];
      if (y[row] < box[1]) box[1] = y[row];
      if (x[row] > box[2]) box[2] = x[row];
      if (y[row] > box[3]) box[3] = y[row];
    }
    return box;
  };

  /** Return the box around rows, less the outermost hundredth on each side. */
  seston.boxOf = ({ x, y }, rows) => {
    const [xs, ys] = [x, y].map((values) => Float32Array.from(rows, (row) => values[row]).sort());
    const out = Math.floor(rows.length / 100);
    return [xs[out], ys[out], xs[rows.length - 1 - out], ys[rows.length - 1 - out]];
  };

  seston.makeView = (data) => {
    const all = boxOfAll(data);
    const whole = Math.max(all[2] - all[0], all[3] - all[1]) || 1;
    const view = { x: 0, y: 0, scale: 1, wide: 1, high: 1, ratio: 1 };
    const least = () => 0.5 * view.fitting(all);
    const most = () => DEEPEST * view.fitting(all);

    const keepWithin = () => {
      view.scale = Math.min(most(), Math.max(least(), view.scale));
      view.x = Math.min(all[2], Math.max(all[0], view.x));
      view.y = Math.min(all[3], Math.max(all[1], view.y));
    };

    Object.assign(view, {
      /** Return the scale at which a box fits. */
      fitting: ([left, low, right, high]) =>
        ROOM *
        Math.min(view.wide / (right - left || whole / 50), view.high / (high - low || whole / 50)),
      /** Return how many times nearer this is than where all is seen. */
      nearness: () => view.scale / view.fitting(all),
      px: (x) => (x - view.x) * view.scale + view.wide / 2,
      py: (y) => (view.y - y) * view.scale + view.high / 2,
      mapX: (px) => (px - view.wide / 2) / view.scale + view.x,
      mapY: (py) => view.y - (py - view.high / 2) / view.scale,

      /** Show a box; without one, everything. */
      fit: (box = all) => {
        view.x = (box[0] + box[2]) / 2;
        view.y = (box[1] + box[3]) / 2;
        view.scale = view.fitting(box);
        keepWithin();
        seston.tell("view");
      },
      /** Move what is seen by pixels of the canvas. */
      move: (dx, dy) => {
        view.x -= dx / view.scale;
        view.y += dy / view.scale;
        keepWithin();
        seston.tell("view");
      },
      /** Come nearer by a factor; the place below (px, py) stays there. */
      zoom: (factor, px = view.wide / 2, py = view.high / 2) => {
        const [x, y] = [view.mapX(px), view.mapY(py)];
        view.scale = Math.min(most(), Math.max(least(), view.scale * factor));
        view.x = x - (px - view.wide / 2) / view.scale;
        view.y = y + (py - view.high / 2) / view.scale;
        keepWithin();
        seston.tell("view");
      },
      /** Put an organism into the middle, near enough to tell it from others. */
      goTo: (row) => {
        view.x = data.x[row];
        view.y = data.y[row];
        view.scale = Math.max(view.scale, 12 * view.fitting(all));
        keepWithin();
        seston.tell("view");
      },
      /** Take the size of the window; what was in the middle stays there. */
      resize: (wide, high, ratio) => {
        const grown = Math.min(wide / view.wide, high / view.high);
        Object.assign(view, { wide, high, ratio, scale: view.scale * grown });
      },
    });
    return view;
  };
})(globalThis.seston);
