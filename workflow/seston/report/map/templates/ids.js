"use strict";
// The ids of all organisms, from patterns and numbers, or from the text they are kept as.
((seston) => {
  /** Return `name(row)`: what follows the sample in the id of a row. */
  const names = async ({ kind, block, patterns, pattern }, n) => {
    if (kind === "text") {
      const list = JSON.parse(new TextDecoder().decode(await seston.inflated(block)));
      return (row) => list[row];
    }
    const which = pattern ? await seston.integers(pattern) : new Uint8Array(n);
    const place = new Uint32Array(n); // among those of the same pattern
    const counts = new Uint32Array(patterns.length);
    for (let row = 0; row < n; row++) place[row] = counts[which[row]]++;
    const column = (given) => (given.block ? seston.integers(given) : given);
    const read = ({ fields }) =>
      Promise.all(
        fields.map(async ({ numbers, width }) => [await column(numbers), await column(width)]),
      );
    const numbers = await Promise.all(patterns.map(read));
    return (row) => {
      const { parts, fields } = patterns[which[row]];
      let name = parts[0];
      for (let f = 0; f < fields.length; f++) {
        const [values, width] = numbers[which[row]][f];
        const digits = width[place[row]] ?? width; // one for each, or one for all
        name += String(values[place[row]]).padStart(digits, "0") + parts[f + 1];
      }
      return name;
    };
  };

  /** Return what knows the ids: `of` a row, the `row` of one, and rows that `contain` a text. */
  seston.readIds = async ({ ids, n, samples }) => {
    const name = await names(ids, n);
    const numbers = new Map(samples.map((sample, s) => [sample.id, s]));
    const rowIn = ({ id, first, count }, wanted) => {
      for (let row = first; row < first + count; row++)
        if (`${id}/${name(row)}` === wanted) return row;
      return -1;
    };
    return {
      of: (sample, row) => `${sample.id}/${name(row)}`,
      row: (id) => {
        const sample = samples[numbers.get(id.slice(0, Math.max(0, id.indexOf("/"))))];
        return sample ? rowIn(sample, id) : -1;
      },
      contain: (text, most) => {
        const wanted = text.toLowerCase();
        const found = [];
        for (const sample of samples) {
          for (let row = sample.first; row < sample.first + sample.count; row++) {
            if (!`${sample.id}/${name(row)}`.toLowerCase().includes(wanted)) continue;
            found.push(row);
            if (found.length > most) return found;
          }
        }
        return found;
      },
    };
  };
})(globalThis.seston);
