/** What the API says. Times are wall seconds of the box. */

import type { MyCheckout } from "./checkout";
import type { MyCheckin, MyPlan } from "./checkin";
import type { Announcement, DayOfDetail, DayOfTile, Plan, SeenNow, StaffMessage } from "./day";
import type { MySitting } from "./sitting";

export type Kind = "webcam" | "screen" | "phone" | "camera" | "call";

/** What every candidate's own page sends. */
export type Own = "webcam" | "screen";

export type Stage =
  | "invited" | "arrived" | "consent" | "equipment" | "identification" | "room_scan" | "position" | "briefing" | "waiting"
  | "admitted" | "printing" | "in_exam" | "on_break" | "paused" | "check_out" | "submitted" | "refused" | "ended";

/** In this order. */
export const CHECK_IN: readonly Stage[] = ["arrived", "consent", "equipment", "identification", "room_scan", "position", "briefing", "waiting"];

export const CLOSED: readonly Stage[] = ["submitted", "refused", "ended"];

/** The content of the exam is out. */
export const AT_WORK: readonly Stage[] = ["printing", "in_exam"];

/** Streams go from the candidate's page to the box: everything between the signature and the end. */
export const RECORDED: readonly Stage[] = ["equipment", "identification", "room_scan", "position", "briefing", "waiting", "admitted", "printing", "in_exam", "on_break", "paused", "check_out"];

export interface Message {
  message: string;
  attempt: string;
  /** "phone": staff ask for the phone as a second camera. */
  kind: "chat" | "warning" | "phone";
  sender: string;
  sender_name: string;
  text: string;
  sent_at: number;
  read_at: number | null;
  acknowledged_at: number | null;
}

/** Where a stream goes, or comes from, and what allows it. */
export interface Door {
  url: string;
  token: string;
}

export interface Me {
  attempt: string;
  seat: string;
  /** Of the computer that the candidate came in at, where it stands at one. */
  machine_seat?: string | null;
  name: string;
  stage: Stage;
  stage_at: number;
  ends_at: number | null;
  now: number;
  exam: { title: string; minutes: number; starts_at: number; link: string };
  statement: { version: string; text: string };
  feeds: Partial<Record<Kind, Door>>;
  messages: Message[];
  /** Who speaks with the candidate now. */
  call: { call: string; by_name: string; started_at: number } | null;
  phone: Phone | null;
  identity: MyIdentity;
  plan: MyPlan;
  checkin: MyCheckin;
  sitting: MySitting;
  /** Not admitted: what to do now. */
  refused: { next_step: string } | null;
  /** A proctor asks for a turn of the head. */
  challenge: { challenge: string; steps: Move[]; seconds: { ready: number; step: number } } | null;
  /** While the candidate checks out. */
  checkout: MyCheckout | null;
}

/** What the candidate's page speaks of: `wanted`: an ID is asked for; `compares`: the box would hold faces against each other. */
export interface MyIdentity {
  wanted: boolean;
  compares: boolean;
  shown: boolean;
  declined: boolean;
  /** A person has decided that the candidate goes on. */
  decided: boolean;
  refused: boolean;
}

/** A step of a challenge; sides are the candidate's own. */
export type Move = "left" | "right" | "blink";

export type Ruling = "matched" | "known" | "unverified" | "refused";

/** What staff see of who a candidate is. `score` is null where nothing was compared, or with the `reason` why it could not be. */
export interface Identity {
  wanted: boolean;
  declined_at: number | null;
  photo_sha256: string | null;
  pictured_at: number | null;
  score: number | null;
  limit: number | null;
  reason: string;
  compared_at: number | null;
  decision: Ruling | null;
  note: string;
  decided_by: string | null;
  decided_at: number | null;
}

export interface Challenge {
  challenge: string;
  steps: Move[];
  /** What the box saw of each; null until it has answered. */
  seen: ("done" | "not_seen" | "unassessable")[] | null;
  asked_at: number;
}

/** What could be judged of a candidate: code -> [could be judged, all], by feed. */
export interface Judged {
  ticks: Partial<Record<Kind, Record<string, [number, number]>>>;
  on: string[];
  off: string[];
  muted: { code: string; by_name: string; reason: string; muted_at: number }[];
  missed: { kind: Kind; sense: string; starts_at: number; ends_at: number; cause: string }[];
  baselines: { kind: Kind; taken_at: number; late: boolean }[];
}

export interface Call {
  call: string;
  attempt: string;
  by: string;
  by_name: string;
  started_at: number;
  ended_at: number | null;
}

/** A phone that was invited as a second camera; one that is only invited is not told of. */
export interface Phone {
  pairing: string;
  state: "scanned" | "confirmed" | "refused";
  state_at: number;
}

/** A phone that waits or is in, as staff see it. */
export interface StaffPhone {
  pairing: string;
  attempt: string;
  state: "scanned" | "confirmed";
  state_at: number;
  browser: string;
}

/** What a camera is placed to see. */
export type Place = "front" | "oblique" | "paper" | "screen" | "room";

/** A code to scan: the link holds a token that is good once, until `expires_at`. */
export interface Invitation {
  pairing: string;
  expires_at: number;
  now: number;
  link: string;
  address: string;
  code: string;
  picture: string;
  /** The box cannot be reached from anywhere else. */
  here: boolean;
}

