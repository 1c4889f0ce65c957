/** How a feed stands at the moment that is shown, and how that is said. */

import { t } from "../../lib/strings";
import type { Absence } from "./coverage";

export type FeedState =
  | { what: "shown" }
  | { what: "loading" }
  | { what: "edge" }
  | { what: "unreachable" }
  | Absence;

/** "" while a picture is shown. */
export function sentence(state: FeedState): string {
  switch (state.what) {
    case "shown": return "";
    case "gap": return t("player.state.gap", { cause: t(`cause.${state.cause}`) });
    case "deleted": return state.at === null ? t("player.state.deleted") : t("player.state.deleted_on", { date: day(state.at) });
    default: return t(`player.state.${state.what}`);
  }
}

export function alike(a: FeedState, b: FeedState): boolean {
  return a.what === b.what && (a.what !== "gap" || (b.what === "gap" && a.cause === b.cause));
}

function day(at: number): string {
  const date = new Date(at * 1000);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}
