/** What the bytes of a recording say: how a browser calls them, which tracks they hold, where each picture stands. Pure. */

export interface Opening {
  /** For `addSourceBuffer`. */
  mime: string;
  picture: boolean;
  sound: boolean;
}

const text = (bytes: Uint8Array, at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));

/** (type, where its content begins, where it ends) of each whole box. */
function* boxes(bytes: Uint8Array, from = 0, to = bytes.length): Generator<[string, number, number]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + 8 <= to;) {
    const length = view.getUint32(at);
    if (length < 8 || at + length > to) return;
    yield [text(bytes, at + 4, 4), at + 8, at + length];
    at += length;
  }
}

function inside(bytes: Uint8Array, ...path: string[]): [number, number] | null {
  let span: [number, number] = [0, bytes.length];
  for (const name of path) {
    const found = [...boxes(bytes, ...span)].find(([type]) => type === name);
    if (!found) return null;
    span = [found[1], found[2]];
  }
  return span;
}

function find(bytes: Uint8Array, word: string): number {
  const codes = [...word].map((letter) => letter.charCodeAt(0));
  for (let at = 0; at + codes.length <= bytes.length; at += 1) if (codes.every((code, n) => bytes[at + n] === code)) return at;
  return -1;
}

/** Of the bytes before the first part; null where nothing in them can be played. */
export function opening(init: Uint8Array, format: "mp4" | "webm"): Opening | null {
  const codecs: string[] = [];
  if (format === "webm") {
    if (find(init, "V_VP8") >= 0) codecs.push("vp8");
    if (find(init, "A_OPUS") >= 0) codecs.push("opus");
  } else {
    const record = find(init, "avcC");
    if (record >= 0 && record + 8 <= init.length) codecs.push(`avc1.${[...init.subarray(record + 5, record + 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`);
    if (find(init, "Opus") >= 0) codecs.push("opus");
  }
  if (!codecs.length) return null;
  return { mime: `video/${format}; codecs="${codecs.join(", ")}"`, picture: codecs[0] !== "opus", sound: codecs.at(-1) === "opus" };
}

/** The same header without its track of sound. A browser waits for sound that a header promises and no part brings. */
export function silent(init: Uint8Array): Uint8Array<ArrayBuffer> {
  const moov = inside(init, "moov");
  if (!moov) return init.slice();
  const number = (from: number, at: number): number => new DataView(init.buffer, init.byteOffset + from + at).getUint32(0);
  const kept: Uint8Array[] = [];
  for (const [type, from, to] of boxes(init, ...moov)) {
    if (type === "trak" && find(init.subarray(from, to), "soun") >= 0) continue;
    if (type !== "mvex") kept.push(init.subarray(from - 8, to));
    else kept.push(box("mvex", [...boxes(init, from, to)].filter(([, at]) => number(at, 4) === VIDEO).map(([, at, end]) => init.subarray(at - 8, end))));
  }
  return joined([init.subarray(0, moov[0] - 8), box("moov", kept)]);
}

function box(type: string, content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = joined([new Uint8Array(8), ...content]);
  new DataView(whole.buffer).setUint32(0, whole.length);
  for (let n = 0; n < 4; n += 1) whole[4 + n] = type.charCodeAt(n);
  return whole;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const VIDEO = 1;
const TICKS = 90_000;

export interface Content {
  /** Positions of the pictures, seconds. */
  pictures: number[];
  sound: boolean;
}

/** Of whole MP4 parts. */
export function content(bytes: Uint8Array): Content {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Content = { pictures: [], sound: false };
  for (const [type, from, to] of boxes(bytes)) {
    if (type !== "moof") continue;
    for (const [name, start, stop] of boxes(bytes, from, to)) {
      if (name !== "traf") continue;
      const fields = new Map([...boxes(bytes, start, stop)].map(([field, at]) => [field, at]));
      const [head, time, run] = [fields.get("tfhd"), fields.get("tfdt"), fields.get("trun")];
      if (head === undefined || time === undefined || run === undefined) continue;
      if (view.getUint32(head + 4) !== VIDEO) {
        found.sound = true;
        continue;
      }
      let ticks = Number(view.getBigUint64(time + 4));
      for (let n = 0; n < view.getUint32(run + 4) && run + 16 + 12 * n <= stop; n += 1) {
        found.pictures.push(ticks / TICKS);
        ticks += view.getUint32(run + 12 + 12 * n);
      }
    }
  }
  return found;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, n) => byte === b[n]);
}
