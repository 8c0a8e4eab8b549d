"use strict";
// Puts the parts of the page together, and draws.
((seston) => {
  const SLOW = 60; // ms: a map that takes longer is first shown as it was, moved to its new place
  const REST = 140; // ms without a move after which it is drawn anew
  const MOST_PIXELS = 4e6;

  const makeMap = async () => {
    const data = await seston.load();
    const map = {
      data,
      view: seston.makeView(data),
      look: {},
      drawn: { count: 0 },
      pictured: [],
      cursor: -1,
      pinned: -1,
      byKeys: false,
      showPictures: true,
      showLabels: true,
      showRest: true,
    };
    /** Return 1 for an organism that is shown, 0 for one that is filtered out. */
    map.isShown = (row) => {
      const { codes, classOf } = map.colouring;
      return map.sampleShown[data.sampleOf[row]] & (map.hidden[classOf[codes[row]]] ^ 1);
    };
    return map;
  };

  const makeDrawing = (map) => {
    const { view } = map;
    const stage = seston.get("stage");
    const below = seston.get("organisms");
    const above = seston.get("map");
    let seen = {}; // the view that the organisms were drawn in
    let took = 0;
    let waiting;

    const draw = () => {
      clearTimeout(waiting);
      const start = performance.now();
      map.drawn = seston.drawDensity(map, below.getContext("2d"));
      took = performance.now() - start;
      below.style.transform = "none";
      seen = { ...view };
      stage.dataset.drawn = Number(stage.dataset.drawn ?? 0) + 1;
    };

    const tell = () => {
      const { data, drawn } = map;
      const all = drawn.shown === data.n ? "" : ` of ${seston.count(data.n)}`;
      const words = [`${seston.count(drawn.shown)}${all} images shown`];
      if (drawn.count < drawn.shown) words.push(`${seston.count(drawn.count)} in view`);
      seston.get("counts").textContent = words.join(", ");
      seston.get("pictures-told").textContent = seston.picturesWords(map);
    };

    /** Move what was drawn to where it would be drawn now. */
    const shift = () => {
      const nearer = view.scale / seen.scale;
      const [x, y] = [(seen.x - view.x) * view.scale, (view.y - seen.y) * view.scale];
      const left = (x + (view.wide * (1 - nearer)) / 2) / view.ratio;
      const top = (y + (view.high * (1 - nearer)) / 2) / view.ratio;
      below.style.transform = `translate(${left}px, ${top}px) scale(${nearer})`;
      clearTimeout(waiting);
      waiting = setTimeout(map.redraw, REST);
    };

    const over = () => {
      seston.drawOverlay(map, above.getContext("2d"));
      tell();
    };
    map.redraw = seston.soon(() => {
      draw();
      over();
    });
    map.redrawOver = seston.soon(over);
    const moved = seston.soon(() => {
      if (took > SLOW) shift();
      else draw();
      over();
    });

    const takeColours = () => {
      const style = getComputedStyle(document.documentElement);
      for (const name of ["card", "ink", "soft", "line", "accent"]) {
        map.look[name] = style.getPropertyValue(`--${name}`).trim();
      }
      seston.tell("look");
    };

    const resize = () => {
      const { width, height } = stage.getBoundingClientRect();
      if (!width || !height) return; // not laid out, as in a frame that is hidden
      const finest = Math.sqrt(MOST_PIXELS / (width * height));
      const ratio = Math.min(devicePixelRatio, finest);
      view.resize(Math.round(width * ratio), Math.round(height * ratio), ratio);
      for (const canvas of [below, above]) {
        canvas.width = view.wide;
        canvas.height = view.high;
      }
      takeColours();
      draw();
      over();
      seston.tell("resized");
    };

    seston.on("view", moved);
    for (const change of ["shown", "picked", "classes"]) seston.on(change, map.redraw);
    seston.on("cursor", map.redrawOver);
    seston.on("light", () => {
      seston.paint(map.colouring); // before others show the colours of the classes
      takeColours();
      map.redraw();
    });
    return resize;
  };

  const start = async () => {
    const map = await makeMap();
    const canvas = seston.get("map");
    map.pictures = await seston.makePictures(map.data);
    const resize = makeDrawing(map);
    seston.makeFilters(map);
    seston.makeSelection(map);
    seston.makeCard(map);
    seston.makeLegend(map);
    seston.makeTools(map, canvas);
    seston.makePointer(map, canvas);
    seston.makeKeys(map, canvas);
    seston.makeSearch(map);
    for (const name of ["Pictures", "Labels", "Rest"]) {
      const box = seston.get(`show-${name.toLowerCase()}`);
      box.addEventListener("change", () => {
        map[`show${name}`] = box.checked;
        map.redraw();
      });
    }
    await map.colourBy("cluster");
    resize();
    map.view.fit();
    map.filter();
    await seston.followAddress();
    await map.data.ids;
    new ResizeObserver(seston.soon(resize)).observe(seston.get("stage"));
    seston.get("loading").hidden = true;
    globalThis.seston.map = map; // for tests, and for the curious
    window.__ready = true;
  };

  start().catch(seston.fail);
})(globalThis.seston);
