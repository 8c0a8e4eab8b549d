"use strict";
// Keys and buttons: each verb has both.
(() => {
  const { byId } = Seston;

  const focus = (id) => () => {
    byId(id).focus();
    byId(id).select?.();
  };
  const order = (name) => () => Seston.open(Seston.view.one.cluster, name);
  const dialog = (id) => () => byId(id).showModal();
  const turn = (step) => () => {
    const { order, page, total, size } = Seston.view;
    const to = page + step;
    if (Seston.journal.server && order !== "near" && to >= 0 && to * size < total) Seston.turn(to);
  };

  const KEYS = () => ({
    a: Seston.verbs.validate,
    d: Seston.verbs.dubious,
    j: Seston.verbs.junk,
    m: Seston.verbs.merge,
    x: Seston.verbs.unname,
    n: Seston.verbs.next,
    p: Seston.verbs.previous,
    u: Seston.verbs.undo,
    f: Seston.verbs.accept,
    g: order("near"),
    1: order("typical"),
    2: order("random"),
    3: order("edge"),
    4: order("odd"),
    "/": focus("name"),
    l: () => byId("list").querySelector("[aria-current=true]")?.focus(),
    s: () => {
      if (byId("splitting").hidden) Seston.tell("Select images first: click them.", true);
      else focus("label")();
    },
    "[": turn(-1),
    "]": turn(1),
    "+": () => Seston.resize(1),
    "-": () => Seston.resize(-1),
    "?": dialog("help"),
    Escape: Seston.selectNone,
  });

  Seston.makeKeys = () => {
    const keys = KEYS();
    addEventListener("keydown", (event) => {
      const { target } = event;
      const typing = target.closest("input, select, textarea");
      const leaves = event.key === "Escape" || (event.key === "Enter" && !target.form);
      if (typing && leaves) target.blur();
      if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]")) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const act = keys[key];
      if (act) {
        event.preventDefault();
        if (!event.repeat) act(); // a key that is held down decides once
      } else if (!target.closest("button, a, #list") && Seston.keyInImages(event)) {
        event.preventDefault();
      }
    });

    const { verbs } = Seston;
    const clicks = {
      "do-validate": verbs.validate,
      "do-dubious": verbs.dubious,
      "do-merge": verbs.merge,
      "do-junk": verbs.junk,
      "do-unname": verbs.unname,
      "do-next": verbs.next,
      "do-accept": verbs.accept,
      "do-skip": verbs.next,
      "do-doubt": verbs.doubt,
      "do-unlabel": verbs.unlabel,
      "do-clear": Seston.selectNone,
      undo: verbs.undo,
      "help-open": dialog("help"),
      "files-open": dialog("files"),
      back: turn(-1),
      on: turn(1),
      smaller: () => Seston.resize(-1),
      larger: () => Seston.resize(1),
    };
    for (const [id, act] of Object.entries(clicks)) byId(id).addEventListener("click", () => act());
    for (const tab of byId("orders").children) {
      tab.addEventListener("click", order(tab.dataset.order));
    }
    byId("orders").addEventListener("keydown", alongTabs);
    for (const [id, act] of [
      ["naming", verbs.name],
      ["picked", verbs.split],
    ]) {
      byId(id).addEventListener("submit", (event) => {
        event.preventDefault();
        act();
      });
    }
    for (const button of document.querySelectorAll("[data-close]")) {
      button.addEventListener("click", () => button.closest("dialog").close());
    }
  };

  function alongTabs(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const tabs = [...byId("orders").children];
    const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    const next = tabs[(at + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }
})();
