"use strict";
// Millions of organisms on a canvas without WebGL: each adds its colour to the pixels below it, and
// the more lie on a pixel, on a logarithmic scale, the fuller it is. Few organisms become dots.
((seston) => {
  const INK = 0.05; // share of the canvas that dots may cover together
  let sums = new Float32Array(0); // red, green, blue and weight of each pixel
  let rest = new Float32Array(0); // weight of what is not shown but hinted at

  const empty = (pixels) => {
    if (sums.length !== 4 * pixels) {
      sums = new Float32Array(4 * pixels);
      rest = new Float32Array(pixels);
    } else {
      sums.fill(0);
      rest.fill(0);
    }
  };

  /** Return a dot: for each of its pixels dx, dy and how much of it is covered. */
  const disc = (radius) => {
    if (radius < 0.8) return [[0, 0, 1]];
    const cells = [];
    const far = Math.ceil(radius);
    for (let dy = -far; dy <= far; dy++) {
      for (let dx = -far; dx <= far; dx++) {
        const covered = Math.min(1, radius + 0.5 - Math.hypot(dx, dy));
        if (covered > 0) cells.push([dx, dy, covered]);
      }
    }
    return cells;
  };

  /** Return how many organisms are `shown`, how many of them in view, and a radius for dots. */
  const dots = (map) => {
    const { data, view, showRest } = map;
    const { x, y } = data;
    const [left, right] = [view.mapX(0), view.mapX(view.wide)];
    const [low, high] = [view.mapY(view.high), view.mapY(0)];
    let [shown, count, drawn] = [0, 0, 0];
    for (let row = 0; row < data.n; row++) {
      const isShown = map.isShown(row);
      shown += isShown;
      if (x[row] > left && x[row] < right && y[row] > low && y[row] < high) {
        count += isShown;
        drawn += isShown || showRest;
      }
    }
    const fair = Math.sqrt((INK * view.wide * view.high) / (Math.PI * Math.max(1, drawn)));
    return { shown, count, radius: Math.min(5 * view.ratio, Math.max(0.5, fair)) };
  };

  const add = (map, cells) => {
    const { data, view, colouring, hidden, sampleShown, picked } = map;
    const { codes, classOf, classes } = colouring;
    const { x, y } = data;
    const { wide, high, scale } = view;
    const colours = Float32Array.from(classes.flatMap((one) => one.colour));
    const offX = wide / 2 - view.x * scale + 0.5;
    const offY = high / 2 + view.y * scale + 0.5;
    const margin = Math.max(...cells.map(([dx]) => dx));
    for (const [s, { first, count }] of data.samples.entries()) {
      const here = sampleShown[s];
      for (let row = first; row < first + count; row++) {
        const px = Math.floor(x[row] * scale + offX);
        const py = Math.floor(offY - y[row] * scale);
        if (!(px >= margin && py >= margin && px < wide - margin && py < high - margin)) continue;
        const c = classOf[codes[row]];
        const shown = here && !hidden[c] && (!picked || picked[row]);
        for (let i = 0; i < cells.length; i++) {
          const [dx, dy, weight] = cells[i];
          const to = (py + dy) * wide + px + dx;
          if (!shown) {
            rest[to] += weight;
            continue;
          }
          sums[4 * to] += weight * colours[3 * c];
          sums[4 * to + 1] += weight * colours[3 * c + 1];
          sums[4 * to + 2] += weight * colours[3 * c + 2];
          sums[4 * to + 3] += weight;
        }
      }
    }
  };

  /** Return the weight at which a pixel is full: few lie above it. */
  const fullAt = (pixels) => {
    const seen = [];
    const step = Math.max(1, Math.floor(pixels / 200_000));
    for (let i = 0; i < pixels; i += step) if (sums[4 * i + 3] > 0) seen.push(sums[4 * i + 3]);
    seen.sort((a, b) => a - b);
    return Math.max(2, seen[Math.floor(seen.length * 0.998)] ?? 2);
  };

  /** Draw all organisms of a map; return what `dots` found. */
  seston.drawDensity = (map, context) => {
    const { wide, high, ratio } = map.view;
    const pixels = wide * high;
    empty(pixels);
    const drawn = dots(map);
    add(map, disc(drawn.radius));

    const image = context.createImageData(wide, high);
    const out = image.data;
    const least = Math.min(0.92, 0.45 + 0.2 * (drawn.radius / ratio)); // how full one organism is
    const slope = (1 - least) / Math.log(fullAt(pixels));
    const grey = seston.greyColour();
    for (let i = 0; i < pixels; i++) {
      const weight = sums[4 * i + 3];
      if (weight > 0) {
        const full = weight < 1 ? weight * least : least + slope * Math.log(weight);
        out[4 * i] = sums[4 * i] / weight;
        out[4 * i + 1] = sums[4 * i + 1] / weight;
        out[4 * i + 2] = sums[4 * i + 2] / weight;
        out[4 * i + 3] = 255 * Math.min(1, full);
      } else if (rest[i] && map.showRest) {
        out.set(grey, 4 * i);
        out[4 * i + 3] = Math.min(96, 52 * Math.min(1, rest[i]) + 10 * Math.log2(1 + rest[i]));
      }
    }
    context.putImageData(image, 0, 0);
    return drawn;
  };
})(globalThis.seston);
