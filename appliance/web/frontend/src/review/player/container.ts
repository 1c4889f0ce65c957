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

export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
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
/** Of sound: 20 ms at 48 kHz. */
const PACKET_TICKS = 960;
/** The packet that stands for silence where no sound came (`recording/silence.py`). */
const SILENCE = [0xfc, 0xff, 0xfe];
const SYNC = 0x02000000;

/** One track of a part: where its boxes are. */
interface Track {
  from: number;
  to: number;
  head: number;
  time: number;
  run: number;
  runEnd: number;
}

function tracks(bytes: Uint8Array, from: number, to: number): Track[] {
  const found: Track[] = [];
  for (const [name, start, stop] of boxes(bytes, from, to)) {
    if (name !== "traf") continue;
    const fields = new Map([...boxes(bytes, start, stop)].map(([field, at, end]) => [field, [at, end] as const]));
    const [head, time, run] = [fields.get("tfhd"), fields.get("tfdt"), fields.get("trun")];
    if (head && time && run) found.push({ from: start - 8, to: stop, head: head[0], time: time[0], run: run[0], runEnd: run[1] });
  }
  return found;
}

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
    for (const track of tracks(bytes, from, to)) {
      if (view.getUint32(track.head + 4) !== VIDEO) {
        found.sound = true;
        continue;
      }
      let ticks = Number(view.getBigUint64(track.time + 4));
      for (const [lasts] of samples(view, track)) {
        found.pictures.push(ticks / TICKS);
        ticks += lasts;
      }
    }
  }
  return found;
}

/** [duration, size] of each. */
function samples(view: DataView, track: Track): [number, number][] {
  const count = Math.min(view.getUint32(track.run + 4), Math.floor((track.runEnd - track.run - 12) / 12));
  return Array.from({ length: count }, (_, n) => [view.getUint32(track.run + 12 + 12 * n), view.getUint32(track.run + 16 + 12 * n)]);
}

/** An MP4 part whose silence is as long as it says. One packet stands for a second where no sound came; a browser that begins
 * within that second waits for sound that never comes. Parts with nothing of the kind come back as they are. */
export function evenly(part: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const [moof, mdat] = [...boxes(part)];
  if (moof?.[0] !== "moof" || mdat?.[0] !== "mdat") return part;
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  const all = tracks(part, moof[1], moof[2]);
  const sound = all.at(-1);
  if (!sound || view.getUint32(sound.head + 4) === VIDEO) return part;
  const old = samples(view, sound);
  if (!old.some(([lasts, size]) => size === SILENCE.length && lasts > 1.5 * PACKET_TICKS)) return part;
  const [entries, data] = spreadOut(old, part, view.getInt32(sound.run + 8));
  const grown = entries.length - (sound.runEnd - sound.run - 12);
  const count = entries.length / 12;
  const head = joined([part.subarray(0, sound.run + 12), entries, part.subarray(sound.runEnd, mdat[1]), part.subarray(mdat[1], view.getInt32(sound.run + 8)), data]);
  const made = new DataView(head.buffer);
  const resize = (at: number, by: number): void => made.setUint32(at, made.getUint32(at) + by);
  resize(0, grown);
  resize(sound.from, grown);
  resize(sound.run - 8, grown);
  made.setUint32(sound.run + 4, count);
  for (const track of all) made.setInt32(track.run + 8, made.getInt32(track.run + 8) + grown);
  made.setUint32(moof[2] + grown, head.length - moof[2] - grown);
  return head;
}

function spreadOut(old: readonly [number, number][], part: Uint8Array, from: number): [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>] {
  const entries: number[] = [];
  const data: Uint8Array[] = [];
  let at = from;
  for (const [lasts, size] of old) {
    const bytes = part.subarray(at, at + size);
    const count = size === SILENCE.length ? Math.max(1, Math.round(lasts / PACKET_TICKS)) : 1;
    for (let n = 0; n < count; n += 1) {
      entries.push(n < count - 1 ? PACKET_TICKS : lasts - PACKET_TICKS * (count - 1), size, SYNC);
      data.push(bytes);
    }
    at += size;
  }
  const table = new Uint8Array(entries.length * 4);
  const view = new DataView(table.buffer);
  entries.forEach((value, n) => view.setUint32(n * 4, value));
  return [table, joined(data)];
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, n) => byte === b[n]);
}
