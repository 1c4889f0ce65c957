/** The recording of one feed in one <video>. By HLS where the browser can; else, or when that breaks, piece by piece: every
 * segment plays by itself. Places are wall times, whatever the browser counts. */

import { request } from "../lib/api";
import { h } from "../lib/dom";
import { closed, length, mediaTime, parse, wallTime, type Span } from "./timeline";

/** Never the very end: a browser that seeks there gives up on the recording. */
const END_SECONDS = 0.5;
const HLS = "application/vnd.apple.mpegurl";

interface Piece extends Span {
  url: string;
  late: boolean;
}

export class Track {
  readonly video: HTMLVideoElement;
  private pieces: readonly Piece[] = [];
  private memory = "";
  private piece: number | null = null;
  /** What the browser counts at the beginning of the piece: Chromium goes on from the piece before, others begin at 0. */
  private base = 0;
  /** Neither way plays. */
  onbroken: () => void = () => undefined;

  constructor(
    private readonly folder: string,
    label: string,
  ) {
    this.video = h("video", { controls: true, playsinline: true, preload: "metadata", "aria-label": label });
    this.video.addEventListener("error", () => this.broken());
    this.video.addEventListener("ended", () => this.next());
  }

  get empty(): boolean {
    return this.pieces.length === 0;
  }

  get ready(): boolean {
    return !this.empty && this.video.readyState >= HTMLMediaElement.HAVE_METADATA;
  }

  /** Where it is recorded up to; 0 for nothing. */
  get end(): number {
    const last = this.pieces.at(-1);
    return last ? last.start + last.duration : 0;
  }

  /** The wall time of the picture that is shown. */
  get wall(): number | null {
    if (this.piece === null) return wallTime(this.pieces, this.video.currentTime);
    const piece = this.pieces[this.piece];
    return piece ? piece.start + this.video.currentTime - this.base : null;
  }

  /** Was this moment brought after a drop? Its file's name says so. */
  late(wall: number): boolean {
    return this.pieces.some((piece) => piece.late && wall >= piece.start && wall < piece.start + piece.duration);
  }

  /** Read what there is now; the place stays. */
  async load(): Promise<void> {
    const base = new URL(`${this.folder}/playlist.m3u8`, location.href).href;
    let text: string;
    try {
      text = await (await request(base, { headers: { Accept: "*/*" }, cache: "no-store" })).text();
    } catch {
      this.pieces = []; // not recorded yet, or not for this person: the page says that there is nothing
      this.video.hidden = true;
      return;
    }
    const wall = this.ready ? this.wall : null;
    const playlist = parse(text);
    this.pieces = playlist.spans.map((span, n) => {
      const file = playlist.files[n] ?? "";
      return { ...span, url: new URL(file, base).href, late: /-late\.\w+$/.test(file) };
    });
    this.video.hidden = this.empty;
    if (this.empty) return;
    if (this.piece !== null || !this.video.canPlayType(HLS)) return this.play(wall ?? this.pieces[0]?.start ?? 0);
    URL.revokeObjectURL(this.memory);
    this.memory = playlist.over ? "" : URL.createObjectURL(new Blob([closed(text, base)], { type: HLS }));
    this.video.src = this.memory || base;
    if (wall !== null) this.whenReady(() => this.seek(wall));
  }

  seek(wall: number): void {
    if (this.empty) return;
    if (this.piece !== null) return this.play(wall);
    this.whenReady(() => {
      this.video.currentTime = Math.max(0, Math.min(mediaTime(this.pieces, wall), length(this.pieces) - END_SECONDS));
    });
  }

  /** Is there a picture of this moment? */
  holds(wall: number): boolean {
    return this.pieces.some((piece) => wall >= piece.start && wall < piece.start + piece.duration - END_SECONDS);
  }

  private whenReady(act: () => void): void {
    if (this.video.readyState >= HTMLMediaElement.HAVE_METADATA) act();
    else this.video.addEventListener("loadedmetadata", act, { once: true });
  }

  private broken(): void {
    if (this.empty) return;
    if (this.piece === null) {
      this.play(wallTime(this.pieces, this.video.currentTime) ?? 0);
    } else {
      this.onbroken();
    }
  }

  /** Piece by piece, from a wall time on. */
  private play(wall: number): void {
    const found = this.pieces.findIndex((piece) => wall < piece.start + piece.duration);
    const index = found < 0 ? this.pieces.length - 1 : found;
    const piece = this.pieces[index];
    if (!piece) return;
    const go = (): void => {
      this.video.currentTime = this.base + Math.max(0, Math.min(wall - piece.start, piece.duration - END_SECONDS));
    };
    if (this.piece === index && this.video.src === piece.url && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return go();
    const playing = !this.video.paused || this.video.ended;
    this.piece = index;
    this.video.preload = "auto";
    this.video.src = piece.url;
    this.video.onloadeddata = () => {
      this.base = this.video.currentTime;
      go();
      if (playing) void this.video.play().catch(() => undefined);
    };
  }

  private next(): void {
    const following = this.piece === null ? undefined : this.pieces[this.piece + 1];
    if (!following) return;
    this.play(following.start);
  }
}
