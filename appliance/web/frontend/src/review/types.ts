/** What `GET /api/review/ATTEMPT` says. Times are wall seconds; a feed's own time ("position") is wall time less its `begins_at`. */

import type { Flag, Kind, Message } from "../lib/types";

export interface Span {
  starts_at: number;
  /** Null: it goes on. */
  ends_at: number | null;
}

/** "there", "missing" (not on the disk), "deleted" (by its date, see `deleted_at`), "changed" (not the bytes that the ledger knows: cut
 * short, or longer), "open" (still being written). */
export type SegmentState = "there" | "missing" | "deleted" | "changed" | "open";

export interface Segment {
  /** The name of the file: `/media/EXAM/ATTEMPT/KIND/FILE` serves it, with Range. */
  file: string;
  starts_at: number;
  position: number;
  duration: number;
  bytes: number;
  late: boolean;
  state: SegmentState;
  deleted_at?: number;
}

export interface Gap extends Span {
  cause: string;
  /** Seconds of it that the page brought later. */
  filled: number;
}

export interface Feed {
  kind: Kind;
  /** Wall time of position 0. */
  begins_at: number;
  /** How its camera stands; null where it has no picture. */
  position: string | null;
  /** How well its clock is known to the box; null where that was never measured. */
  uncertainty_ms: number | null;
  delay_ms: number | null;
  segments: Segment[];
  gaps: Gap[];
  /** Files that could not be read after a crash and were set aside. */
  damaged: { file: string; reason: string }[];
}

/** `GET /api/review/ATTEMPT/KIND/parts/FILE`: [offset, length, position, duration, key (1: a player can begin here)]. */
export interface Parts {
  init_bytes: number;
  format: "mp4" | "webm";
  codecs: string[];
  parts: [number, number, number, number, 0 | 1][];
  /** A sentence: nothing of the file can be read (`parts` is empty), or only what stands in `parts`. A file that is not on the disk is 404. */
  problem?: string;
}

/** `GET /api/review/ATTEMPT/KIND/loudness`: `per_second` levels a second from position 0 on, each a byte in base64 (0: nothing recorded,
 * 1..255: -90..0 dBFS); `done` false: more is being worked out, ask again. */
export interface Loudness {
  per_second: number;
  levels: string;
  done: boolean;
}

export interface FlagNote {
  note: string;
  flag: string;
  text: string;
  by_name: string;
  noted_at: number;
}

export type RecommendationKind = "no_concern" | "refer";

export interface Recommendation {
  recommendation: string;
  kind: RecommendationKind;
  text: string;
  by: string;
  by_name: string;
  made_at: number;
  standing: "stands" | "waits" | "not_agreed" | "withdrawn";
  answer: string;
  answered_by_name: string | null;
  answered_at: number | null;
}

export interface Stage extends Span {
  stage: string;
}

export interface Overlap extends Span {
  attempt: string;
  exam: string;
  title: string;
  seat: string;
  /** Of the same candidate, or at the same seat. */
  why: "candidate" | "seat";
}

/** A random minute that is watched without flags. */
export interface Sample extends Span {
  sample: string;
  ends_at: number;
}

export interface Review {
  seq: number;
  now: number;
  attempt: string;
  exam: { exam: string; title: string; mode: string };
  seat: string;
  name: string;
  stage: string;
  /** It is still being recorded. */
  live: boolean;
  /** The extent of the timeline. */
  starts_at: number;
  ends_at: number;
  feeds: Feed[];
  /** What nobody looked at. */
  missed: { kind: Kind; sense: string; cause: string; starts_at: number; ends_at: number }[];
  stages: Stage[];
  breaks: (Span & { kind: string })[];
  calls: (Span & { by_name: string })[];
  messages: Message[];
  announcements: { announcement: string; text: string; by_name: string; announced_at: number }[];
  irregularities: { irregularity: string; category: string; text: string; happened_at: number; by_name: string }[];
  kept: { kept: string; kind: string; starts_at: number; ends_at: number; taken_at: number }[];
  /** Empty while a sample is watched: whoever watches it sees no flags. */
  flags: Flag[];
  notes: FlagNote[];
  /** By flag code and seat, what was made of such flags: see `review/seats`. */
  recommendations: Recommendation[];
  outcome: { outcome: string; by_name: string; recorded_at: number } | null;
  /** What was played, by anybody. */
  watched: (Span & { by: string; ends_at: number; kinds: Kind[] })[];
  overlaps: Overlap[];
  sample: Sample | null;
  may: Record<"decide" | "raise" | "discuss" | "recommend" | "outcome" | "export" | "mute" | "sample", boolean>;
}
