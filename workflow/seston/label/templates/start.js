"use strict";
// Puts everything together.
(() => {
  const { byId } = Seston;

  Seston.facts = JSON.parse(byId("facts").textContent);
  Seston.clusters = new Map(Seston.facts.clusters.map((one) => [one.cluster, one]));
  Seston.trail = []; // clusters that were looked at before
  Seston.journal =
    location.protocol === "file:" ? Seston.inBrowser(Seston.facts) : Seston.onServer(Seston.facts);

  // All actions changed: what holds is found and shown anew.
  Seston.refold = () => {
    const typing = Seston.view && Seston.unsaid();
    Seston.state = Seston.fold(Seston.journal.actions);
    if (!Seston.view) return;
    if (!typing) Seston.fillName();
    Seston.drawCluster();
    Seston.drawUndo();
    Seston.drawList();
    Seston.drawSelection();
  };

  // What went wrong is shown, whatever it is.
  addEventListener("error", (event) => Seston.tell(event.message, true));
  addEventListener("unhandledrejection", (event) => Seston.wrong(event.reason));

  async function start() {
    let trouble = null;
    try {
      await Seston.journal.load();
    } catch (error) {
      if (Seston.journal.server) throw error;
      trouble = `This browser keeps nothing for this page (${error.message}): nothing can be saved.`;
    }
    Seston.refold();
    sign();
    Seston.makeList();
    Seston.makeName();
    Seston.makeMerge();
    Seston.makeFiles();
    Seston.makeKeys();
    Seston.suggest(byId("name"), byId("names"), (one) => {
      byId("aphia").value = one.aphia_id ?? "";
      Seston.drawUndo();
    });
    Seston.suggest(byId("label"), byId("labels"));
    Seston.resize(0);
    Seston.drawList();
    Seston.journal.onOther(Seston.refold);
    addEventListener("hashchange", () => {
      const linked = fromLink();
      if (linked !== undefined && linked !== Seston.view.one.cluster) Seston.visit(linked);
    });
    byId("work").hidden = false;
    const first = fromLink() ?? Seston.listed().find((cluster) => !Seston.reviewed(cluster));
    const open = first ?? Seston.facts.clusters[0]?.cluster;
    if (open === undefined) Seston.tell("This run has no clusters.");
    else await Seston.open(open);
    if (trouble) Seston.tell(trouble, true);
    window.__ready = true;
  }

  // label.html#cluster=12
  function fromLink() {
    const asked = /^#cluster=(\d+)$/.exec(location.hash);
    return asked && Seston.clusters.has(Number(asked[1])) ? Number(asked[1]) : undefined;
  }

  function sign() {
    const field = byId("annotator");
    field.value = Seston.journal.annotator;
    field.readOnly = Seston.journal.server; // said when the server was started
    field.addEventListener("input", () => {
      try {
        Seston.journal.sign(Seston.tidy(field.value));
        Seston.drawUndo();
      } catch (error) {
        Seston.wrong(error);
      }
    });
  }

  start().catch(Seston.wrong);
})();
