"use strict";
// Which organisms are where: the one nearest to a place, those inside an outline, by going through
// all of them: a million take a few milliseconds.
((seston) => {
  /** Return the organism whose picture on the map covers a place on the canvas, or -1. */
  seston.pictureAt = ({ data, view, pictured, pictureSize }, px, py) => {
    const covers = (row) =>
      2 * Math.abs(view.px(data.x[row]) - px) < pictureSize &&
      2 * Math.abs(view.py(data.y[row]) - py) < pictureSize;
    return pictured.find(covers) ?? -1;
  };

  /** Return the shown organism nearest to a place on the canvas, no farther than `reach`, or -1. */
  seston.nearest = (map, px, py, reach) => {
    const { data, view } = map;
    const { x, y } = data;
    const [toX, toY] = [view.mapX(px), view.mapY(py)];
    let best = -1;
    let least = (reach / view.scale) ** 2;
    for (let row = 0; row < data.n; row++) {
      const far = (x[row] - toX) ** 2 + (y[row] - toY) ** 2;
      if (far < least && map.isShown(row)) {
        best = row;
        least = far;
      }
    }
    return best;
  };

  const contains = (outline, x, y) => {
    let inside = false;
    for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
      const [xi, yi] = outline[i];
      const [xj, yj] = outline[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  };

  /** Return the rows of the shown organisms inside an outline, a list of places on the map. */
  seston.inside = (map, outline) => {
    const { data } = map;
    const [xs, ys] = [outline.map(([x]) => x), outline.map(([, y]) => y)];
    const [left, right] = [Math.min(...xs), Math.max(...xs)];
    const [low, high] = [Math.min(...ys), Math.max(...ys)];
    const rows = [];
    for (let row = 0; row < data.n; row++) {
      const [x, y] = [data.x[row], data.y[row]];
      if (x < left || x > right || y < low || y > high) continue;
      if (map.isShown(row) && contains(outline, x, y)) rows.push(row);
    }
    return Uint32Array.from(rows);
  };
})(globalThis.seston);
