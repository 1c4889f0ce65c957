/** How many are expected, here, checked in, at work: of a room, or of all. Pure. */

import { CLOSED, RECORDED, type Attempt } from "../lib/types";
import { dayOfAttempt, type State } from "./store";

export interface Counts {
  expected: number;
  arrived: number;
  checkedIn: number;
  absent: number;
  inExam: number;
  waiting: number;
  away: number;
  done: number;
}

const BEFORE_WAITING = ["arrived", "consent", "equipment", "identification", "room_scan", "position", "briefing"];

/** `now`: who has not come when the onboarding is over is absent. */
export function count(state: State, now: number, room = ""): Counts {
  const rows = inRoom(state, room);
  const of = (is: (attempt: Attempt) => boolean): number => rows.filter(is).length;
  const late = now > state.exam.starts_at + 60 * state.hall.plan.onboarding_minutes;
  const invited = of(({ stage }) => stage === "invited");
  return {
    expected: rows.length,
    arrived: rows.length - invited,
    checkedIn: of(({ stage }) => stage !== "invited" && stage !== "refused" && !BEFORE_WAITING.includes(stage)),
    absent: late ? invited : 0,
    inExam: of(({ stage }) => stage === "in_exam" || stage === "printing"),
    waiting: of(({ stage }) => stage === "waiting"),
    away: of(({ stage }) => stage === "on_break" || stage === "paused"),
    done: of(({ stage }) => CLOSED.includes(stage)),
  };
}

/** The candidates of a room; "" is all of them. */
export function inRoom(state: State, room: string): Attempt[] {
  return [...state.attempts.values()].filter((attempt) => !room || dayOfAttempt(state, attempt.attempt).room === room);
}

/** The rooms of an exam, by name; none where there is one only. */
export function roomsOf(state: State): string[] {
  const rooms = new Set([...state.days.values()].map((day) => day.room));
  return rooms.size > 1 ? [...rooms].filter(Boolean).sort((a, b) => a.localeCompare(b, undefined, { numeric: true })) : [];
}

/** Somebody is here whose pictures should be on disk. */
export function shouldRecord(attempt: Pick<Attempt, "stage">): boolean {
  return RECORDED.includes(attempt.stage) && attempt.stage !== "equipment";
}
