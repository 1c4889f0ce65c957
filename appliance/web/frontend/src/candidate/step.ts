/** One thing at a time: which step the candidate is on, which ones this exam has, and what a step is. */

import type { Me } from "../lib/types";
import type { Equipment } from "./equipment";
import type { Session } from "./session";
import type { Settings } from "./settings";

export const STEPS = ["name", "agreement", "equipment", "identity", "room_scan", "position", "briefing", "waiting", "exam", "check_out", "finished"] as const;
export type StepName = (typeof STEPS)[number];

export interface Page {
  session: Session;
  equipment: Equipment;
  settings: Settings;
  /** The ID is shown again while waiting, or that is over. */
  showId(now: boolean): void;
}

/** What is drawn for a step; `update` follows what changes while it stays. */
export interface Step {
  element: HTMLElement;
  update(me: Me): void;
  leave?(): void;
}

export type MakeStep = (page: Page, me: Me) => Step;

/** After a reload the same step comes again. Who waits may show the ID once more (`showsId`). */
export function stepOf(me: Pick<Me, "stage">, showsId = false): StepName {
  switch (me.stage) {
    case "invited":
    case "arrived":
      return "name";
    case "consent":
      return "agreement";
    case "waiting":
      return showsId ? "identity" : "waiting";
    case "equipment":
    case "room_scan":
    case "position":
    case "briefing":
    case "check_out":
      return me.stage;
    case "identification":
      return "identity";
    case "submitted":
    case "refused":
    case "ended":
      return "finished";
    default:
      return "exam";
  }
}

/** The steps of this exam: what its plan leaves out is not shown. */
export function stepsOf({ plan, identity }: Pick<Me, "plan" | "identity">): readonly StepName[] {
  const here: Partial<Record<StepName, boolean>> = {
    identity: identity.wanted,
    room_scan: plan.room_scan,
    position: plan.position,
    briefing: plan.briefed,
    check_out: plan.check_out !== "none",
  };
  return STEPS.filter((step) => here[step] ?? true);
}
