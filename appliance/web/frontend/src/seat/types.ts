/** What `/api/seat` says. */

import type { Door } from "../lib/types";

export interface Point {
  point: string;
  colour: "green" | "amber" | "red" | "open";
  sign: string;
  name: string;
  said: string;
  do: string;
}

export type Step = "idle" | "connecting" | "looking" | "card" | "rehearsal";

export interface Said {
  seat: string;
  elsewhere: boolean;
  step?: Step;
  left?: number;
  run?: string;
  door?: Door | null;
  checked_at?: number;
  stale?: boolean;
  points?: Point[];
}

/** The worst colour of what was found; "open" where nothing is known. */
export function colourOf(points: readonly Point[]): Point["colour"] {
  const order: Point["colour"][] = ["green", "open", "amber", "red"];
  return points.reduce<Point["colour"]>((worst, one) => (order.indexOf(one.colour) > order.indexOf(worst) ? one.colour : worst), points.length ? "green" : "open");
}