/** What the box says to a phone. `feeds` is empty until a proctor has confirmed it, and after the end. */
export interface PhoneState {
  seat: string;
  exam: string;
  stage: Stage;
  state: "scanned" | "confirmed" | "refused";
  now: number;
  bitrate: number;
  feeds: { phone?: Door };
  checkout: MyCheckout | null;
}

export interface Snapshot {
  moment: "onset" | "peak" | "last";
  at: number;
}

export interface Flag {
  flag: string;
  attempt: string;
  code: string;
  category: "integrity" | "uncertain" | "technical" | "neutral";
  severity: "high" | "medium" | "low";
  kind: Kind;
  source: string;
  onset_at: number;
  raised_at: number;
  ended_at: number | null;
  position: number | null;
  state: "open" | "confirmed" | "dismissed" | "inconclusive";
  reason: string;
  decided_by: string | null;
  facts: {
    true: number;
    assessable: number;
    ticks: number;
    score: number | null;
    threshold?: number | undefined;
    /** The rule's own in force: seconds, share, hits and others. */
    numbers?: Record<string, number> | undefined;
    /** What the judge saw, by name. */
    why?: Record<string, unknown> | undefined;
    /** Mean brightness, 0 to 255. */
    light?: number | null | undefined;
    note?: string;
    snapshots: Snapshot[];
  };
}

export interface Picture {
  taken_at: number;
  number: number;
}

/** What recording says of a feed now. */
export interface FeedHealth {
  fps?: number;
  bitrate?: number;
  lost?: number;
  /** Since the last picture came; null while nobody sends. */
  silent_s?: number | null;
  /** Why nothing is on disk just now. */
  gap?: string | null;
  codecs?: string[];
  viewers?: number;
}

export interface Attempt {
  attempt: string;
  seat: string;
  name: string;
  candidate: string;
  stage: Stage;
  stage_at: number;
  ends_at: number | null;
  proctor: string | null;
}

export interface Exam {
  exam: string;
  title: string;
  minutes: number;
  starts_at: number;
  admission: "proctor" | "automatic";
  warnings_before_end: number;
  ended_at: number | null;
}

export interface Gap {
  gap: string;
  attempt: string;
  kind: Kind;
  cause: string;
  starts_at: number;
  ends_at: number | null;
}

export interface Segment {
  path: string;
  kind: Kind;
  number: number;
  starts_at: number;
  position: number;
  duration: number;
  /** Brought by the page after a drop: it lies in a gap. */
  late: boolean | 0 | 1;
}

export type Pictures = Partial<Record<Kind, Picture | null>>;
export type Healths = Partial<Record<Kind, FeedHealth | null>>;

/** An event of the ledger, as far as this person may see it. */
export interface LedgerEvent {
  seq: number;
  chain: string;
  type: string;
  wall: number;
  actor: string;
  payload: Record<string, unknown> | null;
}

/** What the wall is made of when a page opens; `seq` is where to follow from. */
export interface WallSnapshot {
  exam: Exam;
  now: number;
  seq: number;
  attempts: (Attempt & Partial<DayOfTile> & { pictures: Pictures; health: Healths; phones: StaffPhone[]; identity: Identity })[];
  plan?: Plan;
  announcements?: Announcement[];
  staff_messages?: StaffMessage[];
  /** Who watches acts as lead here. */
  host?: boolean;
  flags: Flag[];
  messages: Message[];
  /** Those that go on. */
  calls: Call[];
  /** What lab cameras see that belong to no seat. */
  rooms: Room[];
  room_events: RoomEvent[];
}

/** The same at many seats at once: one note for the room, none about a person. */
export interface RoomEvent {
  event: string;
  code: string;
  attempts: string[];
  onset_at: number;
  ended_at: number | null;
}

/** Its id takes an attempt's place in addresses. */
export interface Room {
  room: string;
  exam: string;
  camera: string;
}

/** One candidate with everything that is known. */
export interface AttemptDetail extends Attempt, Partial<DayOfTile>, Partial<DayOfDetail> {
  plan?: Plan;
  host?: boolean;
  exam: Exam;
  now: number;
  seq: number;
  pictures: Pictures;
  health: Healths;
  flags: Flag[];
  messages: Message[];
  gaps: Gap[];
  segments: Segment[];
  calls: Call[];
  phones: StaffPhone[];
  positions: Partial<Record<Kind, Place | null>>;
  identity: Identity;
  challenges: Challenge[];
  /** What no model sees, and a person can still tick. */
  tickable: string[];
}

/** Once a second, for the wall. */
export interface Pulse {
  now: number;
  attempts: Record<string, { pictures: Pictures; health: Healths; seen?: Partial<Record<Kind, SeenNow>> }>;
  processes: Record<string, { healthy: boolean; sentence: string }>;
  /** The box's name while somebody wants to know which one it is. */
  shows_itself?: string;
}

/** Who looks, and what they may do. */
export interface Boot {
  exam: Exam;
  attempt?: string;
  viewer: { user: string; name: string; role: string };
  may: Record<"watch" | "review" | "end_attempt" | "override_end" | "decide_flag" | "raise_flag" | "admit" | "message" | "call" | "confirm_phone" | "decide_identity" | "challenge"
    | "check_in" | "refuse_admission" | "conduct" | "announce" | "release" | "note" | "keep" | "check_out" | "route_inquiry" | "staff_chat", boolean>;
}
