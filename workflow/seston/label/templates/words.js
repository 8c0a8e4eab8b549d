"use strict";
// Numbers and words as people read them; what happened, told in the page.
(() => {
  const whole = new Intl.NumberFormat("en");
  Seston.count = (value) => whole.format(value);
  Seston.many = (value, one, more = `${one}s`) =>
    `${whole.format(value)} ${value === 1 ? one : more}`;
  Seston.percent = (part, all) => {
    const share = all ? (100 * part) / all : 0;
    if (share > 0 && share < 0.1) return "< 0.1 %";
    if (share < 100 && share > 99.9) return "> 99.9 %";
    return `${share.toFixed(1)} %`;
  };
  Seston.micrometres = (um) => {
    if (um === null || um === undefined) return "";
    const [value, unit] = um >= 1000 ? [um / 1000, "mm"] : [um, "µm"];
    return `${Number(value.toPrecision(3))} ${unit}`;
  };
  Seston.when = (iso) =>
    iso
      .replace("T", " ")
      .replace(/(:\d\d):\d\d(Z?)$/, "$1")
      .replace("Z", "");

  // A sign and a word for what is known of a cluster's name: colour is never the only cue.
  Seston.JUNK = "junk";
  Seston.MARKS = {
    validated: ["✓", "validated"],
    dubious: ["?", "dubious"],
    predicted: ["~", "predicted"],
    junk: ["✕", "junk"],
    seen: ["·", "passed over"],
    todo: ["", "to do"],
  };

  // DOM in few words: text is always text.
  Seston.make = (tag, attributes = {}, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "class") element.className = value;
      else element.setAttribute(name, value);
    }
    element.append(...inside.filter((one) => one !== null && one !== ""));
    return element;
  };
  Seston.byId = (id) => document.getElementById(id);

  // The last thing that happened; what went wrong stays until something goes well.
  Seston.tell = (text, wrong = false) => {
    const told = Seston.byId("told");
    told.textContent = text;
    told.classList.toggle("wrong", wrong);
  };
  Seston.wrong = (error) => Seston.tell(error.message || String(error), true);

  // As `naming/rows.py` tidies names.
  const SPACES = /[\s\p{Cc}]+/gu;
  Seston.tidy = (text) =>
    text
      .normalize("NFC")
      .replace(/\u200b|\u200c|\u200d|\u2060|\ufeff/gu, "")
      .replace(SPACES, " ")
      .trim();
})();
