"use strict";
// Mouse, pen and fingers on the map: move, come nearer, draw a rectangle or an outline.
((seston) => {
  const STILL = 4; // CSS pixels that a click may move
  const REACH = 14; // CSS pixels from the mouse to an organism

  seston.makePointer = (map, canvas) => {
    const { view } = map;
    const down = new Map(); // pointers that are pressed: where each was last
    let start; // of a drag
    let moved = false;

    const at = ({ clientX, clientY }) => {
      const box = canvas.getBoundingClientRect();
      return [(clientX - box.left) * view.ratio, (clientY - box.top) * view.ratio];
    };
    const onMap = ([px, py]) => [view.mapX(px), view.mapY(py)];
    const under = ([px, py]) => {
      const pictured = seston.pictureAt(map, px, py);
      return pictured < 0 ? seston.nearest(map, px, py, REACH * view.ratio) : pictured;
    };

    const hover = seston.soon(() => {
      if (hover.at && !down.size) map.point(under(hover.at));
    });

    const pinch = (event) => {
      const [a, b] = [...down.entries()].map(([id, place]) =>
        id === event.pointerId ? at(event) : place,
      );
      const [c, d] = [...down.values()];
      const spread =
        Math.hypot(a[0] - b[0], a[1] - b[1]) / Math.max(1, Math.hypot(c[0] - d[0], c[1] - d[1]));
      const [x, y] = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      view.move(x - (c[0] + d[0]) / 2, y - (c[1] + d[1]) / 2);
      view.zoom(spread, x, y);
    };

    /** Go on with what is being drawn: a corner of the rectangle, or one more of the outline. */
    const sketched = (place) => {
      const [x, y] = onMap(place);
      if (map.tool === "lasso") {
        const [px, py] = map.sketch.at(-1);
        const near = Math.hypot(x - px, y - py) * view.scale < STILL * view.ratio;
        return near ? map.sketch : [...map.sketch, [x, y]];
      }
      const [x0, y0] = onMap(start);
      return [
        [x0, y0],
        [x, y0],
        [x, y],
        [x0, y],
      ];
    };

    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, at(event));
      moved = down.size > 1;
      map.byKeys = false;
      if (down.size === 1) start = at(event);
      map.sketch = map.tool !== "move" && down.size === 1 ? [onMap(start)] : undefined;
    });

    canvas.addEventListener("pointermove", (event) => {
      hover.at = at(event);
      map.byKeys = false;
      const last = down.get(event.pointerId);
      if (!last) return hover();
      const far = Math.hypot(hover.at[0] - start[0], hover.at[1] - start[1]);
      if (far > STILL * view.ratio && !moved) {
        moved = true;
        map.point(-1);
      }
      if (down.size === 2) pinch(event);
      else if (moved && map.tool === "move")
        view.move(hover.at[0] - last[0], hover.at[1] - last[1]);
      else if (moved) {
        map.sketch &&= sketched(hover.at);
        map.redrawOver();
      }
      down.set(event.pointerId, hover.at);
    });

    const up = (event) => {
      if (!down.delete(event.pointerId) || down.size) return;
      const { sketch } = map;
      map.sketch = undefined;
      if (event.type !== "pointerup") map.redrawOver();
      else if (!moved) map.pin(under(at(event)));
      else if (sketch) map.selectInside(sketch);
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => {
      hover.at = undefined;
      if (!map.byKeys) map.point(-1);
    });

    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
        view.zoom(Math.exp(-0.002 * lines * event.deltaY), ...at(event));
        hover();
      },
      { passive: false },
    );
    canvas.addEventListener("dblclick", (event) => view.zoom(2, ...at(event)));
  };

  /** Choose what dragging does: move the map, or select by a rectangle or an outline. */
  seston.makeTools = (map, canvas) => {
    const buttons = [...document.querySelectorAll("[data-tool]")];
    map.use = (tool) => {
      map.tool = tool;
      canvas.dataset.tool = tool;
      for (const button of buttons)
        button.setAttribute("aria-pressed", button.dataset.tool === tool);
    };
    for (const button of buttons)
      button.addEventListener("click", () => map.use(button.dataset.tool));
    seston.get("nearer").addEventListener("click", () => map.view.zoom(1.6));
    seston.get("farther").addEventListener("click", () => map.view.zoom(1 / 1.6));
    seston.get("whole").addEventListener("click", () => map.view.fit());
    map.use("move");
  };
})(globalThis.seston);
