"use strict";
// Go to an organism by its id, or a part of it; and to what the address of the page asks for.
((seston) => {
  const MOST = 20;

  seston.makeSearch = (map) => {
    const { data } = map;
    const found = seston.get("found");
    const clear = seston.get("found-clear");

    /** Say what came of a search, beside the ids found; the box is seen while it holds either. */
    const tell = (words, ...rows) => {
      seston.get("found-told").textContent = words;
      found.replaceChildren(...rows);
      clear.hidden = !words && !rows.length;
      seston.get("hits").classList.toggle("quiet", clear.hidden);
    };

    const goTo = (row) => {
      const { classOf, codes } = map.colouring;
      const hidden = map.hidden[classOf[codes[row]]] || !map.sampleShown[data.sampleOf[row]];
      map.view.goTo(row);
      map.pin(row);
      const words = hidden ? "It is filtered out at the moment; its place is ringed." : "";
      tell(words, ...found.children);
    };

    const search = async () => {
      const wanted = seston.get("search").value.trim();
      tell("");
      if (!wanted) return;
      map.pin(-1); // the card of an organism that is looked for no more
      const ids = await data.ids;
      const exact = ids.row(wanted);
      if (exact >= 0) return goTo(exact);
      const rows = ids.contain(wanted, MOST);
      if (rows.length === 1) return goTo(rows[0]);
      const id = (row) => ids.of(data.sample(row), row);
      const button = (row) =>
        seston.make("button", { type: "button", click: () => goTo(row) }, id(row));
      const hits = rows.slice(0, MOST).map((row) => seston.make("li", {}, button(row)));
      if (!rows.length) tell(`No id holds “${wanted}”.`);
      else if (rows.length > MOST) tell(`The first ${MOST}; there are more.`, ...hits);
      else tell(`${rows.length} ids hold this.`, ...hits);
    };

    seston.get("search-form").addEventListener("submit", (event) => {
      event.preventDefault();
      search().catch(seston.fail);
    });

    clear.addEventListener("click", () => {
      seston.get("search").value = "";
      seston.get("search").focus();
      tell("");
    });

    /** Go to what the address asks for: #cluster=12 or #id=… */
    seston.followAddress = async () => {
      const asked = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
      if (asked.has("id")) {
        const id = asked.get("id");
        const row = (await data.ids).row(id);
        if (row >= 0) goTo(row);
        else tell(`This map has no image “${id}”.`);
      } else if (asked.has("cluster")) {
        const number = asked.get("cluster");
        const known = /^\d+$/.test(number) && (await map.showCluster(Number(number)));
        if (known) map.pin(-1);
        tell(known ? "" : `This map has no images of a cluster “${number}”.`);
      }
    };
    addEventListener("hashchange", () => seston.followAddress().catch(seston.fail));
  };
})(globalThis.seston);
