import { duration, now } from "../../lib/clock";
import { h, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { MakeStep } from "../step";

/** The proctor admits; the page goes on by itself. */
export const waiting: MakeStep = (_page, me) => {
  const since = h("p", { class: "muted", role: "timer" });
  const element = h(
    "div",
    { class: "stack" },
    h("p", {}, t("candidate.waiting.text")),
    h("p", { class: "muted" }, t("candidate.waiting.next")),
    since,
  );
  const count = (): void => write(since, t("candidate.waiting.since", { duration: duration(now() - me.stage_at) }));
  const timer = setInterval(count, 1000);
  count();
  return { element, update: () => undefined, leave: () => clearInterval(timer) };
};
