"use strict";
// What the map can be coloured by. A colouring has `codes`, one per organism, `classOf`, the class
// of each code, and `classes`; so names, groups and days cost no column of their own.
((seston) => {
  seston.groupName = (group) => group || "no group";
  seston.siteName = (site) => site || "unnamed site";

  /** Return how a cluster is called: its number, and its name if it has one. */
  seston.clusterName = ({ cluster, name }) => (name ? `${cluster} · ${name}` : String(cluster));

  /** Colour by something that is the same for all of a cluster; large classes come first. */
  const byCluster = (data, key, describe) => {
    const sizes = new Map();
    for (const one of data.clusters) sizes.set(key(one), (sizes.get(key(one)) ?? 0) + one.count);
    const order = [...sizes.keys()].sort((a, b) => sizes.get(b) - sizes.get(a));
    const numbers = new Map(order.map((found, number) => [found, number]));
    const classOf = new Int32Array(Math.max(...data.clusterOf.keys()) + 1);
    for (const one of data.clusters) classOf[one.cluster] = numbers.get(key(one));
    return { codes: data.cluster, classOf, classes: order.map(describe) };
  };

  /** Colour by something that is the same for all of a sample. */
  const bySample = (data, key, words) => ({
    codes: data.sampleOf,
    classOf: Int32Array.from(data.samples, key),
    classes: words.map((label) => ({ label })),
  });

  const byDensity = async (data) => {
    const codes = await data.codes("density_cluster");
    const { missing } = data.columns.density_cluster;
    const most = codes.reduce((high, code) => (code === missing ? high : Math.max(high, code)), -1);
    const classOf = new Int32Array(missing + 1).fill(most + 1);
    const classes = Array.from({ length: most + 1 }, (_, number) => {
      classOf[number] = number;
      return { label: `density cluster ${number}`, tag: String(number) };
    });
    return { codes, classOf, classes: [...classes, { label: "in none", without: true }] };
  };

  const byMeasurement = async (data, name) => {
    const column = data.columns[name];
    const codes = await data.codes(name);
    const parts = seston.parts(column, codes);
    const unknown = parts.length;
    const classOf = new Int32Array(column.missing + 1).fill(unknown);
    for (let code = 0; code <= column.top; code++) {
      const value = seston.valueOf(column, code);
      classOf[code] = parts.findLastIndex(({ from }) => from <= value);
    }
    const classes = [...parts, { label: "not measured", without: true }];
    return { codes, classOf, classes, ordered: true };
  };

  const KINDS = {
    cluster: (data) =>
      byCluster(
        data,
        (one) => one.cluster,
        (c) => {
          const one = data.clusterOf.get(c);
          const label = one.name ? seston.clusterName(one) : `cluster ${c}`;
          return { cluster: c, label, tag: one.name || String(c) };
        },
      ),
    name: (data) =>
      byCluster(
        data,
        (one) => one.name,
        (name) => ({ label: name || "no name yet", tag: name, without: !name }),
      ),
    coarse: (data) =>
      byCluster(
        data,
        (one) => one.coarse,
        (number) => ({ label: `Coarse group ${number}`, tag: String(number) }),
      ),
    density_cluster: byDensity,
    day: (data) => ({
      ...bySample(data, (sample) => sample.day, data.days.map(data.dayName)),
      ordered: true,
    }),
    group: (data) => bySample(data, (sample) => sample.group, data.groups.map(seston.groupName)),
    site: (data) => bySample(data, (sample) => sample.site, data.sites.map(seston.siteName)),
  };

  /**
   * Give the classes of a colouring their colours, which are others in the dark. A cluster has that
   * of its number, as in the report's figures; other classes have theirs in turn.
   */
  seston.paint = ({ classes, ordered }) => {
    const last = classes.filter((one) => !one.without).length - 1;
    let place = 0;
    for (const one of classes) {
      if (one.without) one.colour = seston.withoutColour();
      else if (ordered) one.colour = seston.rampColour(last ? place++ / last : 0.5);
      else one.colour = seston.classColour(one.cluster ?? place++);
    }
  };

  /** Count of each class how many lie in samples that are shown: `left` after the filter. */
  seston.countLeft = ({ data, sampleShown, colouring: { codes, classOf, classes } }) => {
    const counts = new Float64Array(classes.length);
    for (const [s, { first, count }] of data.samples.entries()) {
      if (!sampleShown[s]) continue;
      for (let row = first; row < first + count; row++) counts[classOf[codes[row]]]++;
    }
    for (const [c, one] of classes.entries()) one.left = counts[c];
  };

  /** Make a colouring: its codes, classes with `label`, `tag`, `count`, `colour`. */
  seston.colouring = async (data, name) => {
    const made = await (KINDS[name] ? KINDS[name](data) : byMeasurement(data, name));
    const { codes, classOf, classes } = made;
    const counts = new Float64Array(classes.length);
    for (let row = 0; row < data.n; row++) counts[classOf[codes[row]]]++;
    for (const [c, one] of classes.entries()) one.count = counts[c];
    seston.paint(made);
    return { name, ...made };
  };

  /** Return what one can colour by: names of colourings with words for them. */
  seston.choices = (data) => {
    const several = (values) => new Set(values).size > 1;
    return [
      ["cluster", "Cluster", true],
      ["name", "Name", data.clusters.some((one) => one.name)],
      ["coarse", "Coarse group", several(data.clusters.map((one) => one.coarse))],
      ["density_cluster", "Density cluster", true],
      ["day", "Day", data.days.length > 1],
      ["group", "Group", data.groups.length > 1],
      ["site", "Site", data.sites.length > 1],
      ...Object.entries(data.columns)
        .filter(([, column]) => column.label)
        .map(([name, { label, unit }]) => [name, unit ? `${label}, ${unit}` : label, true]),
    ].filter(([, , possible]) => possible);
  };
})(globalThis.seston);
