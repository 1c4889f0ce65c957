/** How much time is left, by the box's clock and with each one's own extra time; the ten minutes are said once, here too with the line down. */

import { countdown, everySecond, now, shortTime } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import { plural, t } from "../lib/strings";
import type { Me } from "../lib/types";

const WARN_S = 600;

type Timed = Pick<Me, "stage" | "ends_at"> & { exam: Pick<Me["exam"], "minutes">; sitting: Pick<Me["sitting"], "pause" | "extra_minutes"> };

/** Seconds left at `at`. In a pause the time stands still, in a break as long as it was allowed. Null before the start. */
export function left({ ends_at, sitting }: Timed, at: number): number | null {
  if (ends_at === null) return null;
  const { pause } = sitting;
  if (!pause) return ends_at - at;
  const passed = Math.max(0, at - pause.begun_at);
  return ends_at - at + (pause.minutes === null ? passed : Math.min(passed, pause.minutes * 60));
}

/** Is it time to say how little there is? Never in an exam that is not longer than that. */
export function warns(me: Timed, at: number): boolean {
  const seconds = left(me, at);
  const whole = me.exam.minutes + me.sitting.extra_minutes;
  return me.stage === "in_exam" && seconds !== null && seconds > 0 && seconds <= WARN_S && whole * 60 > WARN_S;
}

export interface Timer {
  element: HTMLElement;
  update(me: Me): void;
  leave(): void;
}

export function timer(first: Me): Timer {
  let me = first;
  const text = h("p", { class: "time-left", role: "timer", "aria-labelledby": "time-left-label" });
  const until = h("p", { class: "muted" });
  const extra = h("p", { class: "muted" });
  const said = h("p", { class: "time-warning", role: "status" });
  const over = h("p", { class: "problem mild", role: "alert", hidden: true });
  const element = h("div", { class: "stack" },
    h("div", { class: "clock" }, h("p", { class: "label", id: "time-left-label" }, t("candidate.exam.left")), text, until, extra), said, over);
  const title = document.title;

  const count = (): void => {
    const seconds = left(me, now());
    if (seconds === null) return;
    write(text, countdown(seconds));
    const warned = warns(me, now());
    set(element, "data-short", warned);
    write(said, warned ? t("candidate.exam.last_minutes") : "");
    if (warned) document.title = `${t("candidate.exam.minutes_left", { n: Math.ceil(seconds / 60) })} · ${title}`; // who works in another tab sees it there
    const late = seconds <= 0 && me.stage === "in_exam";
    if (late && over.hidden) over.textContent = t("candidate.exam.over");
    over.hidden = !late;
  };
  const stop = everySecond(count);
  return {
    element,
    update: (news) => {
      me = news;
      const end = left(me, now());
      write(until, end === null ? "" : me.sitting.pause ? t("candidate.exam.stands") : t("candidate.exam.until", { time: shortTime(now() + end) }));
      write(extra, me.sitting.extra_minutes > 0 ? plural("candidate.exam.extra", me.sitting.extra_minutes) : "");
      count();
    },
    leave: () => {
      stop();
      document.title = title;
    },
  };
}
