"use strict";
// The cluster that is looked at: what is known and was said of it, and a page of its images.
(() => {
  const { byId, make } = Seston;
  const ORDERS = {
    typical: "nearest to the middle of the cluster first",
    random: "drawn at random",
    edge: "nearly of another cluster first",
    odd: "farthest from the middle of the cluster first",
    near: "of other clusters and without a label; click those that do not belong",
  };
  let asked = 0;

  const nameOf = (cluster) => Seston.state.names.get(cluster)?.name;

  // Somebody goes to a cluster by hand: what was told of another is over.
  Seston.visit = (cluster) => {
    if (cluster !== Seston.view.one.cluster) Seston.tell("");
    return Seston.open(cluster);
  };

  // Shows a cluster; resolves when its images are there.
  Seston.open = (cluster, order = "typical") => {
    const one = Seston.clusters.get(cluster);
    const same = Seston.view?.one === one;
    const selected = same ? Seston.view.selected : new Set();
    const passed = same ? Seston.view.passed : new Set();
    if (!same && Seston.view) Seston.trail.push(Seston.view.one.cluster);
    if (order === "near" || Seston.view?.order === "near") selected.clear();
    Seston.view = {
      one,
      order,
      page: 0,
      images: [],
      total: 0,
      there: false, // its images
      size: same ? Seston.view.size : 1, // those passed by are counted in pages
      sheet: null,
      selected,
      passed,
    };
    drawPages(); // nothing of the cluster before stays in sight
    Seston.drawImages();
    history.replaceState(null, "", `#cluster=${cluster}`);
    if (!same) {
      document.activeElement?.closest("#naming input, #picked input")?.blur();
      Seston.fillName();
      byId("label").value = "";
    }
    Seston.drawCluster();
    Seston.drawList();
    return Seston.turn(0);
  };

  // Shows another page of the same images.
  Seston.turn = async (page) => {
    const { view } = Seston;
    const mine = ++asked;
    const growing = view.order === "near";
    // Those that were passed by come first among those near: they fill whole pages.
    const wanted = growing ? Math.floor(view.passed.size / view.size) : page;
    let told;
    try {
      told = await Seston.page(view.one, view.order, wanted);
    } catch (error) {
      if (mine !== asked) return;
      if (!view.there) byId("of").textContent = "The images could not be read.";
      Seston.wrong(error);
      return;
    }
    if (mine !== asked) return; // somebody went on meanwhile
    Object.assign(view, told, { page: wanted, there: true });
    if (growing) {
      const name = nameOf(view.one.cluster);
      const free = ({ id, of }) =>
        !view.passed.has(id) &&
        !Seston.state.labels.has(id) &&
        (name === undefined || nameOf(of) !== name);
      view.images = told.images.filter(free);
    }
    drawPages();
    Seston.drawImages();
  };

  Seston.fillName = () => {
    const row = Seston.state.names.get(Seston.view.one.cluster);
    byId("name").value = row?.name ?? "";
    byId("aphia").value = row?.aphia_id ?? "";
    Seston.drawUndo();
  };

  // Whether its fields hold what was not said.
  Seston.unsaid = () => {
    const row = Seston.state.names.get(Seston.view.one.cluster);
    const aphia = byId("aphia").value.trim();
    return (
      Seston.tidy(byId("name").value) !== (row?.name ?? "") || aphia !== String(row?.aphia_id ?? "")
    );
  };

  Seston.drawCluster = () => {
    const { one } = Seston.view;
    const row = Seston.state.names.get(one.cluster);
    const mark = Seston.markOf(one.cluster);
    const [sign, word] = Seston.MARKS[mark];
    byId("heading").replaceChildren(
      `Cluster ${one.cluster} `,
      make("span", { class: "called" }, row?.name ?? ""),
      make("span", { class: `mark ${mark}` }, `${sign} ${word}`),
    );
    const facts = [
      Seston.many(one.count, "image"),
      `${Seston.percent(one.count, Seston.facts.n)} of all`,
      `coarse group ${one.coarse}`,
      one.stability === null ? "" : `stability ${one.stability.toFixed(2)}`,
    ];
    const link = (href, text) => make("a", { href, target: "_blank", rel: "noopener" }, text);
    byId("facts-line").replaceChildren(
      `${facts.filter(Boolean).join(" · ")} · `,
      link(`index.html#cluster-${one.cluster}`, "report"),
      " · ",
      link(`map.html#cluster=${one.cluster}`, "map"),
    );
    byId("flags").replaceChildren(
      ...one.flags.map(([code, means]) => {
        const text = code.replaceAll("_", " ");
        return make("li", {}, make("b", {}, `⚑ ${text}`), make("small", {}, means));
      }),
    );
    byId("history").textContent = told(one.cluster);
    byId("do-unname").disabled = !row;
    byId("do-junk").disabled = row?.name === Seston.JUNK;
  };

  // Who said what, the last one first: annotators see where they differ.
  function told(cluster) {
    const said = (Seston.state.said.get(cluster) ?? []).slice(-3).reverse();
    return said
      .map(({ annotator, utc, verb, name, status, merged_into: into }) => {
        const what = verb === "unname" ? "took the name away" : `${name} (${status})`;
        const merged = into === undefined || into === null ? "" : `, merged into cluster ${into}`;
        return `${annotator || "somebody"}${utc ? `, ${Seston.when(utc)}` : ""}: ${what}${merged}`;
      })
      .join(" · before: ");
  }

  function drawPages() {
    const { one, order, page, images, total, size, capped, there } = Seston.view;
    for (const tab of byId("orders").children) {
      const chosen = tab.dataset.order === order;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    const { server } = Seston.journal;
    const first = page * size + 1;
    const counted = {
      near: `The ${Seston.many(images.length, "image")} most like this cluster`,
      all: `${Seston.many(total, "image")}, all`,
      some: `${Seston.count(first)}–${Seston.count(first + images.length - 1)} of ${Seston.count(total)}`,
    };
    const how = order === "near" ? "near" : images.length === total ? "all" : "some";
    const more =
      !server && (how === "near" || (how === "some" && total > 0))
        ? "; as a file, the page holds no more"
        : capped && !images.length
          ? "; more are not ranked"
          : "";
    const grown = total
      ? `The ${Seston.many(total, "image")} most like this cluster were all looked at${more}`
      : "No other image is left";
    const empty = order === "near" ? grown : "No pictures in this page";
    const none = one.count && !images.length ? empty : "";
    byId("of").textContent = there ? none || `${counted[how]}: ${ORDERS[order]}${more}` : "";
    const pages = Math.max(1, Math.ceil(total / size));
    for (const [id, off] of [
      ["back", page === 0],
      ["on", page + 1 >= pages],
    ]) {
      byId(id).hidden = !server || order === "near";
      byId(id).disabled = off;
    }
  }
})();
