"use strict";
// Pictures of organisms: some lie in this page; of all others there may be sheets beside it.
((seston) => {
  const MOST_SHEETS = 40; // from files that are kept at a time

  const fromPage = (id) => createImageBitmap(new Blob([seston.bytes(id)], { type: "image/webp" }));

  const fromFile = (address) =>
    new Promise((done, failed) => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = () => failed(new Error(`${address} is not there, or no picture`));
      image.src = address;
    });

  seston.makePictures = async (data) => {
    const { thumbnails, sprites } = data;
    const rows = thumbnails.count ? await seston.integers(thumbnails.rows) : new Uint32Array(0);
    const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
    const inPage = new Map();
    const read = new Map(); // of these, what can be drawn at once
    const inFiles = new Map();
    const missing = new Map(); // by shard: what was wrong

    const cut = (sheet, place, { side, columns }) => ({
      sheet,
      left: (place % columns) * side,
      top: Math.floor(place / columns) * side,
      side,
    });

    const thumbnail = async (place) => {
      const number = Math.floor(place / thumbnails.per_sheet);
      if (!inPage.has(number)) inPage.set(number, fromPage(thumbnails.sheets[number]));
      read.set(number, await inPage.get(number));
      return cut(read.get(number), place % thumbnails.per_sheet, thumbnails);
    };

    const sprite = async (row) => {
      const sample = data.sample(row);
      const place = sample.offset + row - sample.first;
      const sheet = String(Math.floor(place / sprites.per_sheet)).padStart(4, "0");
      const shard = encodeURIComponent(sprites.shards[sample.shard]);
      const address = `${sprites.folder}/${shard}/${sheet}.webp`;
      if (!inFiles.has(address)) {
        if (inFiles.size >= MOST_SHEETS) inFiles.delete(inFiles.keys().next().value);
        inFiles.set(address, fromFile(address));
      }
      return cut(await inFiles.get(address), place % sprites.per_sheet, sprites);
    };

    /** Return the row nearest on the map among those whose picture lies in the page. */
    const nearest = (row) => {
      let [best, least] = [-1, Infinity];
      for (const other of rows) {
        const far = (data.x[other] - data.x[row]) ** 2 + (data.y[other] - data.y[row]) ** 2;
        if (far < least) [best, least] = [other, far];
      }
      return best;
    };

    return {
      rows,
      missing,
      thumbnail,
      /** Return a picture of the page if its sheet has been read. */
      ready: (place) => {
        const sheet = read.get(Math.floor(place / thumbnails.per_sheet));
        return sheet && cut(sheet, place % thumbnails.per_sheet, thumbnails);
      },
      /** Return the picture of a row and `of`, whose it is: of the nearest that has one, or none. */
      of: async (row) => {
        if (placeOf.has(row)) return { ...(await thumbnail(placeOf.get(row))), of: row };
        if (sprites && !missing.has(data.sample(row).shard)) {
          try {
            return { ...(await sprite(row)), of: row };
          } catch (error) {
            missing.set(data.sample(row).shard, error.message);
            seston.tell("cursor"); // it is said below the map
          }
        }
        const other = nearest(row);
        return other < 0 ? undefined : { ...(await thumbnail(placeOf.get(other))), of: other };
      },
    };
  };

  /** Say which pictures there are. */
  seston.picturesWords = ({ data, pictures, showPictures, pictured }) => {
    const { count, of } = data.thumbnails;
    if (pictures.missing.size) return `${[...pictures.missing.values()].at(-1)}.`;
    const all =
      count === of
        ? "All pictures lie"
        : `${seston.count(count)} of ${seston.count(of)} pictures lie`;
    if (!count && !data.sprites) return "No pictures lie in this page.";
    const others = count === of || data.sprites ? "" : "; of others the nearest of these is shown";
    const hidden = count && showPictures && !pictured.length;
    const near = hidden ? " Come nearer to see them on the map." : "";
    return `${all} in this page${data.sprites && count < of ? ", the others beside it" : others}.${near}`;
  };

  /** Draw a picture into a square of a canvas. */
  seston.drawPicture = (context, { sheet, left, top, side }, x, y, size) => {
    context.drawImage(sheet, left, top, side, side, x, y, size, size);
  };
})(globalThis.seston);
