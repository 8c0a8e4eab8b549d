"use strict";
// Which samples are shown: a range of days, sites and groups.
((seston) => {
  const BARS = 120; // at most; with more days several make one

  seston.makeFilters = (map) => {
    const { data } = map;
    const { days, samples, sites, groups } = data;
    const [from, to] = [seston.get("from"), seston.get("to")];
    const boxes = { site: [], group: [] };
    map.sampleShown = new Uint8Array(samples.length).fill(1);

    const perDay = new Float64Array(days.length);
    for (const { day, count } of samples) perDay[day] += count;

    const drawBars = () => {
      const canvas = seston.get("days");
      const ratio = devicePixelRatio;
      canvas.width = canvas.clientWidth * ratio;
      canvas.height = canvas.clientHeight * ratio;
      const context = canvas.getContext("2d");
      const each = Math.ceil(days.length / BARS);
      const bars = Array.from({ length: Math.ceil(days.length / each) }, (_, bar) =>
        perDay.slice(bar * each, (bar + 1) * each).reduce((sum, count) => sum + count, 0),
      );
      const most = Math.max(...bars);
      const wide = canvas.width / bars.length;
      bars.forEach((count, bar) => {
        const shown = (bar + 1) * each > Number(from.value) && bar * each <= Number(to.value);
        context.fillStyle = shown ? map.look.accent : map.look.line;
        const high = Math.max(ratio, (count / most) * canvas.height);
        context.fillRect(bar * wide, canvas.height - high, Math.max(ratio, wide - ratio), high);
      });
    };

    /** Say what the bars are where the calendar has days that nobody sampled. */
    const barsWords = () => {
      const [first, last] = [days[0], days.at(-1)].map((date) => Date.parse(date) / 864e5);
      if (last - first + 1 === days.length) return "";
      const each = Math.ceil(days.length / BARS);
      const bar = each > 1 ? `Each bar: ${each} of the` : "Bars: the";
      return `${bar} ${seston.count(days.length)} sampled days in order; days without samples take no room.`;
    };

    const range = (first, last) => {
      if (first === last) return data.dayName(days[first]);
      const numbers = [first, last].map((place) => data.dayNumber(days[place]));
      const dates = `${days[first]} to ${days[last]}`;
      return data.day_zero ? `${dates} · days ${numbers.join(" to ")}` : dates;
    };

    const apply = () => {
      const [first, last] = [Number(from.value), Number(to.value)];
      const [siteOn, groupOn] = ["site", "group"].map((name) => boxes[name].map((b) => b.checked));
      let shown = 0;
      samples.forEach(({ day, site, group }, s) => {
        const here = day >= first && day <= last && siteOn[site] && groupOn[group];
        map.sampleShown[s] = Number(here);
        shown += here;
      });
      const words = (place) => data.dayName(days[place]);
      from.setAttribute("aria-valuetext", words(first));
      to.setAttribute("aria-valuetext", words(last));
      seston.get("range").textContent = range(first, last);
      seston.get("filter-told").textContent =
        `${seston.count(shown)} of ${seston.many(samples.length, "sample")} shown.`;
      seston.get("filter-all").disabled = shown === samples.length;
      if (days.length > 1) drawBars();
      seston.tell("filtered");
      seston.tell("shown");
    };

    for (const slider of [from, to]) {
      slider.max = days.length - 1;
      slider.value = slider === to ? days.length - 1 : 0;
      slider.addEventListener("input", () => {
        // The ends push each other along.
        const other = slider === from ? to : from;
        const wrong = Number(from.value) > Number(to.value);
        if (wrong) other.value = slider.value;
        apply();
      });
    }
    seston.get("day-filter").hidden = days.length < 2;
    seston.get("bars-told").textContent = barsWords();

    /** Tick one box alone; once more: all again. */
    const solo = (among, box) => {
      const alone = among.every((other) => other.checked === (other === box));
      for (const other of among) other.checked = alone || other === box;
      apply();
    };

    const makeBoxes = (name, words) => {
      const field = seston.get(`${name}-filter`);
      field.hidden = words.length < 2;
      for (const word of words) {
        const box = seston.make("input", { type: "checkbox", checked: "", change: apply });
        const alone = {
          type: "button",
          class: "only",
          "aria-label": `Only ${word}`,
          click: () => solo(boxes[name], box),
        };
        boxes[name].push(box);
        const label = seston.make("label", {}, box, seston.make("span", {}, word));
        field.append(seston.make("span", {}, label, seston.make("button", alone, "only")));
      }
    };
    makeBoxes("site", sites.map(seston.siteName));
    makeBoxes("group", groups.map(seston.groupName));
    seston.get("filters").hidden = days.length < 2 && sites.length < 2 && groups.length < 2;

    seston.get("filter-all").addEventListener("click", () => {
      from.value = 0;
      to.value = days.length - 1;
      for (const box of [...boxes.site, ...boxes.group]) box.checked = true;
      apply();
    });
    seston.on("look", drawBars);
    map.filter = apply;
  };
})(globalThis.seston);
