"use strict";
// The range of a measurement in parts with round borders.
((seston) => {
  const FEW = 8; // values that are classes by themselves
  const STEPS = { 6: [1], 2.6: [1, 3], 1.4: [1, 2, 5], 0.8: [1, 1.5, 2, 3, 4, 5, 7] };

  const ofDecades = (low, high) => {
    const decades = Math.log10(high / low);
    const least = Object.keys(STEPS)
      .map(Number)
      .filter((width) => width <= decades);
    const steps = STEPS[Math.max(...least)] ?? [1];
    const borders = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      for (const step of steps) borders.push(Number(`${step}e${power}`));
    }
    return borders;
  };

  const ofEqualWidth = (low, high) => {
    const rough = (high - low) / 9;
    const power = 10 ** Math.floor(Math.log10(rough));
    const width = power * [1, 2, 5, 10].find((step) => step * power >= rough);
    const borders = [];
    for (let i = Math.ceil(low / width); i * width < high; i++) {
      borders.push(Number((i * width).toPrecision(12)));
    }
    return borders;
  };

  /** Return the parts of a measurement, about ten: where each begins (`from`), and words for it. */
  seston.parts = (column, codes) => {
    const { low, high, scale, unit, top } = column;
    const units = unit ? ` ${unit}` : "";
    const used = new Uint8Array(top + 2);
    for (let row = 0; row < codes.length; row++) used[codes[row]] = 1;
    const found = [...used.keys()].filter((code) => code <= top && used[code]);
    if (found.length <= FEW) {
      const values = found.map((code) => seston.valueOf(column, code));
      return values.map((value) => ({ from: value, label: seston.number(value) + units }));
    }
    const wide = scale === "log" && high / low > 10 ** 0.8;
    const all = wide ? ofDecades(low, high) : ofEqualWidth(low, high);
    const borders = all.filter((border) => border > low && border < high);
    const words = borders.map(seston.number);
    return [-Infinity, ...borders].map((from, i) => {
      if (i === 0) return { from, label: `under ${words[0]}${units}` };
      if (i === borders.length) return { from, label: `${words[i - 1]}${units} and more` };
      return { from, label: `${words[i - 1]} to ${words[i]}${units}` };
    });
  };
})(globalThis.seston);
