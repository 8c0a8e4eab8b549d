"use strict";
// A text field that offers names: by arrows and Enter, or a click.
(() => {
  // Names used so far: [{name, aphia_id, images, clusters}], the most used first.
  Seston.known = () => {
    const known = new Map();
    const of = (name) => {
      if (!known.has(name)) known.set(name, { name, aphia_id: null, images: 0, clusters: [] });
      return known.get(name);
    };
    for (const [cluster, row] of Seston.state.names) {
      const one = of(row.name);
      one.aphia_id ??= row.aphia_id;
      one.images += Seston.clusters.get(cluster)?.count ?? 0;
      one.clusters.push(cluster);
    }
    for (const words of Seston.state.labels.values()) {
      for (const { label } of words.values()) of(label).images += 1;
    }
    return [...known.values()].sort((a, b) => b.images - a.images);
  };

  // Those with the text in their name; those that begin with it come first.
  Seston.matching = (text, known) => {
    const wanted = text.toLowerCase();
    const at = (one) => one.name.toLowerCase().indexOf(wanted);
    return known
      .map((one) => [at(one), one])
      .filter(([place]) => place >= 0)
      .sort(([a], [b]) => Number(a > 0) - Number(b > 0))
      .map(([, one]) => one);
  };

  const MOST = 8;

  // `taken(one)` is called when a name of the list is chosen; Enter without a choice is the form's.
  Seston.suggest = (input, list, taken = () => {}) => {
    let active = -1;
    let offered = [];

    const close = () => {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (place) => {
      active = place;
      [...list.children].forEach((item, i) => {
        item.setAttribute("aria-selected", String(i === active));
      });
      if (active >= 0) input.setAttribute("aria-activedescendant", list.children[active].id);
      else input.removeAttribute("aria-activedescendant");
    };
    const take = (one) => {
      input.value = one.name;
      close();
      taken(one);
    };
    const offer = () => {
      offered = Seston.matching(Seston.tidy(input.value), Seston.known()).slice(0, MOST);
      list.replaceChildren(
        ...offered.map((one, i) => {
          const note = one.images ? Seston.many(one.images, "image") : "";
          const item = Seston.make(
            "li",
            { role: "option", id: `${list.id}-${i}` },
            Seston.make("span", {}, one.name),
            Seston.make("small", {}, note),
          );
          item.addEventListener("pointerdown", (event) => {
            event.preventDefault(); // the field keeps the focus
            take(one);
          });
          return item;
        }),
      );
      list.hidden = offered.length === 0;
      input.setAttribute("aria-expanded", String(!list.hidden));
      mark(-1);
    };

    input.addEventListener("input", offer);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        if (list.hidden) offer();
        const places = offered.length + 1; // one of them: none is chosen
        if (!list.hidden) mark(((active + 1 + step + places) % places) - 1);
      } else if (event.key === "Enter" && active >= 0) {
        event.preventDefault();
        take(offered[active]);
      } else if (event.key === "Escape") {
        event.stopPropagation();
        if (list.hidden) input.blur();
        else close();
      }
    });
    return close;
  };
})();
