"use strict";
// Numbers that lie in the page as base64 of deflated byte planes.
((seston) => {
  /** Return the bytes behind the base64 of an element; the element is let go. */
  seston.bytes = (id) => {
    const element = seston.get(id);
    if (!element) throw new Error(`this page has no block "${id}"`);
    const text = element.textContent.trim();
    element.remove();
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return bytes;
  };

  /** Return the bytes of a deflated block. */
  seston.inflated = async (id) => {
    const stream = new Blob([seston.bytes(id)]).stream();
    const open = stream.pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(open).arrayBuffer());
  };

  const KINDS = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array };

  /**
   * Return the whole numbers of a column; see `seston.report.map.stage` for how they are kept.
   * `order`: the rows of all organisms, those of cluster 0 first.
   */
  seston.integers = async ({ block, kind, count, delta, by_cluster }, order) => {
    const planes = await seston.inflated(block);
    const values = new KINDS[kind](count);
    const wide = values.BYTES_PER_ELEMENT;
    if (planes.length !== count * wide) throw new Error(`block "${block}" is damaged`);
    for (let plane = 0; plane < wide; plane++) {
      const start = plane * count;
      const shift = 8 * plane;
      for (let i = 0; i < count; i++) values[i] |= planes[start + i] << shift;
    }
    if (delta) for (let i = 1; i < count; i++) values[i] += values[i - 1];
    if (!by_cluster) return values;
    const sorted = new KINDS[kind](count);
    for (let i = 0; i < count; i++) sorted[order[i]] = values[i];
    return sorted;
  };
})(globalThis.seston);
