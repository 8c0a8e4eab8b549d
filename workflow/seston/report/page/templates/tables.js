"use strict";
// A click on the head of a column orders its table; a third one brings back the first order.
(() => {
  const NEXT = {
    text: { "": "ascending", ascending: "descending", descending: "" },
    number: { "": "descending", descending: "ascending", ascending: "" },
  };
  const text = (row, column) => row.cells[column].textContent.trim();
  const number = (row, column) => Number.parseFloat(text(row, column).replaceAll(",", ""));

  const ordered = (rows, column, kind, order) => {
    if (order === "") return rows;
    const sign = order === "ascending" ? 1 : -1;
    return [...rows].sort((one, other) => {
      if (kind === "text") {
        return sign * text(one, column).localeCompare(text(other, column), "en", { numeric: true });
      }
      const [a, b] = [number(one, column), number(other, column)];
      // What is unknown comes last in either order.
      return Number.isNaN(a) - Number.isNaN(b) || (Number.isNaN(a) ? 0 : sign * (a - b));
    });
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const first = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    for (const [column, head] of heads.entries()) {
      const kind = head.classList.contains("n") ? "number" : "text";
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      button.addEventListener("click", () => {
        const order = NEXT[kind][head.getAttribute("aria-sort") ?? ""];
        for (const other of heads) other.removeAttribute("aria-sort");
        if (order) head.setAttribute("aria-sort", order);
        body.append(...ordered(first, column, kind, order));
      });
      head.replaceChildren(button);
    }
  }
})();
