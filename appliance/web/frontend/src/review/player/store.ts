/** What of one feed lies in its <video>: fetched from a moment on, kept ahead of the clock, dropped behind it. */

import type { Kind } from "../../lib/types";
import type { Feed } from "../types";
import { content, evenly, joined, opening, silent } from "./container";
import { Coverage, HOLE, type Absence, type Mark, type Piece } from "./coverage";
import { cut, end, keyAfter, type Cut } from "./cut";
import { Fault, faultOf, type Files } from "./files";
import { Source, supported } from "./source";

/** Seconds that are fetched ahead at 1x, and at most. */
const AHEAD = 25;
const MOST_AHEAD = 100;
const AHEAD_STANDING = 10;
/** After a seek nothing more is fetched for so long: another seek may follow, and the picture comes first. */
const CALM = 0.3;
/** So much first, so that a picture is there soon. */
const FIRST = 2;
const BEHIND = 60;
const CHUNK_BYTES = 4_000_000;
/** A file that is being written has another part after so long. */
const GROWS_SECONDS = 0.6;
const BACKOFF = [0.5, 1, 2, 4];
/** After so many faults in one file the rest of it is left out. */
const FAULTS = 4;
/** Ends of files and parts are known to this. */
const NEAR = 0.05;

const seconds = (): number => performance.now() / 1000;

export class Store {
  coverage: Coverage;
  /** Positions of the pictures that are known, in order; MP4 says them. */
  pictures: number[] = [];
  /** The moment for which it keeps ahead. */
  private position = 0;
  private speed = 1;
  private source: Source | null = null;
  /** All between these was fetched, or cannot be. */
  private origin = 0;
  private cursor = 0;
  private file = "";
  private following: number | undefined;
  private turn = new AbortController();
  private working = false;
  private retryAt = 0;
  private fails = 0;
  private readonly careful = new Set<string>();
  private readonly faults = new Map<string, number>();
  private suspect = "";
  /** The file whose tracks are others than those of the media there are. */
  private other = "";
  private trimmedAt = 0;
  private soughtAt = -CALM;
  private over = false;
  /** Since when the box does not answer, by `performance.now()`, seconds; null where it does. */
  troubleSince: number | null = null;
  private grows = false;
  /** The media had to be begun again: whatever the <video> showed is gone. */
  onrebuilt: () => void = () => undefined;

  constructor(
    private readonly video: HTMLVideoElement,
    private feed: Feed,
    private readonly files: Files,
    private live: boolean,
  ) {
    this.coverage = new Coverage(feed, live);
    video.addEventListener("error", () => this.broken());
  }

  get kind(): Kind {
    return this.feed.kind;
  }

  /** The recording goes on, and the moment is as far as it got. */
  get edge(): boolean {
    return this.grows && this.position > this.cursor - FIRST;
  }

  /** What is buffered around a moment; a picture that begins just after it counts. */
  range(position: number): { from: number; to: number } | null {
    return this.source?.ranges.find((range) => position >= range.from - 0.12 && position < range.to) ?? null;
  }

  /** Nothing follows the end of this range: a gap, damage, or the end of it all. */
  ends(range: { to: number }): boolean {
    const next = this.coverage.at(range.to + NEAR);
    return next.what !== "picture" || next.piece.file === this.other || this.cursor > range.to + HOLE;
  }

  /** A hole of a few frames: where it goes on. */
  hole(position: number): number | null {
    const next = this.source?.ranges.find((range) => range.from > position && range.from - position < HOLE);
    return next && this.cursor > position ? next.from : null;
  }

  update(feed: Feed, live: boolean): void {
    this.live = live;
    const states = new Map(this.feed.segments.map((segment) => [name(segment.file), segment.state]));
    const changed = new Set(feed.segments.filter((segment) => states.has(name(segment.file)) && states.get(name(segment.file)) !== segment.state).map((segment) => name(segment.file)));
    for (const file of changed) this.files.forget(this.kind, file);
    this.feed = feed;
    this.coverage = new Coverage(feed, live, this.coverage.marks.filter((mark) => !changed.has(name(mark.file))));
    this.retryAt = 0;
  }

  /** The clock is here (`speed` 0: it stands): fetch what is needed next. Called again and again. */
  attend(position: number, speed: number): void {
    if (this.over) return;
    this.position = position;
    this.speed = speed;
    const from = this.coverage.next(position);
    if (from === null || from > position + this.ahead) return;
    if (from < this.origin - NEAR || from > this.cursor + FIRST * Math.max(1, speed)) this.restart(from);
    this.trim();
    if (!this.working) this.look(position);
    if (seconds() - this.soughtAt < CALM && this.cursor > position + FIRST / 2) return;
    if (!this.working && seconds() >= this.retryAt && this.cursor < position + this.ahead * 0.7) void this.work();
  }

