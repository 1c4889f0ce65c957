/** What a tile says about where its candidate is; nothing while all is as it should be. Pure. */

import { countdown, duration } from "../lib/clock";
import type { Pause } from "../lib/day";
import { t } from "../lib/strings";
import { CHECK_IN, type Attempt } from "../lib/types";

export interface Line {
  attempt: Pick<Attempt, "stage" | "stage_at" | "ends_at">;
  pause: Pause | null;
  /** How often staff sent the candidate back to this stage. */
  again: number;
}

const SHORT_SECONDS = 600;
const AT_WORK = ["in_exam", "printing"];

export function stageLine({ attempt, pause, again }: Line, now: number): { words: string; urgent: boolean } {
  const { stage, stage_at, ends_at } = attempt;
  const words = t(`stage.${stage}`);
  if (stage === "waiting") return { words: t("tile.waits", { duration: duration(now - stage_at) }), urgent: false };
  if (CHECK_IN.includes(stage)) return { words: `${again ? t("board.tile.again", { stage: words, n: again + 1 }) : words} · ${duration(now - stage_at)}`, urgent: false };
  if (stage === "on_break" && pause?.until != null) {
    const left = pause.until - now;
    return left >= 0 ? { words: t("board.tile.break", { time: countdown(left) }), urgent: false } : { words: t("board.tile.overrun", { duration: duration(-left) }), urgent: true };
  }
  if (stage === "paused") return { words: t("board.tile.paused", { duration: duration(now - (pause?.begun_at ?? stage_at)) }), urgent: false };
  if (AT_WORK.includes(stage) && ends_at !== null) {
    const left = ends_at - now;
    return left < SHORT_SECONDS ? { words: t("tile.left", { time: countdown(left) }), urgent: false } : { words: stage === "printing" ? words : "", urgent: false };
  }
  return { words: stage === "in_exam" ? "" : words, urgent: false };
}
