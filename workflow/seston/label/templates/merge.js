"use strict";
// Merging: the names of other clusters, each once, with pictures, to choose one of.
(() => {
  const { byId, make } = Seston;
  const MOST = 60; // targets shown; one types to find others
  const PICTURES = 4;
  let active = 0;

  Seston.openMerge = () => {
    byId("merge-find").value = "";
    offer();
    byId("merge").showModal();
    byId("merge-find").focus();
  };

  // [{name, clusters, into: the largest of them, or the one whose number is typed}]
  function targets() {
    const wanted = byId("merge-find").value.trim().toLowerCase();
    const named = new Map();
    for (const one of Seston.facts.clusters) {
      const name = Seston.state.names.get(one.cluster)?.name;
      if (!name || one === Seston.view.one || name === Seston.JUNK) continue;
      if (!named.has(name)) named.set(name, { name, clusters: [] });
      named.get(name).clusters.push(one);
    }
    const found = ({ name, clusters }) =>
      /^\d+$/.test(wanted)
        ? clusters.find((one) => String(one.cluster).startsWith(wanted))
        : name.toLowerCase().includes(wanted) && clusters[0];
    const all = [...named.values()].map((one) => ({ ...one, into: found(one) }));
    return all.filter((one) => one.into);
  }

  function offer() {
    const found = targets().slice(0, MOST);
    byId("merge-list").replaceChildren(...found.map(item));
    byId("merge-none").hidden = found.length > 0 || byId("merge-find").value !== "";
    mark(0);
  }

  function item({ name, clusters, into }, i) {
    const sheet = Seston.held(into);
    const pictures = (sheet ? into.places.typical.slice(0, PICTURES) : []).map((place) => {
      const picture = make("i", { class: "picture" });
      Seston.picture(picture, sheet, place);
      return picture;
    });
    const images = clusters.reduce((sum, one) => sum + one.count, 0);
    const alone = clusters.length === 1;
    const which = alone ? `cluster ${into.cluster}` : Seston.many(clusters.length, "cluster");
    const element = make(
      "li",
      { role: "option", id: `merge-${i}`, "data-cluster": String(into.cluster) },
      make("span", { class: "pictures" }, ...pictures),
      make("span", { class: "name" }, name),
      make("small", {}, `${which}, ${Seston.many(images, "image")}`),
    );
    element.addEventListener("click", () => take(element));
    return element;
  }

  function mark(place) {
    const items = [...byId("merge-list").children];
    active = Math.max(0, Math.min(items.length - 1, place));
    items.forEach((one, i) => {
      one.setAttribute("aria-selected", String(i === active));
    });
    items[active]?.scrollIntoView({ block: "nearest" });
    if (items.length) byId("merge-find").setAttribute("aria-activedescendant", items[active].id);
    else byId("merge-find").removeAttribute("aria-activedescendant");
  }

  function take(element) {
    byId("merge").close();
    return Seston.verbs.mergeInto(Number(element.dataset.cluster));
  }

  Seston.makeMerge = () => {
    byId("merge-find").addEventListener("input", offer);
    byId("merge-find").addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        mark(active + step);
      } else if (event.key === "Enter") {
        event.preventDefault();
        const chosen = byId("merge-list").children[active];
        if (chosen) take(chosen);
      }
    });
  };
})();
