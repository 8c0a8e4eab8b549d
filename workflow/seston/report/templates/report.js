"use strict";
// The page says everything without this file; it adds sorting, finding and a choice of light.
(() => {
  const root = document.documentElement;
  const light = document.getElementById("light");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  light.hidden = false;
  light.addEventListener("click", () => {
    const now = root.dataset.theme || (dark.matches ? "dark" : "light");
    root.dataset.theme = now === "dark" ? "light" : "dark";
  });

  // On paper nothing can be unfolded.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open])")];
    for (const one of unfolded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of unfolded) one.open = false;
  });

  const tools = document.getElementById("cluster-tools");
  if (!tools) return;
  tools.hidden = false;
  const grid = document.getElementById("cluster-grid");
  const cards = [...grid.children];
  const order = document.getElementById("order");
  const find = document.getElementById("find");
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
  find.addEventListener("input", () => {
    const wanted = find.value.trim();
    for (const card of cards) card.hidden = wanted !== "" && card.dataset.cluster !== wanted;
    const left = cards.filter((card) => !card.hidden).length;
    found.textContent = wanted === "" ? "" : left ? "" : `No card of a cluster ${wanted}.`;
  });
})();
