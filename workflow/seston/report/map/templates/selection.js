"use strict";
// What was chosen on the map: how many, what they are, and their list as CSV.
((seston) => {
  const MOST_BARS = 12;

  /** Return a text as a cell of CSV, quoted where a spreadsheet would take it for a formula. */
  seston.cell = (text) => {
    const number = text.trim() !== "" && Number.isFinite(Number(text));
    const risky = /^[=+\-@\t\r\n]/.test(text) && !number;
    const safe = (risky ? "'" : "") + text.replace(/\r\n?/g, "\n");
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  /** Let the reader keep a text as a file. */
  seston.download = (name, text, type) => {
    const address = URL.createObjectURL(new Blob([text], { type }));
    const link = seston.make("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };

  seston.makeSelection = (map) => {
    const { data } = map;
    const panel = seston.get("selection");

    const csv = async (rows) => {
      const ids = await data.ids;
      const lines = ["image_id,cluster,name,coarse,sample,site,group,datetime"];
      for (const row of rows) {
        const sample = data.sample(row);
        const { cluster, name, coarse } = data.clusterOf.get(data.cluster[row]);
        const { sites, groups } = data;
        const cells = [
          ids.of(sample, row),
          cluster,
          name,
          coarse,
          sample.id,
          sites[sample.site],
          groups[sample.group],
          sample.time,
        ];
        lines.push(cells.map((cell) => seston.cell(String(cell))).join(","));
      }
      return `${lines.join("\n")}\n`;
    };

    const composition = () => {
      const { codes, classOf, classes } = map.colouring;
      const counts = new Float64Array(classes.length);
      for (const row of map.selection) counts[classOf[codes[row]]]++;
      const order = classes.map((_, c) => c).filter((c) => counts[c]);
      order.sort((a, b) => counts[b] - counts[a]);
      const total = map.selection.length;
      const most = counts[order[0]];
      const bars = order.slice(0, MOST_BARS).map((c) => {
        const bar = seston.make("i", { class: "share", "aria-hidden": "true" });
        bar.style.width = `${(100 * counts[c]) / most}%`;
        bar.style.backgroundColor = seston.css(classes[c].colour);
        const words = `${seston.count(counts[c])} (${seston.percent(counts[c], total)})`;
        return seston.make(
          "li",
          {},
          seston.make("span", { class: "name" }, classes[c].label),
          seston.make("span", { class: "many" }, words),
          bar,
        );
      });
      seston.get("composition").replaceChildren(...bars);
      const rest = order.length - bars.length;
      const left = order.slice(MOST_BARS).reduce((sum, c) => sum + counts[c], 0);
      seston.get("composition-rest").textContent =
        rest > 0 ? `and ${seston.count(left)} in ${seston.count(rest)} more.` : "";
    };

    const tell = () => {
      const rows = map.selection;
      panel.hidden = !rows;
      if (!rows) return;
      const samples = new Set(rows.map((row) => data.sampleOf[row]));
      const days = [...samples].map((s) => data.samples[s].day).sort((a, b) => a - b);
      const words = [
        seston.many(rows.length, "image"),
        ...(rows.length ? [`from ${seston.many(samples.size, "sample")}`] : []),
      ];
      if (rows.length && data.days.length > 1) {
        const [first, last] = [data.days[days[0]], data.days[days.at(-1)]];
        words.push(first === last ? `of ${first}` : `of ${first} to ${last}`);
      }
      seston.get("selected").textContent = `${words.join(" ")}.`;
      seston.get("download").disabled = rows.length === 0;
      composition();
    };

    /** Say how many of what was chosen are not shown: filters do not change the selection. */
    const tellHidden = () => {
      const hidden = map.selection?.reduce((sum, row) => sum + !map.isShown(row), 0) ?? 0;
      seston.get("selected-hidden").textContent =
        hidden > 0
          ? `${seston.count(hidden)} of them not shown at the moment; the list holds all.`
          : "";
    };

    /** Choose rows, and remember the outline they lie in; without rows, let go. */
    map.select = (rows, outline) => {
      map.selection = rows;
      map.outline = outline;
      map.picked = rows?.length ? new Uint8Array(data.n) : undefined;
      for (const row of rows ?? []) map.picked[row] = 1;
      tell();
      tellHidden();
      seston.say(rows ? `${seston.many(rows.length, "image")} selected` : "Nothing is selected");
      seston.tell("picked");
    };

    /** Choose what lies inside an outline on the map. */
    map.selectInside = (outline) => map.select(seston.inside(map, outline), outline);

    /** Choose all that is shown and seen. */
    map.selectView = () => {
      const { view } = map;
      const [left, right] = [view.mapX(0), view.mapX(view.wide)];
      const [low, high] = [view.mapY(view.high), view.mapY(0)];
      map.selectInside([
        [left, low],
        [right, low],
        [right, high],
        [left, high],
      ]);
    };

    seston.get("select-view").addEventListener("click", map.selectView);
    seston.get("clear").addEventListener("click", () => map.select());
    seston.get("download").addEventListener("click", async () => {
      const text = await csv(map.selection);
      seston.download("selected_images.csv", text, "text/csv");
      seston.say(`A list of ${seston.many(map.selection.length, "image")} goes to your downloads`);
    });
    seston.on("classes", tell);
    seston.on("shown", tellHidden);
    seston.on("light", tell);
  };
})(globalThis.seston);
