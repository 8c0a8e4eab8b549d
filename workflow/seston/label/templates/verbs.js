"use strict";
// What can be done: each verb becomes one action, and is shown once it is saved.
(() => {
  const { byId, tidy } = Seston;

  const growing = () => Seston.view.order === "near";
  const cluster = () => Seston.view.one;
  const page = () => (growing() ? Seston.view.images : Seston.view.one);

  // One after the other. Each is meant for what is in sight when it is asked for: if that has
  // gone when its turn comes, as after a key pressed twice, nobody has looked at what it would do.
  let last = Promise.resolve();
  const verb =
    (act, sight = cluster) =>
    () => {
      const meant = sight();
      last = last.then(() => (sight() === meant ? act() : undefined)).catch(Seston.wrong);
      return last;
    };
  const ANY = () => null;

  // Saves actions, shows what they changed; only then is anything told.
  async function save(actions, text) {
    const saved = await Seston.journal.add(actions);
    Seston.refold();
    Seston.tell(`${text}${Seston.journal.server ? " Saved." : ""}`);
    return saved;
  }

  async function decide(status, word) {
    const action = Seston.naming(status);
    const { cluster, name } = action;
    const used = [...Seston.state.names.values()].some((row) => row.name === name);
    const said = used ? name : `${name} (a new name)`;
    await save([action], `Cluster ${cluster}: ${[said, word].filter(Boolean).join(", ")}.`);
  }

  // The next cluster of the list that nobody reviewed; else it says that all is done.
  async function onward() {
    const next = Seston.behind(Seston.view.one.cluster);
    const todo = next.find((cluster) => !Seston.reviewed(cluster));
    if (todo !== undefined) await Seston.open(todo);
    else Seston.tell(`${byId("told").textContent} All clusters of the list are reviewed.`);
    byId("images").focus({ preventScroll: true });
  }

  async function label(images, word, status) {
    await save(
      [{ verb: "label", images, label: word, status }],
      word
        ? `${Seston.many(images.length, "image")}: ${word}${status === "dubious" ? ", dubious" : ""}.`
        : `${Seston.many(images.length, "image")}: label taken away.`,
    );
    Seston.selectNone();
  }

  // The last action of this annotator that holds.
  function undoable() {
    const { actions, annotator, server, kept } = Seston.journal;
    const mine = (one) => one.verb !== "undo" && one.annotator === annotator;
    return (server ? actions : kept()).findLast(
      (one) => mine(one) && !Seston.state.undone.has(one.id),
    );
  }

  Seston.drawUndo = () => {
    byId("undo").disabled = !undoable() && !(Seston.view && Seston.unsaid());
  };

  function split(status) {
    const typed = tidy(byId("label").value);
    if (!Seston.view.selected.size) throw new Error("Select images first: click them.");
    if (!typed) {
      byId("label").focus();
      throw new Error("Type a label for the selected images.");
    }
    const known = Seston.known().find((one) => one.name.toLowerCase() === typed.toLowerCase());
    return label([...Seston.view.selected], known?.name ?? typed, status);
  }

  Seston.verbs = {
    name: verb(async () => {
      await decide("validated", "");
      Seston.fillName();
      if (!growing()) return onward();
      byId("images").focus({ preventScroll: true }); // its page is accepted by this name
    }),
    validate: verb(() => decide("validated", "validated").then(onward)),
    dubious: verb(() => decide("dubious", "dubious").then(onward)),
    junk: verb(async () => {
      const { cluster } = Seston.view.one;
      const action = {
        verb: "name",
        cluster,
        name: Seston.JUNK,
        aphia_id: null,
        status: "validated",
      };
      await save([action], `Cluster ${cluster}: junk.`);
      await onward();
    }),
    unname: verb(async () => {
      const { cluster } = Seston.view.one;
      if (!Seston.state.names.has(cluster)) throw new Error(`Cluster ${cluster} has no name.`);
      await save([{ verb: "unname", cluster }], `Cluster ${cluster}: name taken away.`);
      Seston.fillName();
    }),
    merge: verb(() => Seston.openMerge()),
    mergeInto: (target) =>
      verb(async () => {
        const { cluster } = Seston.view.one;
        const { name, aphia_id } = Seston.state.names.get(target);
        const merged = { merged_into: target };
        await save(
          [{ verb: "name", cluster, name, aphia_id, status: "validated", ...merged }],
          `Cluster ${cluster}: merged into cluster ${target}, ${name}.`,
        );
        await onward();
      })(),
    next: verb(async () => {
      if (growing()) return skip();
      const { one, page } = Seston.view;
      const typed = tidy(byId("name").value);
      if (typed && Seston.unsaid()) {
        throw new Error(`“${typed}” is typed, but not said yet: Enter or A says it, U clears it.`);
      }
      if (!Seston.reviewed(one.cluster)) {
        await save(
          [{ verb: "seen", cluster: one.cluster, page }],
          `Cluster ${one.cluster}: passed on.`,
        );
      }
      return onward();
    }, page),
    previous: verb(async () => {
      const before = Seston.trail.pop();
      if (before === undefined) throw new Error("No cluster was looked at before this one.");
      await Seston.visit(before);
      Seston.trail.pop(); // going back is no step
    }, ANY),
    undo: verb(async () => {
      if (Seston.unsaid()) {
        Seston.fillName();
        Seston.tell("What was typed, but not said, is cleared.");
        return;
      }
      const one = undoable();
      if (!one) throw new Error("Nothing of yours is left to undo.");
      await save([{ verb: "undo", of: one.id }], `Undone: ${what(one)}.`);
      if (one.verb === "name" && Seston.state.names.get(one.cluster)?.name === one.name) {
        Seston.tell(`Undone; but ${what(one)}, was said before too: X takes the name away.`);
      }
      if (one.cluster !== undefined && one.cluster !== Seston.view.one.cluster) {
        await Seston.open(one.cluster);
      }
      Seston.fillName();
      if (growing()) await Seston.turn(0);
    }, ANY),
    split: verb(() => split("validated")),
    doubt: verb(() => split("dubious")),
    unlabel: verb(() => {
      const mine = [...Seston.view.selected].filter((id) =>
        Seston.state.labels.get(id)?.has(Seston.journal.annotator),
      );
      if (!mine.length) throw new Error("None of the selected images has a label of yours.");
      return label(mine, "", "validated");
    }),
    accept: verb(async () => {
      if (!growing()) throw new Error("Grow first: G.");
      const name = Seston.state.names.get(Seston.view.one.cluster)?.name;
      if (!name)
        throw new Error("Name the cluster first: its name becomes the label of what you accept.");
      const { images, selected, passed } = Seston.view;
      const taken = images.map(({ id }) => id).filter((id) => !selected.has(id));
      for (const id of selected) passed.add(id);
      if (taken.length) await label(taken, name, "validated");
      selected.clear();
      await Seston.turn(0);
    }, page),
  };

  function skip() {
    for (const { id } of Seston.view.images) Seston.view.passed.add(id);
    Seston.view.selected.clear();
    return Seston.turn(0);
  }

  function what(action) {
    if (action.verb === "label") {
      return `${Seston.many(action.images.length, "image")} ${action.label || "without label"}`;
    }
    const did = { name: action.name, unname: "name taken away", seen: "passed on" }[action.verb];
    return `cluster ${action.cluster}, ${did}`;
  }
})();
