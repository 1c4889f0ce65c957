import { countdown, everySecond, now, shortTime } from "../../lib/clock";
import { ask } from "../../lib/dialog";
import { h, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { Me } from "../../lib/types";
import { action } from "../action";
import { away, ownBreak } from "../breaks";
import { sections } from "../sections";
import type { MakeStep, Page, Step } from "../step";
import { timer } from "../timer";

/** Admitted: a Start button. On paper the time to print. Then the parts, the time left, and Hand in; or the time stands still. */
export const exam: MakeStep = (page, me) => {
  if (me.stage === "admitted") return admitted(page, me);
  if (me.stage === "printing") return printing(page, me);
  return me.stage === "in_exam" ? running(page, me) : away(page, me);
};

function admitted(page: Page, first: Me): Step {
  let opens = first.plan.opens_at;
  const prints = first.plan.print_minutes > 0;
  const start = action(t(prints ? "candidate.exam.print" : "candidate.exam.start"), () => page.session.step("start"));
  const wait = h("p", { role: "timer" });
  const text = h("p", {});
  const element = h("div", { class: "stack" }, text, wait, start.element);
  const count = (): void => {
    const seconds = opens - now();
    wait.hidden = seconds <= 0;
    start.button.disabled = seconds > 0;
    if (seconds > 0) write(wait, t("candidate.exam.opens", { time: shortTime(opens), left: countdown(seconds) }));
  };
  const stop = everySecond(count);
  const update = (me: Me): void => {
    opens = me.plan.opens_at;
    const minutes = me.exam.minutes + me.sitting.extra_minutes;
    write(text, t(prints ? "candidate.exam.admitted_print" : "candidate.exam.admitted_text", { minutes, print: me.plan.print_minutes }));
    count();
  };
  return { element, update, leave: stop };
}

function printing(page: Page, first: Me): Step {
  let until = first.sitting.prints_until;
  const clock = h("p", { class: "time-left", role: "timer", "aria-labelledby": "print-label" });
  const end = h("p", { class: "muted" });
  const parts = sections(page.session);
  const go = action(t("candidate.exam.printed"), () => page.session.step("start"));
  const element = h("div", { class: "stack" },
    h("div", { class: "clock" }, h("p", { class: "label", id: "print-label" }, t("candidate.exam.print_left")), clock, end),
    h("p", {}, t("candidate.exam.print_text")), parts.element, go.element);
  const count = (): void => write(clock, until === null ? "" : countdown(until - now()));
  const stop = everySecond(count);
  const update = (me: Me): void => {
    until = me.sitting.prints_until;
    if (until !== null) write(end, t("candidate.exam.print_until", { time: shortTime(until) }));
    parts.update(me);
    count();
  };
  return { element, update, leave: stop };
}

function running(page: Page, first: Me): Step {
  const clock = timer(first);
  const parts = sections(page.session);
  const rest = ownBreak(page.session);
  const hand = h("button", { type: "button", class: "wide", onclick: () => handIn(page) }, t("candidate.exam.hand_in"));
  const element = h("div", { class: "stack" }, clock.element, parts.element, rest.element, hand);
  const update = (me: Me): void => {
    clock.update(me);
    parts.update(me);
    rest.update(me);
  };
  return { element, update, leave: clock.leave };
}

function handIn(page: Page): void {
  const checksOut = page.session.me?.plan.check_out !== "none";
  ask({
    title: t("candidate.exam.hand_in_title"),
    body: [h("p", {}, t(checksOut ? "candidate.exam.hand_in_check_out" : "candidate.exam.hand_in_text")), h("p", {}, t("candidate.exam.hand_in_check"))],
    go: t("candidate.exam.hand_in_yes"),
    cancel: t("candidate.exam.hand_in_no"),
    run: () => page.session.step("finish"),
  });
}
