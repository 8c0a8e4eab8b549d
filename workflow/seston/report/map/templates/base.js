"use strict";
// What the files of this page share: one object, messages between its parts, elements, words.
globalThis.seston = {};
((seston) => {
  const ears = new Map();

  /** Call `act` with what is told under this name, from now on. */
  seston.on = (name, act) => {
    ears.set(name, [...(ears.get(name) ?? []), act]);
  };

  /** Tell all who listen to this name. */
  seston.tell = (name, value) => {
    for (const act of ears.get(name) ?? []) act(value);
  };

  seston.get = (id) => document.getElementById(id);

  /** Make an element; texts among its children are text, never HTML. */
  seston.make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") made.addEventListener(name, value);
      else if (value !== undefined && value !== false) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== undefined && child !== ""));
    return made;
  };

  const plain = new Intl.NumberFormat("en");
  seston.count = (value) => plain.format(value);
  seston.many = (value, one, more = `${one}s`) =>
    `${plain.format(value)} ${value === 1 ? one : more}`;

  /** Return a share in percent; what is not zero never reads as zero. */
  seston.percent = (part, whole) => {
    const share = (100 * part) / whole;
    return share > 0 && share < 0.1 ? "< 0.1 %" : `${share.toFixed(1)} %`;
  };

  /** Return a value to three digits; in full where it is a whole number of many digits. */
  seston.number = (value) => {
    const size = Math.abs(value);
    if (size >= 1e6 || (size > 0 && size < 1e-3)) return value.toExponential(2).replace("e+", "e");
    return plain.format(size >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
  };

  /** Say something in the line that screen readers read out. */
  seston.say = (text) => {
    seston.get("status").textContent = text;
  };

  /** Show an error where the reader sees it. */
  seston.fail = (error) => {
    const box = seston.get("problem");
    box.hidden = false;
    box.textContent = `Something failed: ${error?.message ?? error} — what you see may be incomplete.`;
  };
  addEventListener("error", (event) => seston.fail(event.error ?? event.message));
  addEventListener("unhandledrejection", (event) => seston.fail(event.reason));

  /** Call `act` at the next frame, once however often it was asked for. */
  seston.soon = (act) => {
    let asked = false;
    return () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        act();
      });
    };
  };
})(globalThis.seston);
