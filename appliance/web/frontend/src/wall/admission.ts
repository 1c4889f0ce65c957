/** What keeps somebody who waits from being admitted, as the box has it too. Pure. */

import { dayOfAttempt, identityOf, phonesOf, undecided, type State } from "./store";

export type Lack = "identity" | "scan" | "second";

/** The first thing that somebody has to see to; null: the candidate can be admitted. */
export function lacks(state: State, attempt: string): Lack | null {
  const { plan } = state.hall;
  if (undecided(identityOf(state, attempt))) return "identity";
  if (plan.room_scan && dayOfAttempt(state, attempt).checkin.scans.at(-1)?.verdict !== "clear") return "scan";
  const second = phonesOf(state, attempt).some((phone) => phone.state === "confirmed");
  return plan.second === "required" && plan.level !== "none" && !second ? "second" : null;
}
