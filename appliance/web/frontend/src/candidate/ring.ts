/** The last minute of what the encoders made, so that a drop can be filled later. Pure. */

export interface Frame {
  /** Which connection it was made for; its sound and its pictures belong together. */
  connection: number;
  video: boolean;
  key: boolean;
  ssrc: number;
  rtp: number;
  /** Milliseconds of this page's clock. */
  at: number;
  /** As in "video/H264". */
  mime: string;
  data: Uint8Array;
}

export const KEPT_MS = 60_000;
export const KEPT_BYTES = 12_000_000;
const PIECE_MS = 4000;
const PIECE_BYTES = 3_500_000;
/** The two clocks are compared over a network: a little more is sent, and the box takes what it misses. */
const MARGIN_MS = 300;

export class Ring {
  /** Frames that had to go before their minute was over. */
  dropped = 0;
  bytes = 0;
  private frames: Frame[] = [];
  private first = 0;

  constructor(
    private readonly ms = KEPT_MS,
    private readonly most = KEPT_BYTES,
  ) {}

  get length(): number {
    return this.frames.length - this.first;
  }

  push(frame: Frame): void {
    this.frames.push(frame);
    this.bytes += frame.data.byteLength;
    for (let oldest = this.frames[this.first]; oldest; oldest = this.frames[this.first]) {
      const old = frame.at - oldest.at > this.ms;
      if (!old && this.bytes <= this.most) break;
      if (!old) this.dropped += 1;
      this.bytes -= oldest.data.byteLength;
      this.first += 1;
    }
    if (this.first > 1000) this.frames = this.frames.slice(this.first); // in one go: a shift for each would cost more
    if (this.first > 1000) this.first = 0;
  }

  /** What was made from `from` to `to` (milliseconds of this page's clock): pieces of about four seconds, each of one connection
   * and from a key frame on. The first begins at the last key frame before `from`: without it the rest cannot be decoded. */
  pieces(from: number, to: number): Frame[][] {
    const kept = this.frames.slice(this.first);
    const connections = new Set(kept.filter((frame) => frame.at >= from && frame.at < to).map((frame) => frame.connection));
    return [...connections].flatMap((connection) => cut(kept.filter((frame) => frame.connection === connection), from - MARGIN_MS, to + MARGIN_MS));
  }
}

function cut(frames: Frame[], from: number, to: number): Frame[][] {
  const keys = frames.filter((frame) => frame.video && frame.key && frame.at < to).map((frame) => frame.at);
  const before = keys.filter((at) => at <= from).at(-1) ?? keys[0];
  if (before === undefined) return [];
  const cuts = [before];
  for (const at of keys) if (at >= Math.max(from, cuts.at(-1) ?? 0) + PIECE_MS) cuts.push(at);
  return cuts.map((start, n) => bounded(frames.filter((frame) => frame.at >= start && frame.at < (cuts[n + 1] ?? to))));
}

/** What is too large for one request is cut short: better the beginning than nothing. */
function bounded(frames: Frame[]): Frame[] {
  let bytes = 0;
  const end = frames.findIndex((frame) => (bytes += frame.data.byteLength + 32) > PIECE_BYTES);
  return end < 0 ? frames : frames.slice(0, end);
}
