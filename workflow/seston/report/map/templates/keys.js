"use strict";
// The map by keys: arrows move it, and the organism at the cross in its middle is described.
((seston) => {
  const REACH = 40; // CSS pixels from the cross to an organism

  seston.makeKeys = (map, canvas) => {
    const { view } = map;
    const step = (event) => (event.shiftKey ? 12 : 70) * view.ratio;
    const actions = {
      ArrowLeft: (event) => view.move(step(event), 0),
      ArrowRight: (event) => view.move(-step(event), 0),
      ArrowUp: (event) => view.move(0, step(event)),
      ArrowDown: (event) => view.move(0, -step(event)),
      "+": () => view.zoom(1.6),
      "=": () => view.zoom(1.6),
      "-": () => view.zoom(1 / 1.6),
      0: () => view.fit(),
      m: () => map.use("move"),
      r: () => map.use("rectangle"),
      l: () => map.use("lasso"),
      a: () => map.selectView(),
      Enter: () => map.cursor >= 0 && map.pin(map.cursor),
    };

    const look = seston.soon(() => {
      if (!map.byKeys) return;
      map.point(seston.nearest(map, view.wide / 2, view.high / 2, REACH * view.ratio));
      map.redrawOver();
    });

    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || !actions[event.key]) return;
      event.preventDefault();
      if (event.key !== "Enter") map.byKeys = true;
      actions[event.key](event);
      look();
    });
    canvas.addEventListener("focus", () => {
      map.byKeys = canvas.matches(":focus-visible");
      look();
    });
    canvas.addEventListener("blur", () => {
      if (!map.byKeys) return;
      map.byKeys = false;
      map.point(-1);
      map.redrawOver();
    });

    // Escape closes what is open, wherever the reader is; "/" goes to the search.
    addEventListener("keydown", (event) => {
      const typing = event.target.matches("input, select");
      if (event.key === "Escape") {
        if (map.pinned >= 0) map.pin(-1);
        else if (map.selection) map.select();
      } else if (event.key === "/" && !typing) {
        event.preventDefault();
        seston.get("search").focus();
      }
    });
  };
})(globalThis.seston);
