/** What of one feed is recorded, and what of it can be shown. Pure. Places are positions: seconds on the feed's timeline. */

import type { Feed, Segment } from "../types";

/** A file that can be played, as far as anybody knows. */
export interface Piece {
  file: string;
  from: number;
  to: number;
  /** It is being written: it ends nowhere yet. */
  open: boolean;
}

/** What stands there instead of a picture. */
export type Absence =
  | { what: "gap"; cause: string }
  | { what: "missing" }
  | { what: "deleted"; at: number | null }
  | { what: "damaged" }
  | { what: "unsupported" }
  | { what: "none" };

export type Standing = { what: "picture"; piece: Piece } | Absence;

/** What playing found out about a stretch of a file. */
export interface Mark {
  file: string;
  from: number;
  to: number;
  absence: Absence;
}

/** Between two files of one recording nothing is missing: a frame more or less. */
export const HOLE = 0.6;

export class Coverage {
  readonly pieces: readonly Piece[];
  private readonly lost: readonly { from: number; to: number; absence: Absence }[];
  private readonly gaps: readonly { from: number; to: number; cause: string }[];

  /** `live`: the last file grows if it is open. Others that are open were left by a crash, and end where they end. */
  constructor(feed: Feed, live: boolean, readonly marks: readonly Mark[] = []) {
    const segments = [...feed.segments].sort((a, b) => a.position - b.position);
    const grows = (segment: Segment): boolean => live && segment.state === "open" && segment === segments.at(-1);
    this.pieces = segments.filter(playable).map((segment) => ({
      file: segment.file, from: segment.position, to: grows(segment) ? Infinity : segment.position + segment.duration, open: grows(segment),
    }));
    this.lost = segments.filter((segment) => !playable(segment)).map((segment) => ({ from: segment.position, to: segment.position + segment.duration, absence: absence(segment) }));
    this.gaps = feed.gaps.map((gap) => ({ from: gap.starts_at - feed.begins_at, to: (gap.ends_at ?? Infinity) - feed.begins_at, cause: gap.cause }));
  }

  at(position: number): Standing {
    const mark = this.marks.find((each) => within(each, position));
    if (mark) return mark.absence;
    const piece = this.piece(position);
    if (piece && piece.from <= position) return { what: "picture", piece };
    const lost = this.lost.find((each) => within(each, position));
    if (lost) return lost.absence;
    if (piece && this.follows(piece, position)) return { what: "picture", piece };
    const gap = this.gaps.find((each) => within(each, position));
    if (gap) return { what: "gap", cause: gap.cause };
    return { what: "none" };
  }

  /** The first moment at or after this one that has a picture; null where nothing comes any more. */
  next(position: number): number | null {
    const moments = [position, ...this.pieces.map((piece) => piece.from), ...this.marks.map((mark) => mark.to)];
    const later = moments.filter((moment) => moment >= position && Number.isFinite(moment)).sort((a, b) => a - b);
    return later.find((moment) => this.at(moment).what === "picture") ?? null;
  }

  /** The file to read on from a moment: of two that overlap, the one that is there first. */
  piece(position: number): Piece | null {
    return this.pieces.find((piece) => piece.to > position) ?? null;
  }

  /** Where the last file ends that is not being written; 0 for none. */
  get end(): number {
    return Math.max(0, ...this.pieces.map((piece) => (piece.open ? piece.from : piece.to)), ...this.lost.map((each) => each.to));
  }

  private follows(piece: Piece, position: number): boolean {
    return this.pieces.some((before) => before.to <= position && piece.from - before.to < HOLE);
  }
}

function playable(segment: Segment): boolean {
  return segment.state === "there" || segment.state === "changed" || segment.state === "open";
}

function absence(segment: Segment): Absence {
  return segment.state === "deleted" ? { what: "deleted", at: segment.deleted_at ?? null } : { what: "missing" };
}

function within(span: { from: number; to: number }, position: number): boolean {
  return position >= span.from && position < span.to;
}
