// Rows of a PNG: filters undone (ISO/IEC 15948 9), samples spread to eight-bit RGBA, Adam7 passes put together.

/** Takes inflated octets and gives rows of RGBA to `update`. */
export class RowReader {
  #row;
  #before;
  #filled = 0;
  #left;

  constructor(picture, width, height, update) {
    const bits = picture.header.depth * picture.header.samples;
    Object.assign(this, { picture, width, update });
    this.#left = height;
    this.step = Math.max(bits >> 3, 1);
    this.#row = new Uint8Array(1 + Math.ceil((width * bits) / 8));
    this.#before = new Uint8Array(this.#row.length);
    this.rgba = new Uint8Array(width * 4);
  }

  get finished() {
    return this.#left === 0;
  }

  /** Whether more octets are wanted. */
  push(octets) {
    for (let at = 0; at < octets.length && this.#left > 0; ) {
      const part = octets.subarray(at, at + this.#row.length - this.#filled);
      this.#row.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      this.used = at;
      if (this.#filled < this.#row.length) break;
      unfilter(this.#row, this.#before, this.step);
      spread(this.#row.subarray(1), this.width, this.picture, this.rgba);
      this.update(this.rgba);
      [this.#row, this.#before] = [this.#before, this.#row];
      this.#filled = 0;
      this.#left -= 1;
    }
    return this.#left > 0;
  }
}

function unfilter(row, before, step) {
  const length = row.length;
  switch (row[0]) {
    case 0:
      return;
    case 1:
      for (let i = 1 + step; i < length; i += 1) row[i] += row[i - step];
      return;
    case 2:
      for (let i = 1; i < length; i += 1) row[i] += before[i];
      return;
    case 3:
      for (let i = 1; i <= step && i < length; i += 1) row[i] += before[i] >> 1;
      for (let i = 1 + step; i < length; i += 1) row[i] += (row[i - step] + before[i]) >> 1;
      return;
    case 4:
      for (let i = 1; i <= step && i < length; i += 1) row[i] += before[i];
      for (let i = 1 + step; i < length; i += 1) row[i] += paeth(row[i - step], before[i], before[i - step]);
      return;
    default:
      throw new RangeError("filter");
  }
}

function paeth(a, b, c) {
  const pa = b > c ? b - c : c - b;
  const pb = a > c ? a - c : c - a;
  const pc = Math.abs(a + b - c - c);
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** The samples of a row as eight-bit RGBA: sixteen bits cut to their upper eight, palettes and keys of tRNS applied. */
function spread(row, width, { header, palette, transparency }, rgba) {
  const { depth, color, samples } = header;
  if (depth === 8 && color === 6) return rgba.set(row);
  if (depth === 8 && color === 2 && transparency === null) return spreadPlain(row, width, rgba);
  const wide = depth === 16;
  const raw = (i) => {
    if (wide) return (row[2 * i] << 8) | row[2 * i + 1];
    if (depth === 8) return row[i];
    const bit = i * depth;
    return (row[bit >> 3] >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  };
  const eight = (value) => (wide ? value >> 8 : depth === 8 ? value : (value * 255) / ((1 << depth) - 1));
  const key = color === 0 || color === 2 ? keyOf(transparency, samples) : null;
  for (let x = 0; x < width; x += 1) {
    const [first, out] = [x * samples, x * 4];
    if (color === 3) {
      const index = raw(first);
      for (let i = 0; i < 3; i += 1) rgba[out + i] = palette[3 * index + i] ?? 0;
      rgba[out + 3] = transparency?.[index] ?? 255;
      continue;
    }
    const gray = samples < 3;
    for (let i = 0; i < 3; i += 1) rgba[out + i] = eight(raw(gray ? first : first + i));
    const hasAlpha = color >= 4;
    const clear = key !== null && key.every((value, i) => raw(first + i) === value);
    rgba[out + 3] = hasAlpha ? eight(raw(first + samples - 1)) : clear ? 0 : 255;
  }
}

/** The common case, apart for its speed: three samples of eight bits, nothing transparent. */
function spreadPlain(row, width, rgba) {
  for (let from = 0, to = 0, end = width * 3; from < end; from += 3, to += 4) {
    rgba[to] = row[from];
    rgba[to + 1] = row[from + 1];
    rgba[to + 2] = row[from + 2];
    rgba[to + 3] = 255;
  }
}

function keyOf(transparency, samples) {
  if (transparency === null || transparency.length < 2 * samples) return null;
  return Array.from({ length: samples }, (_, i) => (transparency[2 * i] << 8) | transparency[2 * i + 1]);
}

/** First column and row, and steps, of each pass of Adam7. */
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];

/** A reader of the seven passes, which gives the whole picture to `update` at the end. */
export function interlacedRows(picture, update) {
  const { width, height } = picture.header;
  const whole = new Uint8Array(width * height * 4);
  const readers = PASSES.flatMap(([x0, y0, dx, dy]) => {
    const [columns, rows] = [Math.ceil((width - x0) / dx), Math.ceil((height - y0) / dy)];
    if (columns <= 0 || rows <= 0) return [];
    let y = y0;
    const place = (rgba) => {
      for (let i = 0; i < columns; i += 1) whole.set(rgba.subarray(4 * i, 4 * i + 4), (y * width + x0 + i * dx) * 4);
      y += dy;
    };
    return [new RowReader(picture, columns, rows, place)];
  });
  return {
    get finished() {
      return readers.length === 0;
    },
    push(octets) {
      let rest = octets;
      while (rest.length > 0 && readers.length > 0) {
        const more = readers[0].push(rest);
        rest = rest.subarray(readers[0].used);
        if (!more) readers.shift();
      }
      if (readers.length === 0) update(whole);
      return readers.length > 0;
    },
  };
}
