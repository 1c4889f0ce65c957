/** What the box wrote into the page (`sync/viewer.py`). Times in `report` are ISO 8601 as in report.json; all others are wall seconds. */

import type { Flag, Kind } from "../lib/types";

export interface SaidFlag {
  flag: string;
  code: string;
  category: Flag["category"];
  severity: Flag["severity"];
  kind: Kind;
  onset_at: string;
  raised_at: string;
  ended_at: string | null;
  raised_by: string | null;
  remark: string;
  decision: Flag["state"];
  reason: string | null;
  decided_by: string | null;
  decided_at: string | null;
  note: string | null;
  notes: { text: string; by: string; noted_at: string }[];
  true: number;
  assessable: number;
  ticks: number;
  score: number | null;
  /** `file` null: the picture is not in the bundle. */
  snapshots: { file: string | null; moment: string; at: string | null }[];
}

interface SaidSpan {
  starts_at: string;
  ends_at: string | null;
}

/** What the page is told of report.json; an exam's has less. */
export interface Said {
  name?: string;
  candidate?: string;
  seat?: string;
  stage?: string;
  started_at?: string | null;
  closed_at?: string | null;
  written_at: string;
  provisional?: boolean;
  open_points?: string[];
  gaps?: (SaidSpan & { kind: Kind; cause: string; filled: number })[];
  unseen?: (SaidSpan & { kind: Kind; cause: string; sense: string })[];
  calls?: (SaidSpan & { who: string })[];
  messages?: { kind: "chat" | "warning" | "phone"; sender: string; sent_at: string; text: string }[];
  flags: SaidFlag[];
  breaks: (SaidSpan & { kind: string })[];
  announcements: { announced_at: string; text: string; by: string }[];
  irregularities: { category: string; text: string; happened_at: string; by: string }[];
  kept: (SaidSpan & { kind: string })[];
  never_watched: SaidSpan[];
  positions: Partial<Record<Kind, string | null>>;
}

export interface AttemptOf {
  attempt: string;
  page: string;
  /** A room's cameras, not a candidate. */
  room: boolean;
  seat?: string;
  name?: string;
  candidate?: string;
  stage?: string;
  flags: number;
  open: number;
  gap_seconds: number | null;
}

export interface Boot {
  site: string;
  box: string;
  exam: string;
  exam_title?: string;
  attempt: string | null;
  number: number;
  made_at: number;
  synchronised: boolean;
  /** Fingerprint of the key that signed. */
  key: string;
  segments: [file: string, starts_at: number, ends_at: number][];
  reports: string[];
  gaps: [kind: Kind, cause: string, starts_at: number, ends_at: number | null][];
  withheld: [file: string, reason: string][];
  open_feeds: string[];
  stages: [at: number, stage: string][];
  words: Record<string, string>;
  /** Absent: the bundle of a room, or a report that could not be read. */
  report?: Said;
  /** An exam's only. */
  attempts?: AttemptOf[];
}

/** Seconds that the lab's clock was ahead of UTC, as the report writes its times; null: nobody said. */
export function zoneOf(boot: Boot): number | null {
  const found = /([+-])(\d{2}):(\d{2})$/.exec(boot.report?.written_at ?? "");
  return found ? (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 3600 + Number(found[3]) * 60) : null;
}
