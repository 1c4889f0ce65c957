/** What the API says of the day of an exam: its plan, and of each candidate the check-in, the sitting, the check-out. Times are
 * wall seconds of the box. */

import type { Kind, Stage } from "./types";

/** `exam.conduct.Act` of the box: what can be done to one attempt, if the stage fits. */
export type Act =
  | "chat" | "warn" | "call" | "decide_identity" | "ask_id_again" | "ask_scan" | "review_scan" | "tick_position" | "admit" | "refuse" | "reseat" | "give_break"
  | "end_break" | "pause" | "resume" | "grant_time" | "raise_flag" | "note" | "keep" | "listen" | "check_pages" | "release" | "end";

export type Sight = "face" | "hands" | "screen" | "workspace" | "materials";
export type Seen = "seen" | "not_seen" | "not_assessable";

export interface Section {
  number: number;
  title: string;
  minutes: number;
  break_minutes: number;
  released_at: number | null;
}

/** How the exam is held, as those who watch are told. */
export interface Plan {
  mode: "live" | "record_review";
  kind: "computer" | "paper";
  level: "none" | "camera" | "full";
  feeds: Kind[];
  second: "none" | "optional" | "required";
  required: Sight[];
  attention_minutes: number;
  spot_check_minutes: number;
  onboarding_minutes: number;
  sections: Section[];
  one_by_one: boolean;
  room_scan: boolean;
  position: boolean;
  known_allowed: boolean;
  items: string[];
  contact: string;
  opens_at: number;
  check_out: "none" | "candidate" | "proctor";
  pages: boolean;
  scratch: boolean;
  practice: boolean;
  /** What is possible in each stage. */
  conduct: Partial<Record<Stage, Act[]>>;
}

export interface Announcement {
  announcement: string;
  text: string;
  spoken: boolean;
  by_name: string;
  announced_at: number;
  told: number;
  read: number;
}

/** As one candidate has it. */
export interface Heard {
  announcement: string;
  text: string;
  spoken: boolean | 0 | 1;
  by_name: string;
  announced_at: number;
  read_at: number | null;
}

export interface StaffMessage {
  message: string;
  text: string;
  by: string;
  by_name: string;
  said_at: number;
}

export interface Attention {
  looked_at: number | null;
  looked_by: string | null;
  listened_at: number | null;
  listened_by: string | null;
}

export interface Returned {
  stage: Stage;
  times: number;
  reason: string;
  returned_at: number;
}

export interface Selftest {
  results: Record<string, { state: "pass" | "warn" | "fail" | "not_required" | "not_assessable"; value: unknown }>;
  checked_at: number;
}

export interface Posture {
  seen: Partial<Record<Sight, Seen>>;
  ticked: string[];
  phone: string;
  by: string;
  checked_at: number;
}

/** A room scan: asked for and not there yet, there, or deleted by its date (`there` false). */
export interface Scan {
  scan: string;
  asked_at: number | null;
  asked_by: string;
  reason: string;
  number: number | null;
  seconds: number | null;
  recorded_at: number | null;
  delete_at: number | null;
  verdict: "clear" | "again" | null;
  note: string | null;
  reviewed_by: string | null;
  reviewed_at: number | null;
  there: boolean;
}

export interface Checkin {
  returned: Returned[];
  selftest: Selftest | null;
  posture: Posture | null;
  scans: Scan[];
}

export interface Pause {
  kind: "break" | "pause";
  begun_at: number;
  until: number | null;
}

export interface PaperPage {
  page: string;
  number: number;
  sharpness: number;
  light: number;
  readable: boolean | 0 | 1;
  accepted_by: string | null;
  photographed_at: number;
}

export interface Paper {
  pages: number | null;
  made: boolean | 0 | 1 | null;
  counted: number | null;
  counted_by: string | null;
  uploaded_at: number | null;
  there?: boolean;
}

export interface Tick {
  tick: string;
  by: string;
  note: string;
  ticked_at: number;
}

export interface Checkout {
  pages: PaperPage[];
  paper: Paper | null;
  ticks: Tick[];
}

export interface Inquiry {
  inquiry: string;
  kind: "content" | "accommodation" | "reply";
  text: string;
  made_by: string;
  made_at: number;
  answer: string | null;
  answered_by_name: string | null;
  answered_at: number | null;
}

export interface Irregularity {
  irregularity: string;
  category: string;
  text: string;
  happened_at: number;
  position: number | null;
  by_name: string;
  noted_at: number;
}

export interface Kept {
  kept: string;
  kind: Kind;
  starts_at: number;
  ends_at: number;
  taken_at: number;
  by: string;
  kept_at: number;
  has_clip: boolean;
}

/** What a tile says of the day; an exam of before this page's time says less. */
export interface DayOfTile {
  room: string;
  /** Of the computer that the candidate came in at, where it stands at one. */
  machine_seat?: string | null;
  extra_minutes: number;
  acts: Act[];
  attention: Attention;
  checkin: Checkin;
  pause: Pause | null;
  inquiries_open: number;
  checkout: Checkout;
}

/** What only one candidate's page is told. */
export interface DayOfDetail {
  irregularities: Irregularity[];
  kept: Kept[];
  inquiries: Inquiry[];
  announcements: Heard[];
}

/** What inference sees of one camera just now. `box` is the head, as shares of the picture. */
export type SeenNow = Partial<Record<Sight, Seen>> & { box?: [number, number, number, number] | null; at?: number };
