"use strict";
// All organisms of the run: places, samples, measurements. Rows are in the order of their ids, so
// that the sample of a row, and with it its day, site and group, costs nothing.
((seston) => {
  /** Return a column of codes as the places that they stand for. */
  const places = (codes, { low, high, top }) => {
    const step = (high - low) / top;
    return Float32Array.from(codes, (code) => low + code * step);
  };

  /** Return the rows sorted by cluster, those of one in their order. */
  const sortedRows = (cluster, clusters) => {
    const next = new Map();
    let start = 0;
    for (const { cluster: number, count } of [...clusters].sort((a, b) => a.cluster - b.cluster)) {
      next.set(number, start);
      start += count;
    }
    const starts = new Uint32Array(Math.max(...next.keys()) + 1);
    for (const [number, first] of next) starts[number] = first;
    const order = new Uint32Array(cluster.length);
    for (let row = 0; row < cluster.length; row++) order[starts[cluster[row]]++] = row;
    return order;
  };

  /** Return what a code of a measurement stands for; undefined where nothing was measured. */
  seston.valueOf = ({ low, high, top, scale, missing }, code) => {
    if (code === missing) return undefined;
    const share = code / top;
    return scale === "log" ? low * (high / low) ** share : low + (high - low) * share;
  };

  /** Read what the page holds; columns that are not drawn at once come when they are asked for. */
  seston.load = async () => {
    const facts = JSON.parse(seston.get("facts").textContent);
    const { n, columns, samples } = facts;
    seston.takeColours(facts.colours);
    const cluster = await seston.integers(columns.cluster);
    const order = sortedRows(cluster, facts.clusters);
    const kept = new Map([["cluster", cluster]]);
    const codes = (name) => {
      if (!kept.has(name)) kept.set(name, seston.integers(columns[name], order));
      return kept.get(name);
    };
    const [x, y] = await Promise.all([codes("x"), codes("y")]);

    const sampleOf = new (samples.length > 65535 ? Uint32Array : Uint16Array)(n);
    for (const [s, { first, count }] of samples.entries()) sampleOf.fill(s, first, first + count);

    const data = {
      ...facts,
      codes,
      cluster,
      sampleOf,
      x: places(x, columns.x),
      y: places(y, columns.y),
      clusterOf: new Map(facts.clusters.map((one) => [one.cluster, one])),
      sample: (row) => samples[sampleOf[row]],
      /** Return how a day is called: its date, and its number in the campaign. */
      dayName: (date) => (facts.day_zero ? `${date} · day ${data.dayNumber(date)}` : date),
      dayNumber: (date) => Math.round((Date.parse(date) - Date.parse(facts.day_zero)) / 864e5),
      /** Return the value of a measurement in a row, or undefined where it is unknown. */
      value: async (name, row) => seston.valueOf(columns[name], (await codes(name))[row]),
    };
    kept.delete("x"); // in steps; what is drawn are the places
    kept.delete("y");
    data.ids = seston.readIds(facts);
    return data;
  };
})(globalThis.seston);
