"use strict";
// The card of one organism: beside the mouse or the cross, or kept open by a click.
((seston) => {
  const SIZES = ["esd_um", "esd_px"];

  seston.makeCard = (map) => {
    const { data } = map;
    const card = seston.get("card");
    const picture = seston.get("card-picture").getContext("2d");
    const whose = seston.get("card-whose");
    const facts = seston.get("card-facts");
    let shown = -1;

    const measured = async (row) => {
      const size = SIZES.find((name) => data.columns[name]);
      const { name } = map.colouring;
      const wanted = new Set([size, data.columns[name]?.label ? name : undefined]);
      wanted.delete(undefined);
      return Promise.all(
        [...wanted].map(async (column) => {
          const { label, unit } = data.columns[column];
          const value = await data.value(column, row);
          const about = value === undefined ? "not known" : `about ${seston.number(value)} ${unit}`;
          return [label, about];
        }),
      );
    };

    const lines = async (row) => {
      const sample = data.sample(row);
      const one = data.clusterOf.get(data.cluster[row]);
      const date = data.days[sample.day];
      const density = (await data.codes("density_cluster"))[row];
      const { missing } = data.columns.density_cluster;
      return [
        ["Cluster", seston.clusterName(one)],
        ["Coarse group", String(one.coarse)],
        ["Density cluster", density === missing ? "in none" : String(density)],
        ["Sample of", sample.time.replace("T", " ")],
        ...(data.day_zero ? [["Day", String(data.dayNumber(date))]] : []),
        ...(data.sites.length > 1 ? [["Site", seston.siteName(data.sites[sample.site])]] : []),
        ...(data.groups.length > 1 ? [["Group", seston.groupName(data.groups[sample.group])]] : []),
        ...(await measured(row)),
      ];
    };

    const fill = async (row) => {
      const [ids, rows, seen] = await Promise.all([data.ids, lines(row), map.pictures.of(row)]);
      if (shown !== row) return; // another one is shown meanwhile
      const id = ids.of(data.sample(row), row);
      seston.get("card-id").textContent = id;
      seston.get("card-link").href = `#id=${encodeURIComponent(id)}`;
      seston.get("card-report").href = `index.html#cluster-${data.cluster[row]}`;
      seston.get("card-name").href = `label.html#cluster=${data.cluster[row]}`;
      facts.replaceChildren(
        ...rows.flatMap(([word, text]) => [
          seston.make("dt", {}, word),
          seston.make("dd", {}, text),
        ]),
      );
      const { canvas } = picture;
      picture.clearRect(0, 0, canvas.width, canvas.height);
      canvas.hidden = !seen;
      if (seen) seston.drawPicture(picture, seen, 0, 0, canvas.width);
      whose.hidden = seen?.of === row;
      if (!seen) whose.textContent = "No picture lies in this page.";
      else if (seen.of !== row) {
        const other = ids.of(data.sample(seen.of), seen.of);
        whose.textContent = `Not its own picture, but that of the nearest with one in this page: ${other}`;
      }
      card.dataset.row = row;
      card.dataset.pictureOf = seen ? seen.of : "";
      if (map.byKeys || map.pinned === row) {
        seston.say(`${id}: ${rows.map((pair) => pair.join(" ")).join(", ")}`);
      }
      place(row);
    };

    /** Put the card beside its organism, where it hides neither that nor leaves the map. */
    const place = (row) => {
      const { view } = map;
      const [x, y] = [view.px(data.x[row]) / view.ratio, view.py(data.y[row]) / view.ratio];
      const [wide, high] = [view.wide / view.ratio, view.high / view.ratio];
      const left = x + 18 + card.offsetWidth < wide ? x + 18 : x - 18 - card.offsetWidth;
      const top = Math.min(y - 24, high - card.offsetHeight - 6);
      card.style.left = `${Math.max(6, Math.min(left, wide - card.offsetWidth - 6))}px`;
      card.style.top = `${Math.max(6, top)}px`;
    };

    const show = (row) => {
      if (row >= 0 && row === shown && !card.hidden) return place(row);
      shown = row;
      card.hidden = row < 0;
      card.classList.toggle("pinned", row >= 0 && row === map.pinned);
      if (row >= 0) fill(row).catch(seston.fail);
    };

    /**
     * Show the organism under the mouse or the cross; -1: none. A card that is kept open stays on
     * the way of the mouse to its buttons; only the cross goes on.
     */
    map.point = (row) => {
      if (map.cursor === row) return;
      map.cursor = row;
      const stays = map.pinned >= 0 && !map.byKeys;
      show(row < 0 || stays ? map.pinned : row);
      seston.tell("cursor");
    };

    /** Keep the card of an organism open; -1: close it. */
    map.pin = (row) => {
      map.pinned = row;
      map.cursor = -1;
      shown = -1;
      show(row);
      seston.tell("cursor");
    };

    seston.get("card-close").addEventListener("click", () => {
      map.pin(-1);
      seston.get("map").focus();
    });
    seston.get("card-solo").addEventListener("click", () => map.showCluster(data.cluster[shown]));
    for (const change of ["view", "resized"]) seston.on(change, () => shown >= 0 && place(shown));
    seston.on("classes", () => shown >= 0 && fill(shown).catch(seston.fail));
  };
})(globalThis.seston);
