"use strict";
// Order, choose and find cards of clusters.
(() => {
  const tools = document.getElementById("cluster-tools");
  if (!tools) return;
  tools.hidden = false;
  const grid = document.getElementById("cluster-grid");
  const cards = [...grid.children];
  const order = document.getElementById("order");
  const find = document.getElementById("find");
  const show = document.getElementById("show");
  const found = document.getElementById("found");
  const value = (card) => {
    const given = card.dataset[order.value];
    return given === "" ? Infinity : Number(given);
  };
  order.addEventListener("change", () => {
    const sign = order.value === "count" ? -1 : 1;
    cards.sort((a, b) => sign * (value(a) - value(b)) || a.dataset.cluster - b.dataset.cluster);
    grid.append(...cards);
  });
  const fits = (card) => {
    const [kind, wanted] = (show?.value || "").split(":");
    if (kind === "coarse") return card.dataset.coarse === wanted;
    if (kind === "flag") {
      return wanted === ""
        ? card.dataset.flags === ""
        : card.dataset.flags.split(" ").includes(wanted);
    }
    return true;
  };
  const select = () => {
    const wanted = find.value.trim();
    const named = (card) => card.dataset.called.toLowerCase().includes(wanted.toLowerCase());
    const asked = (card) => (/^\d*$/.test(wanted) ? card.dataset.cluster === wanted : named(card));
    for (const card of cards) card.hidden = !fits(card) || (wanted !== "" && !asked(card));
    const left = cards.filter((card) => !card.hidden).length;
    const told = wanted === "" ? "" : ` of ${/^\d/.test(wanted) ? "a cluster " : ""}${wanted}`;
    found.textContent =
      left === cards.length ? "" : left ? `${left} of ${cards.length} cards` : `No card${told}.`;
  };
  find.addEventListener("input", select);
  show?.addEventListener("change", select);
  const unfold = document.getElementById("unfold");
  const details = [...grid.querySelectorAll("details")];
  const isFolded = () => details.some((one) => !one.open);
  const tell = () => {
    unfold.textContent = isFolded() ? "Unfold all" : "Fold all";
  };
  unfold.addEventListener("click", () => {
    const open = isFolded();
    for (const one of details) one.open = open;
  });
  grid.addEventListener("toggle", tell, true);
  tell();
  // A link to a card unfolds it; one that is filtered out shows all cards again.
  addEventListener("hashchange", () => {
    const card = document.getElementById(location.hash.slice(1));
    const more = card?.querySelector(".foot > details");
    if (more) more.open = true;
    if (!card?.hidden) return;
    find.value = "";
    if (show) show.value = "";
    select();
    card.scrollIntoView();
  });
})();
