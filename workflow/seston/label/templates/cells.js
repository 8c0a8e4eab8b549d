"use strict";
// The images of a page: a grid in which one looks around and selects.
(() => {
  const { byId, make } = Seston;
  const SIDES = [56, 72, 92, 120, 160]; // CSS pixels
  const LONGEST = 40; // signs of a name on a button; it stands in full above
  let side = 2;
  let cursor = 0;
  let anchor = 0;
  let looked = 0; // at the image that the line below tells of

  const grid = () => byId("images");

  Seston.drawImages = () => {
    const { images, sheet, order } = Seston.view;
    grid().replaceChildren(...images.map((image, i) => cell(image, i, sheet)));
    grid().classList.toggle("growing", order === "near");
    const bare = order !== "near" && images.every((image) => image.esd === null);
    grid().classList.toggle("sizeless", bare);
    grid().scrollTop = 0;
    anchor = 0;
    looked = 0;
    move(0, false);
    Seston.drawSelection();
  };

  // The cluster that an image is in, by number and name; in a cell there is little room.
  const nameOf = (cluster) => Seston.state.names.get(cluster)?.name;
  const whose = ({ of }) => `cluster ${of}${nameOf(of) ? ` ${nameOf(of)}` : ""}`;
  const shortly = ({ of }) => (nameOf(of) ? `${of} ${nameOf(of)}` : `cluster ${of}`);

  function cell(image, i, sheet) {
    const picture = make("i", { class: "picture" });
    if (sheet) Seston.picture(picture, sheet, image.place);
    const size = make("span", { class: "size" });
    const label = make("span", { class: "label" });
    const element = make("div", { role: "option", tabindex: "-1" }, picture, size, label);
    element.addEventListener("click", (event) => {
      move(i, true);
      if (event.shiftKey) between(anchor, i);
      else toggle(i);
      anchor = i;
    });
    element.addEventListener("focus", () => tell(i));
    element.addEventListener("pointerenter", () => tell(i));
    return element;
  }

  // Selected or not, labelled or not: what changes while a page is looked at.
  Seston.drawSelection = () => {
    const { images, selected, order, one } = Seston.view;
    [...grid().children].forEach((element, i) => {
      const image = images[i];
      const words = Seston.labelsOf(image.id);
      const chosen = selected.has(image.id);
      element.setAttribute("aria-selected", String(chosen));
      element.querySelector(".label").textContent = words;
      element.classList.toggle("labelled", words !== "");
      const below = element.querySelector(".size"); // of those near: the cluster they are in
      below.textContent = order === "near" ? shortly(image) : Seston.micrometres(image.esd);
      const parts = [image.id, Seston.micrometres(image.esd), Seston.when(image.when)];
      if (image.of !== one.cluster) parts.push(whose(image));
      if (words) parts.push(`labelled ${words}`);
      element.setAttribute("aria-label", parts.filter(Boolean).join(", "));
    });
    const growing = order === "near";
    const left = images.length - images.filter((image) => selected.has(image.id)).length;
    byId("growing").hidden = !growing;
    byId("splitting").hidden = growing || selected.size === 0;
    byId("how-many").textContent = `${Seston.many(selected.size, "image")} selected`;
    const name = nameOf(one.cluster);
    byId("do-accept").disabled = !name || left === 0;
    const said = name && (name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name);
    byId("do-accept").firstChild.data = name ? `Accept ${left} as ${said} ` : "Accept page ";
    tell(looked);
  };

  // What annotators call an image, each word once.
  Seston.labelsOf = (id) => {
    const words = [...(Seston.state.labels.get(id)?.values() ?? [])];
    const said = words.map((word) => word.label + (word.status === "dubious" ? " ?" : ""));
    return [...new Set(said)].join(" / ");
  };

  function tell(i) {
    const image = Seston.view.images[i];
    looked = i;
    const parts = image
      ? [image.id, Seston.when(image.when), Seston.micrometres(image.esd), whose(image)]
      : [];
    byId("about").textContent = parts.filter(Boolean).join(" · ");
  }

  function toggle(i) {
    const { selected, images } = Seston.view;
    const { id } = images[i];
    if (selected.has(id)) selected.delete(id);
    else selected.add(id);
    Seston.drawSelection();
  }

  function between(from, to) {
    const [low, high] = from < to ? [from, to] : [to, from];
    for (const { id } of Seston.view.images.slice(low, high + 1)) Seston.view.selected.add(id);
    Seston.drawSelection();
  }

  function move(to, focus) {
    const cells = grid().children;
    if (!cells.length) return;
    cells[cursor]?.setAttribute("tabindex", "-1");
    cursor = Math.max(0, Math.min(cells.length - 1, to));
    cells[cursor].setAttribute("tabindex", "0");
    if (focus) cells[cursor].focus();
  }

  Seston.selectNone = () => {
    Seston.view.selected.clear();
    Seston.drawSelection();
  };

  Seston.resize = (step) => {
    side = Math.max(0, Math.min(SIDES.length - 1, side + step));
    document.documentElement.style.setProperty("--cell", `${SIDES[side]}px`);
  };

  // Arrows go through the grid, Space selects; true if the key was one of these.
  Seston.keyInImages = (event) => {
    const cells = [...grid().children];
    if (!cells.length) return false;
    const across = cells.filter((one) => one.offsetTop === cells[0].offsetTop).length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across };
    const ends = { Home: -cells.length, End: cells.length };
    const step = steps[event.key] ?? ends[event.key];
    if (step !== undefined) {
      const from = cursor;
      const inside = cells.includes(document.activeElement);
      const to = cursor + step;
      move(inside ? (to in cells || event.key in ends ? to : from) : cursor, true);
      if (event.shiftKey && inside) between(from, cursor);
      else anchor = cursor;
      return true;
    }
    if (event.key === " " && cells.includes(document.activeElement)) {
      toggle(cursor);
      anchor = cursor;
      return true;
    }
    return false;
  };
})();
