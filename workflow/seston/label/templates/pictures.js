"use strict";
// Pages of images: those that the page holds, or all, from the server.
(() => {
  const addressOf = (base64) => {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    return URL.createObjectURL(new Blob([bytes], { type: "image/webp" }));
  };

  // What the page holds becomes an address once, and stays: the list of clusters shows it.
  const held = new Map();
  // What the server sent is shown on one page; it is let go when some others came since.
  const sent = [];
  const MOST = 8;
  function sentAddress(base64) {
    sent.push(addressOf(base64));
    if (sent.length > MOST) URL.revokeObjectURL(sent.shift());
    return sent.at(-1);
  }

  // The sheet of a cluster that the page holds: {url, columns, count}; null where it has none.
  Seston.held = (one) => {
    const block = Seston.byId(`sheet-${one.cluster}`);
    if (!block) return null;
    if (!held.has(one.cluster)) held.set(one.cluster, addressOf(block.textContent.trim()));
    const url = held.get(one.cluster);
    return { url, columns: Math.min(Seston.facts.columns, one.ids.length), count: one.ids.length };
  };

  // Shows the picture at a place of a sheet in an element, whatever its size.
  Seston.picture = (element, sheet, place) => {
    const rows = Math.ceil(sheet.count / sheet.columns);
    const part = (at, of) => (of > 1 ? `${(100 * at) / (of - 1)}%` : "0");
    element.style.backgroundImage = `url("${sheet.url}")`;
    element.style.backgroundSize = `${100 * sheet.columns}% ${100 * rows}%`;
    const column = place % sheet.columns;
    const row = Math.floor(place / sheet.columns);
    element.style.backgroundPosition = `${part(column, sheet.columns)} ${part(row, rows)}`;
  };

  // {images: [{id, when, esd, of, place}], sheet, total, size}: size = images of a full page;
  // `capped` if more are near than the server ranks.
  Seston.page = (one, order, page) =>
    Seston.journal.server ? fromServer(one, order, page) : inside(one, order, page);

  async function inside(one, order) {
    const places = one.places[order] ?? [];
    const images = places.map((place) => ({
      id: one.ids[place],
      when: one.when[place],
      esd: one.esd[place],
      of: one.of[place],
      place,
    }));
    const total = order === "near" ? images.length : one.count;
    return { images, sheet: Seston.held(one), total, size: Math.max(1, images.length) };
  }

  async function fromServer(one, order, page) {
    const path = order === "near" ? "api/near?" : `api/members?order=${order}&`;
    const told = await Seston.ask(`${path}cluster=${one.cluster}&page=${page}`);
    const images = told.images.map((image, place) => ({
      id: image.id,
      when: image.datetime ?? "",
      esd: image.esd_um ?? null,
      of: image.cluster ?? one.cluster,
      place,
    }));
    const url = images.length ? sentAddress(told.sheet.slice(told.sheet.indexOf(",") + 1)) : "";
    const columns = Math.min(told.columns, images.length);
    return {
      images,
      sheet: { url, columns, count: images.length },
      total: told.of,
      capped: told.capped ?? false,
      size: told.size,
    };
  }
})();
