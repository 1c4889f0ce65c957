/** The picture under a pointer that moves along the timeline: the key frame at or before a moment, in a small <video>. */

import type { Feed } from "../types";
import { content, opening, silent } from "./container";
import { Coverage } from "./coverage";
import { begin } from "./cut";
import type { Files } from "./files";
import { Source, supported } from "./source";

const SHOWN_MS = 1_500;
/** So many pieces are kept before all is begun anew. */
const KEPT = 40;

export class Still {
  private video: HTMLVideoElement | null = null;
  private source: Source | null = null;
  private turn = new AbortController();
  private readonly held = new Set<string>();
  private coverage: Coverage;

  constructor(
    private feed: Feed,
    private readonly files: Files,
    private readonly label: string,
    live: boolean,
  ) {
    this.coverage = new Coverage(feed, live);
  }

  update(feed: Feed, live: boolean): void {
    this.feed = feed;
    this.coverage = new Coverage(feed, live);
  }

  /** Null where there is none, or where another was asked for meanwhile. */
  async at(wall: number): Promise<HTMLVideoElement | null> {
    this.turn.abort();
    this.turn = new AbortController();
    const { signal } = this.turn;
    try {
      return await this.show(wall - this.feed.begins_at, signal);
    } catch {
      if (!signal.aborted) this.close(); // what is wrong there is said by the large picture
      return null;
    }
  }

  close(): void {
    this.turn.abort();
    this.source?.close();
    this.source = this.video = null;
    this.held.clear();
  }

  private async show(position: number, signal: AbortSignal): Promise<HTMLVideoElement | null> {
    const standing = this.coverage.at(position);
    if (standing.what !== "picture") return null;
    const { kind } = this.feed;
    const { file } = standing.piece;
    const list = await this.files.parts(kind, file, signal, standing.piece.open);
    const first = begin(list.parts, position);
    const part = first === null ? undefined : list.parts[first];
    if (!part || signal.aborted) return null;
    const [offset, length, begins] = part;
    const place = `${file} ${offset}`;
    if (!this.held.has(place)) {
      const [init, bytes] = await Promise.all([this.files.header(kind, file, list.init_bytes, signal), this.files.range(kind, file, offset, length, signal)]);
      const header = list.format === "mp4" && !content(bytes).sound && opening(init, list.format)?.picture ? silent(init) : init;
      const said = opening(header, list.format);
      if (signal.aborted || !said?.picture || !supported(said.mime)) return null;
      if (this.held.size > KEPT || this.source?.takes(said) === false) {
        this.source?.close();
        this.source = null;
        this.held.clear();
      }
      const video = this.made();
      this.source ??= new Source(video);
      await this.source.append(said, header, [bytes]);
      this.held.add(place);
    }
    return this.placed(begins, signal);
  }

  private made(): HTMLVideoElement {
    if (this.video) return this.video;
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.preload = "auto";
    this.video.setAttribute("aria-label", this.label);
    return this.video;
  }

  private async placed(begins: number, signal: AbortSignal): Promise<HTMLVideoElement | null> {
    const video = this.made();
    const from = this.source?.ranges.find((range) => range.to > begins)?.from ?? begins;
    const to = Math.max(begins, from) + 0.001;
    if (Math.abs(video.currentTime - to) > 0.0005 || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, SHOWN_MS);
        video.addEventListener("seeked", () => { clearTimeout(limit); resolve(); }, { once: true });
        video.currentTime = to;
      });
    }
    return signal.aborted ? null : video;
  }
}
