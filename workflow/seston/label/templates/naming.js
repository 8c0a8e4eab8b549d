"use strict";
// From what is typed to a name that the workflow takes: `naming/names.py` has the same rules.
(() => {
  const { byId, tidy } = Seston;

  // What is wrong with a name; the workflow would refuse it too (`naming/names.py`).
  function trouble(name, aphia, cluster) {
    if (!name) return "Type a name first.";
    const taken = /^cluster (\d+)$/.exec(name.toLowerCase());
    if (taken && Number(taken[1]) !== cluster) {
      return `Clusters without a name are called “${name}”; choose another name.`;
    }
    if (aphia !== "" && !/^[1-9]\d{0,8}$/.test(aphia)) {
      return "The AphiaID is the number of the taxon in WoRMS, as 149619; leave it empty if unknown.";
    }
    return "";
  }

  // "/" leads into the field; no name begins with it, also where one is there already.
  Seston.makeName = () => {
    byId("name").addEventListener("keydown", (event) => {
      if (event.key === "/" && event.target.selectionStart === 0) event.preventDefault();
    });
    for (const id of ["name", "aphia"]) byId(id).addEventListener("input", Seston.drawUndo);
  };

  // The action that names the open cluster as its field says; throws what is wrong.
  Seston.naming = (status) => {
    const { cluster } = Seston.view.one;
    const typed = tidy(byId("name").value);
    const aphia = byId("aphia").value.trim();
    const wrong = trouble(typed, aphia, cluster);
    if (wrong) {
      byId("name").focus();
      throw new Error(wrong);
    }
    const others = [...Seston.state.names].filter(([other]) => other !== cluster);
    const same = others.filter(([, row]) => row.name.toLowerCase() === typed.toLowerCase());
    const name = same.length ? same[0][1].name : typed; // one name is written in one way
    const [where, known] = same.find(([, row]) => row.aphia_id) ?? [];
    const taxon = known?.aphia_id ?? null;
    const aphia_id = aphia === "" ? taxon : Number(aphia);
    if (taxon && aphia_id !== taxon) {
      throw new Error(`${name} has AphiaID ${taxon} in cluster ${where}: one name is one taxon.`);
    }
    return { verb: "name", cluster, name, aphia_id, status };
  };
})();