  /** Fetch what a moment needs, at once; whatever else was being fetched is outdated. True as soon as it is there. */
  async need(position: number): Promise<boolean> {
    this.position = position;
    this.soughtAt = seconds();
    this.retryAt = 0;
    if (this.range(position)) {
      if (position < this.origin || position > this.cursor) this.restart(position);
      return true;
    }
    this.restart(position);
    const { turn } = this;
    while (this.turn === turn && !this.range(position) && this.coverage.at(position).what === "picture") {
      if (seconds() < this.retryAt) return false;
      if (this.hole(position) !== null) return true;
      if (this.cursor > position + HOLE) return false; // `attend` looks what is wrong with it
      await this.work();
    }
    if (this.turn !== turn) return false;
    // a browser shows nothing before it has a little more than the one picture
    if (!this.working && this.cursor < position + FIRST / 2) void this.work();
    return this.range(position) !== null;
  }

  close(): void {
    this.over = true;
    this.turn.abort();
    this.source?.close();
    this.source = null;
  }

  private get ahead(): number {
    return this.speed ? Math.min(MOST_AHEAD, AHEAD * Math.max(1, this.speed)) : AHEAD_STANDING;
  }

  private restart(from: number): void {
    this.turn.abort();
    this.turn = new AbortController();
    this.working = false;
    this.grows = false;
    this.other = "";
    this.following = undefined;
    this.origin = from;
    this.cursor = this.range(from)?.to ?? from;
  }

  private async work(): Promise<void> {
    const { turn } = this;
    this.working = true;
    try {
      await this.step(turn.signal);
      this.troubleSince = null;
      this.fails = 0;
    } catch (error) {
      if (!turn.signal.aborted) this.failed(faultOf(error));
    } finally {
      if (this.turn === turn) this.working = false;
    }
  }

  private failed(fault: Fault): void {
    if (fault.trouble === "outdated") return;
    this.troubleSince ??= seconds();
    this.retryAt = seconds() + (BACKOFF[Math.min(this.fails, BACKOFF.length - 1)] ?? 4);
    this.fails += 1;
  }

  /** One list of parts, one range, one append. */
  private async step(signal: AbortSignal): Promise<void> {
    const piece = this.coverage.piece(this.cursor + NEAR);
    if (!piece) return this.rest();
    const from = Math.max(this.cursor, piece.from);
    const mark = this.coverage.marks.find((each) => from >= each.from - NEAR && from < each.to);
    if (mark) return this.go(Math.min(mark.to, this.coverage.next(mark.to) ?? mark.to));
    if (from > this.position + this.ahead || (piece.file === this.other && !this.reached(piece))) return this.rest();
    try {
      const chosen = await this.choose(piece, from, signal);
      if (chosen) await this.fetch(piece, chosen, signal);
    } catch (error) {
      const fault = faultOf(error);
      if (signal.aborted || fault.trouble === "outdated" || fault.trouble === "unreachable") throw fault;
      this.files.forget(this.kind, piece.file);
      this.mark(piece, piece.from, piece.open ? from + HOLE : piece.to, { what: fault.trouble });
    }
  }

  private async choose(piece: Piece, from: number, signal: AbortSignal): Promise<Cut | null> {
    const near = from - this.position < 1;
    const damage = Math.min(Infinity, ...this.coverage.marks.filter((mark) => mark.from > from).map((mark) => mark.from));
    const to = Math.min(damage, near ? from + FIRST * Math.max(1, this.speed) : this.position + this.ahead);
    const next = name(piece.file) === this.file ? this.following : undefined;
    const want = { from, to, bytes: CHUNK_BYTES, next, held: (at: number) => this.range(at + NEAR) !== null };
    let list = await this.files.parts(this.kind, piece.file, signal);
    let chosen = cut(list.parts, want);
    if (!chosen && piece.open) {
      list = await this.files.parts(this.kind, piece.file, signal, true);
      chosen = cut(list.parts, want);
    }
    this.grows = !chosen && piece.open;
    if (chosen) return chosen;
    if (piece.open) this.rest();
    else this.ended(piece, end(list.parts) ?? piece.from);
    return null;
  }

  /** Nothing more in this file, whatever the ledger says of its length. */
  private ended(piece: Piece, at: number): void {
    if (piece.to - at > 2 * HOLE) this.mark(piece, Math.max(at, piece.from), piece.to, { what: "damaged" });
    this.go(piece.to);
  }

