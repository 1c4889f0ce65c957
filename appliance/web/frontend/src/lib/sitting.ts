/** What `/api/me` says of the exam while it goes on. Times are wall seconds of the box. */

import type { Heard } from "./day";

/** A part of the exam, in the candidate's own order. */
export interface Section {
  number: number;
  title: string;
  minutes: number;
  break_minutes: number;
  released: boolean;
  /** It may be opened now. */
  open: boolean;
  opened: boolean;
  /** When a part with a time of its own should be done. */
  until: number | null;
  link: boolean;
  pdf: boolean;
}

export interface Pause {
  kind: "break" | "pause";
  begun_at: number;
  until: number | null;
  minutes: number | null;
}

export type Announcement = Heard;

/** A question for the institution. */
export interface Inquiry {
  inquiry: string;
  kind: "content" | "accommodation" | "reply";
  text: string;
  made_at: number;
  state: "open" | "answered";
  answer: string | null;
  answered_by_name: string | null;
  answered_at: number | null;
}

export interface MySitting {
  sections: Section[];
  one_by_one: boolean;
  prints_until: number | null;
  pause: Pause | null;
  /** Minutes of the break that may be taken now without asking. */
  own_break: number | null;
  /** May the candidate choose how long? */
  chooses_break: boolean;
  announcements: Announcement[];
  inquiries: Inquiry[];
  extra_minutes: number;
  warned_minutes: number | null;
}
