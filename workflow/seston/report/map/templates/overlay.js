"use strict";
// What lies over the organisms: pictures where there is room, names of classes, what is selected.
((seston) => {
  const MOST_PICTURES = 150; // in view; with more, none is drawn
  const NEAR = 60; // times nearer than the whole map: from there on pictures may hide others
  const PICTURE = 44; // CSS pixels
  const MOST_LABELS = 80;
  const SAMPLED = 255; // organisms of a class that its place is found from

  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

  /** Return of some organisms the one in the middle; of none: undefined. */
  seston.middleOf = (data, rows) => {
    const x = median(rows.map((row) => data.x[row]));
    const y = median(rows.map((row) => data.y[row]));
    const far = (row) => (data.x[row] - x) ** 2 + (data.y[row] - y) ** 2;
    return rows.reduce((best, row) => (far(row) < far(best) ? row : best), rows[0]);
  };

  /** Give each class the place of its label: of what the filter leaves the one in the middle. */
  seston.findCentres = ({ data, sampleShown, colouring: { codes, classOf, classes } }) => {
    const members = classes.map(() => []);
    const steps = classes.map((one) => Math.max(1, Math.floor(one.left / SAMPLED)));
    const seen = new Uint32Array(classes.length);
    for (let row = 0; row < data.n; row++) {
      if (!sampleShown[data.sampleOf[row]]) continue;
      const c = classOf[codes[row]];
      if (seen[c]++ % steps[c] === 0) members[c].push(row);
    }
    classes.forEach((one, c) => {
      one.centre = seston.middleOf(data, members[c]);
    });
  };

  const boxes = () => {
    const taken = [];
    return (left, top, right, bottom) => {
      for (const [l, t, r, b] of taken)
        if (left < r && right > l && top < b && bottom > t) return false;
      taken.push([left, top, right, bottom]);
      return true;
    };
  };

  const drawLabels = (map, context) => {
    const { data, view, colouring, hidden, look } = map;
    context.font = `600 ${12 * view.ratio}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3.5 * view.ratio;
    context.strokeStyle = look.card;
    context.fillStyle = look.ink;
    const isFree = boxes();
    const order = colouring.classes.map((_, c) => c).filter((c) => !hidden[c]);
    order.sort((a, b) => colouring.classes[b].left - colouring.classes[a].left);
    let left = MOST_LABELS;
    for (const c of order) {
      const { tag, centre } = colouring.classes[c];
      if (!tag || centre === undefined) continue;
      const [x, y] = [view.px(data.x[centre]), view.py(data.y[centre])];
      if (x < 0 || y < 0 || x > view.wide || y > view.high) continue;
      const text = tag.length > 24 ? `${tag.slice(0, 23)}…` : tag;
      const wide = context.measureText(text).width / 2 + 3 * view.ratio;
      const high = 8 * view.ratio;
      if (!isFree(x - wide, y - high, x + wide, y + high)) continue;
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
      if (--left === 0) break;
    }
  };

  /** Return which pictures of the page are of organisms that are shown and in view. */
  seston.picturesInView = ({ data, view, pictures, isShown }) => {
    const places = [];
    pictures.rows.forEach((row, place) => {
      const [x, y] = [view.px(data.x[row]), view.py(data.y[row])];
      if (x > 0 && y > 0 && x < view.wide && y < view.high && isShown(row)) places.push(place);
    });
    return places;
  };

  /** Return the places of those pictures that do not hide each other; none where most would. */
  const spread = (map, size) => {
    const { data, view, pictures } = map;
    const places = seston.picturesInView(map);
    if (places.length > MOST_PICTURES) return [];
    const isFree = boxes();
    const free = places.filter((place) => {
      const [x, y] = [view.px(data.x[pictures.rows[place]]), view.py(data.y[pictures.rows[place]])];
      const half = size / 2 + 2;
      return isFree(x - half, y - half, x + half, y + half);
    });
    return 2 * free.length >= places.length || view.nearness() > NEAR ? free : [];
  };

  const drawPictures = (map, context) => {
    const { data, view, colouring, pictures } = map;
    const { codes, classOf, classes } = colouring;
    const size = PICTURE * view.ratio;
    const places = map.showPictures ? spread(map, size) : [];
    map.pictured = places.map((place) => pictures.rows[place]);
    map.pictureSize = size;
    context.lineWidth = 2 * view.ratio;
    for (const place of places) {
      const picture = pictures.ready(place);
      if (!picture) {
        pictures.thumbnail(place).then(map.redrawOver, seston.fail);
        continue;
      }
      const row = pictures.rows[place];
      const [x, y] = [view.px(data.x[row]) - size / 2, view.py(data.y[row]) - size / 2];
      seston.drawPicture(context, picture, x, y, size);
      context.strokeStyle = seston.css(classes[classOf[codes[row]]].colour);
      context.strokeRect(x, y, size, size);
    }
  };

  const ring = (map, context, row) => {
    const { data, view, look } = map;
    context.beginPath();
    context.arc(view.px(data.x[row]), view.py(data.y[row]), 7 * view.ratio, 0, 2 * Math.PI);
    context.lineWidth = 4 * view.ratio;
    context.strokeStyle = look.card;
    context.stroke();
    context.lineWidth = 2 * view.ratio;
    context.strokeStyle = look.ink;
    context.stroke();
  };

  const drawOutline = (map, context) => {
    const { view, look } = map;
    const outline = map.sketch ?? map.outline;
    if (!outline) return;
    context.beginPath();
    for (const [x, y] of outline) context.lineTo(view.px(x), view.py(y));
    context.closePath();
    context.lineWidth = 1.5 * view.ratio;
    context.setLineDash([6 * view.ratio, 4 * view.ratio]);
    context.strokeStyle = look.accent;
    context.stroke();
    context.setLineDash([]);
  };

  const drawCross = (map, context) => {
    const { wide, high, ratio } = map.view;
    const far = 9 * ratio;
    context.beginPath();
    context.moveTo(wide / 2 - far, high / 2);
    context.lineTo(wide / 2 + far, high / 2);
    context.moveTo(wide / 2, high / 2 - far);
    context.lineTo(wide / 2, high / 2 + far);
    context.lineWidth = ratio;
    context.strokeStyle = map.look.ink;
    context.stroke();
  };

  seston.drawOverlay = (map, context) => {
    context.clearRect(0, 0, map.view.wide, map.view.high);
    drawPictures(map, context);
    if (map.showLabels) drawLabels(map, context);
    drawOutline(map, context);
    if (map.byKeys) drawCross(map, context);
    for (const row of [map.cursor, map.pinned]) if (row >= 0) ring(map, context, row);
  };
})(globalThis.seston);
