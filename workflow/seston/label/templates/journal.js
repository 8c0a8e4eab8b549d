"use strict";
// Where actions are kept: in the browser (page opened as a file), or by `seston label`.
(() => {
  const hex = () =>
    [...crypto.getRandomValues(new Uint8Array(6))]
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
  const now = () => `${new Date().toISOString().slice(0, 19)}Z`;

  Seston.inBrowser = (facts) => {
    const key = `seston.label.${facts.clustering}`;
    const whose = "seston.annotator";
    const first = facts.start; // the names that the run knew; nobody undoes them here
    let kept = [];
    const journal = {
      server: false,
      annotator: "",
      actions: first,
      kept: () => kept,
      load() {
        journal.annotator = localStorage.getItem(whose) ?? "";
        read();
        takeOver();
      },
      async add(actions) {
        const annotator = journal.annotator;
        read();
        const saved = actions.map((one) => ({ id: hex(), utc: now(), annotator, ...one }));
        keep([...kept, ...saved]);
        return saved;
      },
      // Actions of another browser or annotator join, in the order of their times.
      join(actions) {
        read();
        const known = new Set(kept.map((one) => one.id));
        const fresh = actions.filter((one) => !known.has(one.id));
        keep([...kept, ...fresh].sort((a, b) => (a.utc < b.utc ? -1 : a.utc > b.utc ? 1 : 0)));
        return fresh.length;
      },
      sign(annotator) {
        journal.annotator = annotator;
        localStorage.setItem(whose, annotator);
      },
      // Another window of this page wrote: take over what it says.
      onOther(then) {
        addEventListener("storage", (event) => {
          if (event.key !== key) return;
          read();
          then();
        });
      },
    };
    function read() {
      kept = JSON.parse(localStorage.getItem(key) ?? "[]");
      journal.actions = [...first, ...kept];
    }
    // The run took up another table since this browser last looked: where that table changed, it
    // has the last word, as with `seston label`.
    function takeOver() {
      const before = JSON.parse(localStorage.getItem(`${key}.start`) ?? "null");
      if (before && kept.length) {
        const [was, is, said] = [before, first, journal.actions].map((some) => {
          const { names } = Seston.fold(some);
          return (cluster) => JSON.stringify(names.get(cluster));
        });
        const clusters = new Set([...before, ...first].map((one) => one.cluster));
        const changed = [...clusters].filter((c) => was(c) !== is(c) && is(c) !== said(c));
        const fresh = changed.map((cluster) => {
          const row = first.find((one) => one.cluster === cluster);
          return row
            ? { ...row, id: hex() }
            : { id: hex(), utc: now(), annotator: journal.annotator, verb: "unname", cluster };
        });
        keep([...kept, ...fresh]);
      }
      localStorage.setItem(`${key}.start`, JSON.stringify(first));
    }
    function keep(actions) {
      try {
        localStorage.setItem(key, JSON.stringify(actions));
      } catch (error) {
        throw new Error(`nothing was saved: this browser keeps no more (${error.message})`);
      }
      kept = actions;
      journal.actions = [...first, ...kept];
    }
    return journal;
  };

  Seston.onServer = (facts) => {
    // One after the other: an answer from before an action must not come after that.
    let turn = Promise.resolve();
    const inTurn = (ask) => (given) => {
      const answer = turn.then(() => ask(given));
      turn = answer.catch(() => {}); // who asked is told
      return answer;
    };
    const journal = {
      server: true,
      annotator: "",
      actions: [],
      files: [],
      load: inTurn(async () => {
        const told = await Seston.ask("api/journal");
        if (told.clustering !== facts.clustering) {
          throw new Error(
            "This page and the server are of different clusterings: end `seston label`, run the" +
              " workflow to its end, and start it again.",
          );
        }
        const known = new Set(journal.actions.map((one) => one.id));
        journal.annotator = told.annotator;
        journal.actions = told.actions;
        journal.files = [told.names_file, told.labels_file];
        return told.actions.filter((one) => !known.has(one.id)).length;
      }),
      add: inTurn(async (actions) => {
        const body = JSON.stringify(actions);
        const headers = { "Content-Type": "application/json" };
        const told = await Seston.ask("api/actions", { method: "POST", body, headers });
        journal.actions = [...journal.actions, ...told.actions];
        return told.actions;
      }),
      // Another window, or program, may have said something meanwhile.
      onOther(then) {
        addEventListener("focus", async () => {
          try {
            const fresh = await journal.load();
            then();
            const from = "made elsewhere (another window, or the tables), taken over.";
            if (fresh) Seston.tell(`${Seston.many(fresh, "change")} ${from}`);
          } catch (error) {
            Seston.wrong(error);
          }
        });
      },
    };
    return journal;
  };

  // The answer of the server as JSON; its own words where it refuses.
  Seston.ask = async (path, options = {}) => {
    let answer;
    try {
      answer = await fetch(path, { ...options, cache: "no-store" });
    } catch {
      throw new Error("the server does not answer; is `python -m seston label` still running?");
    }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.error || `the server answered ${answer.status}`);
    return told;
  };
})();
