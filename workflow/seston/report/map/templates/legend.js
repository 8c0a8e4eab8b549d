"use strict";
// What the map is coloured by, and which classes are shown.
((seston) => {
  seston.makeLegend = (map) => {
    const { data } = map;
    const choice = seston.get("colour-by");
    const list = seston.get("legend");
    const search = seston.get("legend-search");
    const told = seston.get("legend-told");
    let rows = [];

    const measured = seston.make("optgroup", { label: "Measured" });
    for (const [name, words] of seston.choices(data)) {
      const option = seston.make("option", { value: name }, words);
      (data.columns[name]?.label ? measured : choice).append(option);
    }
    for (const label of data.unknown) {
      measured.append(seston.make("option", { disabled: "" }, `${label}: nothing known`));
    }
    if (measured.children.length) choice.append(measured);

    const classOf = (row) => map.colouring.classes[row.dataset.class];

    const tell = () => {
      const there = rows.filter((row) => classOf(row).left);
      const shown = there.filter((row) => !map.hidden[row.dataset.class]);
      const found = rows.filter((row) => !row.hidden).length;
      const words = [`${seston.count(shown.length)} of ${seston.count(there.length)} shown.`];
      const gone = rows.length - there.length;
      if (gone) words.push(`${seston.count(gone)} filtered out.`);
      if (search.value.trim()) words.push(`${seston.count(found)} fit the search.`);
      told.textContent = words.join(" ");
      seston.get("legend-all").disabled = rows.every((row) => !map.hidden[row.dataset.class]);
    };

    const update = () => {
      for (const row of rows) {
        const shown = !map.hidden[row.dataset.class];
        row.firstChild.setAttribute("aria-pressed", shown);
      }
      tell();
      seston.tell("shown");
    };

    /** Say how many of each class the filter leaves; classes of which it leaves none go last. */
    const count = () => {
      seston.countLeft(map);
      seston.findCentres(map);
      for (const row of rows) {
        const { left } = classOf(row);
        row.querySelector(".many").textContent = seston.count(left);
        row.classList.toggle("gone", !left);
      }
      const inOrder = [0, 1].flatMap((gone) =>
        rows.filter((row) => gone === Number(!classOf(row).left)),
      );
      if (inOrder.some((row, place) => row !== list.children[place]))
        list.replaceChildren(...inOrder);
      tell();
    };

    const toggle = (c) => {
      map.hidden[c] ^= 1;
      update();
    };

    /** Show one class alone; once more: all again. */
    const solo = (c) => {
      const alone = map.hidden.every((hidden, other) => hidden === Number(other !== c));
      map.hidden.fill(alone ? 0 : 1);
      map.hidden[c] = 0;
      update();
    };

    const rowOf = (one, c) => {
      const swatch = seston.make("i", { class: "swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = seston.css(one.colour);
      const name = seston.make("span", { class: "name" }, one.label);
      const many = seston.make("span", { class: "many" });
      const shows = {
        type: "button",
        class: "class",
        "aria-pressed": "true",
        click: () => toggle(c),
      };
      const alone = {
        type: "button",
        class: "only",
        "aria-label": `Only ${one.label}`,
        click: () => solo(c),
      };
      const row = seston.make("li", { "data-class": c });
      row.append(
        seston.make("button", shows, swatch, name, many),
        seston.make("button", alone, "only"),
      );
      return row;
    };

    const find = () => {
      const wanted = search.value.trim().toLowerCase();
      for (const row of rows) {
        row.hidden = !row.querySelector(".name").textContent.toLowerCase().includes(wanted);
      }
      tell();
    };

    const fill = () => {
      const { classes } = map.colouring;
      rows = classes.flatMap((one, c) => (one.count ? [rowOf(one, c)] : []));
      seston.illustrate(map, rows);
      seston.get("legend-find").hidden = rows.length < 12;
      count();
      find();
      update();
    };

    /** Colour the map by something else. */
    map.colourBy = async (name) => {
      map.colouring = await seston.colouring(data, name);
      map.hidden = new Uint8Array(map.colouring.classes.length);
      choice.value = name;
      search.value = "";
      fill();
      seston.tell("classes");
    };

    /** Show one cluster alone, and come near. */
    map.showCluster = async (number) => {
      await map.colourBy("cluster");
      const c = map.colouring.classes.findIndex((one) => one.cluster === number);
      if (!map.colouring.classes[c]?.count) return false;
      solo(c);
      list.querySelector(`[data-class="${c}"]`).scrollIntoView({ block: "nearest" });
      const members = [];
      for (let row = 0; row < data.n; row++) if (data.cluster[row] === number) members.push(row);
      map.view.fit(seston.boxOf(data, members));
      return true;
    };

    choice.addEventListener("change", () => map.colourBy(choice.value).catch(seston.fail));
    search.addEventListener("input", find);
    seston.get("legend-all").addEventListener("click", () => {
      map.hidden.fill(0);
      update();
    });
    seston.get("legend-none").addEventListener("click", () => {
      map.hidden.fill(1);
      update();
    });
    seston.on("filtered", count);
    seston.on("light", () => {
      for (const row of rows) {
        row.querySelector(".swatch").style.backgroundColor = seston.css(classOf(row).colour);
      }
    });
  };
})(globalThis.seston);
