/** One thing at a time: which step the candidate is on, and what a step is. */

import type { Me } from "../lib/types";
import type { Equipment } from "./equipment";
import type { Session } from "./session";

export const STEPS = ["name", "agreement", "equipment", "identity", "waiting", "exam", "finished"] as const;
export type StepName = (typeof STEPS)[number];

export interface Page {
  session: Session;
  equipment: Equipment;
  /** The ID is to be shown now, or that is over. */
  showId(now: boolean): void;
}

/** What is drawn for a step; `update` follows what changes while it stays. */
export interface Step {
  element: HTMLElement;
  update(me: Me): void;
  leave?(): void;
}

export type MakeStep = (page: Page, me: Me) => Step;

/** After a reload the same step comes again; an ID is shown only after camera and screen are shared anew (`showsId`). */
export function stepOf(me: Pick<Me, "stage">, showsId = false): StepName {
  switch (me.stage) {
    case "invited":
    case "arrived":
      return "name";
    case "consent":
      return "agreement";
    case "equipment":
    case "waiting":
      return showsId ? "identity" : me.stage;
    case "identification":
      return "identity";
    case "admitted":
    case "in_exam":
      return "exam";
    default:
      return "finished";
  }
}

/** Is the ID still to be shown, or said no to, before waiting? */
export function dueId({ identity }: Pick<Me, "identity">): boolean {
  return identity.wanted && !identity.shown && !identity.declined;
}
