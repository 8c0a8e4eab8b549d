"use strict";
// All clusters: the largest first, so that what is reviewed grows fastest.
(() => {
  const { byId, make } = Seston;
  const rows = new Map(); // cluster -> {item, name, mark}
  let all = []; // clusters in the order of the list
  let shown = []; // those of them that pass its filters

  Seston.markOf = (cluster) => {
    const row = Seston.state.names.get(cluster);
    if (row) return row.name === Seston.JUNK ? "junk" : row.status;
    return Seston.state.seen.has(cluster) ? "seen" : "todo";
  };
  const decided = (cluster) => ["validated", "dubious", "junk"].includes(Seston.markOf(cluster));
  Seston.reviewed = (cluster) => decided(cluster) || Seston.state.seen.has(cluster);

  // The clusters in the order of the list, as it is filtered now.
  Seston.listed = () => shown;

  // The same from behind a cluster on, and round: also where that has just left the list.
  Seston.behind = (cluster) => {
    const at = all.indexOf(cluster) + 1;
    const fitting = new Set(shown);
    return [...all.slice(at), ...all.slice(0, at)].filter((one) => fitting.has(one));
  };

  Seston.makeList = () => {
    const watcher = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        const one = Seston.clusters.get(Number(target.dataset.cluster));
        const sheet = Seston.held(one);
        if (sheet) Seston.picture(target, sheet, one.places.typical[0]);
      }
    });
    for (const one of Seston.facts.clusters) {
      const picture = make("i", { class: "picture", "data-cluster": String(one.cluster) });
      const name = make("span", { class: "name" });
      const mark = make("span", { class: "mark" });
      const count = make("span", { class: "count" }, Seston.count(one.count));
      const number = make("span", { class: "number" }, String(one.cluster));
      const button = make("button", { type: "button" }, picture, number, name, mark, count);
      button.addEventListener("click", () => Seston.visit(one.cluster));
      const item = make("li", {}, button);
      rows.set(one.cluster, { item, button, name, mark });
      watcher.observe(picture);
    }
    byId("list").addEventListener("keydown", walk);
    byId("find").addEventListener("keydown", find);
    for (const id of ["find", "show", "sort"]) byId(id).addEventListener("input", Seston.drawList);
  };

  Seston.drawList = () => {
    const order = byId("sort").value;
    const nameOf = (one) => Seston.state.names.get(one.cluster)?.name ?? "";
    const keys = {
      count: (a, b) => b.count - a.count,
      stability: (a, b) => (a.stability ?? 2) - (b.stability ?? 2),
      coarse: (a, b) => a.coarse - b.coarse || b.count - a.count,
      name: (a, b) => Number(!nameOf(a)) - Number(!nameOf(b)) || nameOf(a).localeCompare(nameOf(b)),
    };
    const sorted = [...Seston.facts.clusters].sort(
      (a, b) => keys[order](a, b) || a.cluster - b.cluster,
    );
    const before = shown;
    all = sorted.map((one) => one.cluster);
    shown = sorted.filter((one) => fits(one, nameOf(one))).map((one) => one.cluster);
    for (const cluster of shown) drawRow(cluster, rows.get(cluster));
    if (shown.length !== before.length || shown.some((cluster, i) => cluster !== before[i])) {
      byId("list").replaceChildren(...shown.map((cluster) => rows.get(cluster).item));
    }
    byId("none").hidden = shown.length > 0;
    if (Seston.view) keepInSight(rows.get(Seston.view.one.cluster).item);
    drawShare();
  };

  // Not `scrollIntoView`: on a small screen that would move the whole page.
  function keepInSight(item) {
    const list = byId("list");
    const top = item.offsetTop - list.offsetTop;
    const least = top + item.offsetHeight - list.clientHeight;
    if (item.isConnected) list.scrollTop = Math.max(least, Math.min(top, list.scrollTop));
  }

  function fits(one, name) {
    const wanted = byId("find").value.trim().toLowerCase();
    const found = /^\d+$/.test(wanted)
      ? String(one.cluster) === wanted
      : name.toLowerCase().includes(wanted);
    const mark = Seston.markOf(one.cluster);
    const kinds = {
      all: true,
      todo: !Seston.reviewed(one.cluster),
      named: name !== "",
      flagged: one.flags.length > 0,
    };
    const show = byId("show").value;
    return found && (kinds[show] ?? mark === show);
  }

  function drawRow(cluster, row) {
    const kind = Seston.markOf(cluster);
    const here = Seston.view?.one.cluster === cluster;
    const drawn = `${kind} ${here} ${Seston.state.names.get(cluster)?.name}`;
    if (row.drawn === drawn) return;
    row.drawn = drawn;
    const { button, name, mark } = row;
    const [sign, word] = Seston.MARKS[kind];
    name.textContent = Seston.state.names.get(cluster)?.name ?? "unnamed";
    name.classList.toggle("soft", !Seston.state.names.has(cluster));
    mark.className = `mark ${kind}`;
    mark.textContent = sign;
    mark.title = word;
    button.setAttribute("aria-current", String(here));
    const count = Seston.many(Seston.clusters.get(cluster).count, "image");
    button.setAttribute("aria-label", `Cluster ${cluster}, ${name.textContent}, ${word}, ${count}`);
  }

  function drawShare() {
    const all = Seston.facts.clusters;
    const sum = (some) => some.reduce((images, one) => images + one.count, 0);
    const reviewed = all.filter((one) => Seston.reviewed(one.cluster));
    const passed = reviewed.filter((one) => !decided(one.cluster));
    const { n } = Seston.facts;
    const labelled = Seston.state.labels.size;
    const parts = [
      `${Seston.percent(sum(reviewed), n)} of images reviewed`,
      `${Seston.count(reviewed.length)} of ${Seston.many(all.length, "cluster")}`,
      labelled ? `${Seston.many(labelled, "image")} labelled one by one` : "",
    ];
    byId("share").textContent = parts.filter(Boolean).join(" · ");
    const width = (some) => `${n ? (100 * sum(some)) / n : 0}%`;
    byId("done").style.width = width(reviewed.filter((one) => !passed.includes(one)));
    byId("passed").style.width = width(passed);
  }

  // Enter opens the first cluster found, and shows all again, so that one can go on from there.
  function find(event) {
    const field = byId("find");
    if (event.key === "Enter" && field.value.trim()) {
      event.stopPropagation(); // where nothing is found, the field keeps the focus
      if (!shown.length) return;
      const [first] = shown;
      field.value = "";
      Seston.visit(first);
      byId("images").focus({ preventScroll: true });
    } else if (event.key === "ArrowDown" && shown.length) {
      event.preventDefault();
      rows.get(shown[0]).button.focus();
    }
  }

  function walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const items = [...byId("list").children];
    const at = items.findIndex((item) => item.contains(document.activeElement));
    items[Math.max(0, Math.min(items.length - 1, at + step))].firstChild.focus();
  }
})();