  private async fetch(piece: Piece, chosen: Cut, signal: AbortSignal): Promise<void> {
    const list = this.files.known(this.kind, piece.file);
    if (!list) return;
    const [header, bytes] = await Promise.all([
      this.files.header(this.kind, piece.file, list.init_bytes, signal),
      this.files.range(this.kind, piece.file, chosen.offset, chosen.length, signal),
    ]);
    if (signal.aborted) return;
    const held = list.format === "mp4" ? content(bytes) : null;
    let init = header;
    let said = opening(init, list.format);
    if (said?.picture && said.sound && held && !held.sound) {
      init = silent(header);
      said = opening(init, list.format);
    }
    if (!said || !supported(said.mime)) throw new Fault("unsupported", said?.mime ?? list.format);
    if (this.source && !this.source.takes(said)) return this.change(piece);
    const careful = this.careful.has(name(piece.file));
    const each = held ? chosen.parts.map((part) => evenly(bytes.slice(part.offset, part.offset + part.length))) : [bytes];
    const pieces = careful && held ? each : [held ? joined(each) : bytes];
    let whole = 0;
    try {
      this.source ??= new Source(this.video);
      await this.source.append(said, init, pieces, (count) => { whole = count; });
    } catch (error) {
      if (error instanceof DOMException) return this.full();
      const fault = faultOf(error);
      if (fault.trouble === "outdated") return;
      return this.unreadable(piece, careful ? chosen.parts[whole] : undefined);
    }
    if (signal.aborted) return;
    if (held) this.remember(held.pictures);
    this.file = name(piece.file);
    this.following = chosen.next;
    this.cursor = Math.max(this.cursor, chosen.ends);
  }

  /** What was fetched is of no use here: bytes that a browser takes without a picture to show are damaged too. */
  private look(position: number): void {
    const standing = this.coverage.at(position);
    if (standing.what !== "picture" || position < this.origin || position > this.cursor - HOLE || this.range(position) || this.hole(position) !== null) return;
    const place = `${standing.piece.file} ${Math.floor(position)}`;
    if (this.suspect !== place) {
      this.suspect = place; // the browser may have dropped it: once more
      return this.restart(position);
    }
    const next = this.source?.ranges.find((range) => range.from > position)?.from ?? Infinity;
    this.mark(standing.piece, position, Math.min(next, this.cursor), { what: "damaged" });
  }

  /** Other tracks than those before need media of their own, and those before are given up for them: not before their time. */
  private change(piece: Piece): void {
    this.other = piece.file;
    if (this.reached(piece)) this.rebuild();
    else this.rest();
  }

  private reached(piece: Piece): boolean {
    return this.position >= piece.from - NEAR / 2;
  }

  private remember(pictures: readonly number[]): void {
    const near = this.pictures.filter((at) => Math.abs(at - this.position) < BEHIND + MOST_AHEAD);
    this.pictures = [...new Set([...near, ...pictures])].sort((a, b) => a - b);
  }

  /** The browser cannot read these bytes: find out which, then leave that part out. */
  private unreadable(piece: Piece, part: Cut["parts"][number] | undefined): void {
    if (part) this.fault(piece, part.begins);
    else this.careful.add(name(piece.file));
    this.rebuild();
  }

  /** A decoder gave up: what it was at is left out, up to where another can begin. */
  private broken(): void {
    if (this.over || !this.source || this.source.failed || this.video.error === null) return;
    const standing = this.coverage.at(this.position);
    if (standing.what === "picture") this.fault(standing.piece, this.position);
    this.rebuild();
  }

  private fault(piece: Piece, at: number): void {
    const count = (this.faults.get(name(piece.file)) ?? 0) + 1;
    this.faults.set(name(piece.file), count);
    const parts = this.files.known(this.kind, piece.file)?.parts ?? [];
    const from = parts.find((part) => part[2] + part[3] > at)?.[2] ?? at;
    const next = keyAfter(parts, at + NEAR);
    const ends = piece.open ? (end(parts) ?? at) + NEAR : piece.to;
    this.mark(piece, Math.min(from, at), count >= FAULTS ? ends : Math.min(ends, next ?? ends), { what: "damaged" });
  }

  private mark(piece: Piece, from: number, to: number, absence: Absence): void {
    const mark: Mark = { file: piece.file, from, to, absence };
    if (to <= from) return;
    this.coverage = new Coverage(this.feed, this.live, [...this.coverage.marks, mark]);
    this.following = undefined;
  }

  private rebuild(): void {
    this.source?.close();
    this.source = null;
    this.restart(this.position);
    this.onrebuilt();
  }

  private go(to: number): void {
    this.cursor = Math.max(this.cursor, Number.isFinite(to) ? to : this.cursor);
    this.following = undefined;
  }

  private rest(): void {
    this.retryAt = seconds() + (this.other ? NEAR : GROWS_SECONDS);
  }

  /** The browser's memory for media is full: less of what lies behind and far ahead. */
  private full(): void {
    void this.source?.remove(0, this.position - 5).catch(() => undefined);
    void this.source?.remove(this.position + 20, Infinity).catch(() => undefined);
    this.restart(this.position);
    this.retryAt = seconds() + 2;
  }

  private trim(): void {
    if (seconds() - this.trimmedAt < 5) return;
    this.trimmedAt = seconds();
    const ranges = this.source?.ranges ?? [];
    const [first, last] = [ranges[0], ranges.at(-1)];
    const behind = this.position - BEHIND;
    const beyond = this.position + MOST_AHEAD + BEHIND;
    if (first && first.from < behind) void this.source?.remove(0, behind).catch(() => undefined);
    if (last && last.to > beyond) void this.source?.remove(beyond, Infinity).catch(() => undefined);
    this.origin = Math.max(this.origin, behind);
  }
}

const name = (file: string): string => file.replace(/\.open$/, "");
