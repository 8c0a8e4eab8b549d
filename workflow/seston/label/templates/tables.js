"use strict";
// The two tables as `seston label` writes them, byte by byte: `label/tables.py`.
(() => {
  const NAMES = ["clustering", "cluster", "name", "aphia_id", "status", "annotator", "time"];
  const LABELS = ["image_id", "label", "status", "annotator", "utc"];
  const NONE = { name: "", aphia_id: null, status: "", annotator: "", time: "" };

  // `more`: cells of the user's own columns, by cluster.
  Seston.namesTable = (state, clustering, more) => {
    const further = [...new Set(Object.values(more).flatMap((cells) => Object.keys(cells)))];
    const clusters = new Set([...state.names.keys(), ...Object.keys(more).map(Number)]);
    const rows = [...clusters]
      .sort((a, b) => a - b)
      .map((cluster) => {
        const row = state.names.get(cluster) ?? NONE;
        const own = further.map((name) => more[cluster]?.[name] ?? "");
        const said = [row.name, row.aphia_id ?? "", row.status, row.annotator, row.time];
        return [clustering, cluster, ...said, ...own];
      });
    return tsv([[...NAMES, ...further], ...rows]);
  };

  Seston.labelsTable = (state) => {
    const rows = [...state.labels].flatMap(([image, words]) =>
      [...words].map(([annotator, { label, status, utc }]) => [
        image,
        label,
        status,
        annotator,
        utc,
      ]),
    );
    rows.sort((a, b) => byCodePoint(a[0], b[0]) || byCodePoint(a[3], b[3]));
    return tsv([LABELS, ...rows]);
  };

  const tsv = (rows) => rows.map((row) => `${row.map(cell).join("\t")}\n`).join("");

  const cell = (value) =>
    /[\t\n"]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value);

  // JavaScript compares UTF-16, in which some signs come before others of smaller numbers.
  function byCodePoint(one, other) {
    const [a, b] = [[...one], [...other]];
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      if (a[i] !== b[i]) return a[i].codePointAt(0) - b[i].codePointAt(0);
    }
    return a.length - b.length;
  }
})();
