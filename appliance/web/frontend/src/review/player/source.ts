/** One <video>'s media, appended by us: a MediaSource with one buffer, and one thing at a time done to it. */

import { equal, type Opening } from "./container";
import { Fault } from "./files";

/** Longer than any recording: a browser refuses to seek beyond the end. */
const LONGEST_SECONDS = 30 * 86_400;

function maker(): typeof MediaSource | null {
  const managed = (globalThis as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource;
  return globalThis.MediaSource ?? managed ?? null;
}

export function supported(mime: string): boolean {
  return maker()?.isTypeSupported(mime) ?? false;
}

export class Source {
  private readonly media: MediaSource;
  private readonly address: string;
  private buffer: SourceBuffer | null = null;
  private opening: Opening | null = null;
  private header: Uint8Array | null = null;
  private last: Promise<unknown> = Promise.resolve();
  private over = false;
  /** The browser could not read what was appended; that ends it. */
  failed = false;

  constructor(private readonly video: HTMLVideoElement) {
    const Maker = maker();
    if (!Maker) throw new Fault("unsupported", "no MediaSource");
    this.media = new Maker();
    this.address = URL.createObjectURL(this.media);
    video.disableRemotePlayback = true;
    video.src = this.address;
  }

  get ranges(): { from: number; to: number }[] {
    if (this.over || !this.buffer || this.media.readyState === "closed") return [];
    const { buffered } = this.buffer;
    return Array.from({ length: buffered.length }, (_, n) => ({ from: buffered.start(n), to: buffered.end(n) }));
  }

  /** Can this go into the buffer? Its tracks are settled by what came first. */
  takes(opening: Opening): boolean {
    return this.opening === null || (this.opening.picture === opening.picture && this.opening.sound === opening.sound);
  }

  append(opening: Opening, header: Uint8Array<ArrayBuffer>, bytes: readonly Uint8Array<ArrayBuffer>[], done: (count: number) => void = () => undefined): Promise<void> {
    return this.after(async () => {
      const buffer = await this.opened(opening);
      if (!this.header || !equal(this.header, header)) {
        await this.act(buffer, () => buffer.appendBuffer(header));
        this.header = header;
      }
      for (const [n, piece] of bytes.entries()) {
        await this.act(buffer, () => buffer.appendBuffer(piece));
        done(n + 1);
      }
    });
  }

  remove(from: number, to: number): Promise<void> {
    return this.after(async () => {
      const { buffer } = this;
      if (buffer && to > from) await this.act(buffer, () => buffer.remove(Math.max(0, from), to));
    });
  }

  close(): void {
    this.over = true;
    URL.revokeObjectURL(this.address);
    this.video.removeAttribute("src");
    this.video.load();
  }

  private after<T>(work: () => Promise<T>): Promise<T> {
    const next = this.last.then(() => {
      if (this.over) throw new Fault("outdated");
      return work();
    });
    this.last = next.catch(() => undefined);
    return next;
  }

  private async opened(opening: Opening): Promise<SourceBuffer> {
    if (this.buffer) {
      if (this.opening?.mime !== opening.mime) {
        this.buffer.changeType(opening.mime);
        this.header = null;
        this.opening = opening;
      }
      return this.buffer;
    }
    if (this.media.readyState !== "open") await new Promise((resolve) => this.media.addEventListener("sourceopen", resolve, { once: true }));
    if (this.over) throw new Fault("outdated");
    this.media.duration = LONGEST_SECONDS;
    this.opening = opening;
    this.buffer = this.media.addSourceBuffer(opening.mime);
    return this.buffer;
  }

  private act(buffer: SourceBuffer, work: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      buffer.onerror = () => { this.failed = true; };
      buffer.onupdateend = () => (this.failed ? reject(new Fault("damaged", "the browser cannot read it")) : resolve());
      try {
        work();
      } catch (error) {
        if (error instanceof DOMException && error.name === "QuotaExceededError") reject(error);
        else reject(new Fault(this.over || this.media.readyState !== "open" ? "outdated" : "damaged", String(error)));
      }
    });
  }
}
