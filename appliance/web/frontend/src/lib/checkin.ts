/** What `/api/me` says of the plan of the exam and of the candidate's own check-in. Times are wall seconds of the box. */

import type { Own } from "./types";

/** What has to be in the picture. */
export type Sight = "face" | "hands" | "screen" | "workspace" | "materials";

export type Seen = "seen" | "not_seen" | "not_assessable";

/** Where the candidate's phone is. */
export type PhonePlace = "visible" | "second_camera" | "none";

export interface MyPlan {
  kind: "computer" | "paper";
  mode: "live" | "record_review";
  level: "none" | "camera" | "full";
  /** What this page has to send. */
  feeds: Own[];
  second: "none" | "optional" | "required";
  items: string[];
  required: Sight[];
  contact: string;
  print_minutes: number;
  check_out: "none" | "candidate" | "proctor";
  pages: boolean;
  scratch: boolean;
  practice: boolean;
  practice_hours: number;
  /** When the content may be opened. */
  opens_at: number;
  room_scan: boolean;
  scan_days: number;
  position: boolean;
  /** Are there rules to acknowledge? Their text comes when its turn has come. */
  briefed: boolean;
  briefing: { text: string; sha256: string } | null;
}

export interface MyCheckin {
  /** What staff want to be done again. */
  returned: { stage: string; reason: string; times: number }[];
  scan: {
    /** Staff ask for one now; what they said. */
    asked: { reason: string } | null;
    /** How many there are. */
    number: number;
    verdict: "clear" | "again" | null;
    shortest: number;
    longest: number;
  };
  selftest: { checked_at: number; results: Record<string, TestResult> } | null;
}

export type TestState = "pass" | "warn" | "fail" | "not_required" | "not_assessable";

export interface TestResult {
  state: TestState;
  value: number | string;
}

/** What the box sees of the candidate now. */
export interface MyPosition {
  seen: Partial<Record<Sight, Seen>>;
  /** A person saw it. */
  ticked: Sight[];
  missing: Sight[];
  /** The head in the picture of the webcam, in shares of it. */
  box: [number, number, number, number] | null;
  /** A phone is in as the second camera. */
  second: boolean;
}
