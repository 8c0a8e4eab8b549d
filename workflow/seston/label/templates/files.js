"use strict";
// What leaves the browser: both tables and the journal, as `seston label` writes them.
(() => {
  const { byId, make } = Seston;

  Seston.makeFiles = () => {
    const { journal, facts } = Seston;
    byId("files-browser").hidden = journal.server;
    byId("files-server").hidden = !journal.server;
    if (journal.server) {
      byId("saved-in").replaceChildren(
        ...journal.files.map((file) => make("li", {}, make("code", {}, file))),
      );
      return;
    }
    const click = (id, act) => byId(id).addEventListener("click", act);
    click("get-names", () =>
      save("cluster_names.tsv", Seston.namesTable(Seston.state, facts.clustering, facts.more)),
    );
    click("get-labels", () => save("labels.tsv", Seston.labelsTable(Seston.state)));
    click("get-journal", () => save("cluster_names.journal.jsonl", lines(journal.kept())));
    byId("put-journal").addEventListener("change", async (event) => {
      try {
        for (const file of event.target.files) await put(file);
      } catch (error) {
        Seston.wrong(error);
      }
      event.target.value = "";
      byId("files").close();
    });
  };

  function save(name, text) {
    const type = `${name.endsWith(".tsv") ? "text/tab-separated-values" : "text/plain"};charset=utf-8`;
    const href = URL.createObjectURL(new Blob([text], { type }));
    make("a", { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
    Seston.tell(`${name}: ${Seston.many(text.split("\n").length - 2, "row")}, downloaded.`);
  }

  // As `label/journal.py`: first of which clustering, then an action a line.
  function lines(actions) {
    const { format, clustering } = Seston.facts;
    const values = [{ kind: "journal", format, clustering }, ...actions];
    return values.map((value) => `${JSON.stringify(value)}\n`).join("");
  }

  // As `label/actions.py`: what lacks something would be kept, and the page not open again.
  const KEYS = {
    name: ["cluster", "name", "aphia_id", "status"],
    unname: ["cluster"],
    label: ["images", "label", "status"],
    seen: ["cluster"],
    undo: ["of"],
  };
  function isSaved(one) {
    if (!one || !Object.hasOwn(KEYS, one.verb)) return false;
    const keys = ["id", "utc", "annotator", ...KEYS[one.verb]];
    return keys.every((key) => key in one) && (!("images" in one) || Array.isArray(one.images));
  }

  async function put(file) {
    const values = [];
    for (const [i, line] of (await file.text()).split("\n").entries()) {
      if (!line) continue;
      try {
        values.push(JSON.parse(line));
      } catch {
        throw new Error(`${file.name}, line ${i + 1}: no action; expected a journal of this page.`);
      }
    }
    const [head, ...rest] = values;
    if (head?.kind !== "journal") throw new Error(`${file.name}: expected a journal of this page.`);
    if (head.clustering !== Seston.facts.clustering) {
      throw new Error(
        `${file.name}: of clustering ${String(head.clustering).slice(0, 12)}, but this page is of` +
          ` ${Seston.facts.clustering.slice(0, 12)}: numbers of clusters mean nothing across them.`,
      );
    }
    const said = rest.flat().filter((one) => !one?.closed);
    const wrong = said.find((one) => !isSaved(one));
    if (wrong !== undefined) {
      throw new Error(`${file.name}: ${JSON.stringify(wrong).slice(0, 80)} is no action.`);
    }
    const count = Seston.journal.join(said);
    Seston.refold();
    Seston.fillName();
    Seston.tell(`${file.name}: ${Seston.many(count, "action")} taken over.`);
  }
})();
