/** What somebody wanted to keep and the box could not: it is said at once, while it may still be noted otherwise. */

import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { LedgerEvent } from "../lib/types";
import type { State } from "./store";

export function sayLost(event: LedgerEvent, state: State): void {
  const attempt = state.attempts.get(event.chain);
  if (event.type !== "evidence.failed" || !attempt) return;
  toast(t("board.keep.failed", { seat: attempt.seat, reason: t(`board.keep.failed_because.${String(event.payload?.["reason"])}`) }), { bad: true, seconds: 8 });
}
