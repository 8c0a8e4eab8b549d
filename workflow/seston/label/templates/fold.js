"use strict";
// What holds after all actions. `state.py` folds the same journal; a test holds both equal.
const Seston = {};
(() => {
  Seston.fold = (actions) => {
    const state = {
      names: new Map(), // cluster -> {name, aphia_id, status, annotator, time}
      labels: new Map(), // image -> Map of annotator -> {label, status, utc}
      seen: new Set(), // clusters that were passed on without a decision
      said: new Map(), // cluster -> all that was said of its name, the first first
      undone: new Set(actions.filter((one) => one.verb === "undo").map((one) => one.of)),
    };
    for (const action of actions) if (!state.undone.has(action.id)) add(state, action);
    return state;
  };

  function add(state, action) {
    const { verb, cluster, annotator, utc } = action;
    if (verb === "name") {
      const { name, aphia_id, status } = action;
      state.names.set(cluster, { name, aphia_id, status, annotator, time: utc });
    } else if (verb === "unname") {
      state.names.delete(cluster);
    } else if (verb === "seen") {
      state.seen.add(cluster);
    } else if (verb === "label") {
      for (const image of action.images) label(state.labels, image, action);
    }
    if (verb === "name" || verb === "unname") {
      state.said.set(cluster, [...(state.said.get(cluster) ?? []), action]);
    }
  }

  function label(labels, image, { label, status, annotator, utc }) {
    const words = labels.get(image) ?? new Map();
    words.delete(annotator); // the last word stands last
    if (label) words.set(annotator, { label, status, utc });
    if (words.size) labels.set(image, words);
    else labels.delete(image);
  }
})();
