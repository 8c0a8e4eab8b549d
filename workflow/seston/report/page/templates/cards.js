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
    const named = (card) =>
      card.querySelector("h3").firstChild.data.toLowerCase().includes(wanted.toLowerCase());
    const asked = (card) => (/^\d*$/.test(wanted) ? card.dataset.cluster === wanted : named(card));
    for (const card of cards) card.hidden = !fits(card) || (wanted !== "" && !asked(card));
    const left = cards.filter((card) => !card.hidden).length;
    const told = wanted === "" ? "" : ` of ${/^\d/.test(wanted) ? "a cluster " : ""}${wanted}`;
    found.textContent =
      left === cards.length ? "" : left ? `${left} of ${cards.length} cards` : `No card${told}.`;
  };
  find.addEventListener("input", select);
  show?.addEventListener("change", select);
  // A link to a card that is filtered out shows all cards again.
  addEventListener("hashchange", () => {
    const card = document.getElementById(location.hash.slice(1));
    if (!card?.hidden) return;
    find.value = "";
    if (show) show.value = "";
    select();
    card.scrollIntoView();
  });
})();
