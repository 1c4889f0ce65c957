/** One thing at a time: which step the candidate is on, and what a step is. */

import type { Me } from "../lib/types";
import type { Equipment } from "./equipment";
import type { Session } from "./session";

export const STEPS = ["name", "agreement", "equipment", "waiting", "exam", "finished"] as const;
export type StepName = (typeof STEPS)[number];

export interface Page {
  session: Session;
  equipment: Equipment;
  /** The name was confirmed on this page: the box does not need to know. */
  confirmName(): void;
}

/** What is drawn for a step; `update` follows what changes while it stays. */
export interface Step {
  element: HTMLElement;
  update(me: Me): void;
  leave?(): void;
}

export type MakeStep = (page: Page, me: Me) => Step;

/** After a reload the same step comes again. */
export function stepOf(me: Pick<Me, "stage">, nameConfirmed: boolean): StepName {
  switch (me.stage) {
    case "invited":
    case "consent":
      return nameConfirmed ? "agreement" : "name";
    case "equipment":
      return "equipment";
    case "waiting":
      return "waiting";
    case "admitted":
    case "in_exam":
      return "exam";
    default:
      return "finished";
  }
}
