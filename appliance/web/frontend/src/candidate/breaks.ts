/** The time stands still: a break with its end, or a pause; and the break that one may take without asking. */

import { countdown, duration, everySecond, now, shortTime } from "../lib/clock";
import { ask } from "../lib/dialog";
import { h, set, write } from "../lib/dom";
import { plural, t } from "../lib/strings";
import type { Me } from "../lib/types";
import { action } from "./action";
import type { Session } from "./session";
import type { MakeStep } from "./step";
import { left } from "./timer";

const LONGEST = 120;

/** On a break, or paused by staff. */
export const away: MakeStep = (page, first) => {
  let me = first;
  const kind = first.stage === "on_break" ? "break" : "pause";
  const clock = h("p", { class: "time-left", role: "timer" });
  const label = h("p", { class: "label" });
  const until = h("p", { class: "muted" });
  const over = h("p", { class: "problem mild", role: "alert", hidden: true });
  const stands = h("p", { role: "status" });
  const back = action(t("candidate.break.back"), () => page.session.tell("break/end"));
  const rule = h("p", {}, t(`candidate.${kind}.text`));
  const element = h("div", { class: "stack" }, h("div", { class: "clock" }, label, clock, until), over, stands, rule, kind === "break" ? back.element : null);

  const count = (): void => {
    const { pause } = me.sitting;
    if (!pause) return;
    const seconds = (pause.until ?? now()) - now();
    const late = pause.until !== null && seconds <= 0;
    write(label, t(late ? "candidate.break.over_label" : `candidate.${kind}.label`));
    write(clock, pause.until === null ? duration(now() - pause.begun_at) : countdown(late ? -seconds : seconds));
    set(element, "data-late", late);
    if (late && over.hidden) over.textContent = t("candidate.break.over"); // written after it is shown, so that it is read out
    over.hidden = !late;
    stands.hidden = rule.hidden = late;
    const rest = left(me, now());
    write(stands, rest === null ? "" : t("candidate.break.stands", { left: countdown(rest) }));
  };
  const stop = everySecond(count);
  return {
    element,
    update: (news) => {
      me = news;
      const end = me.sitting.pause?.until ?? null;
      write(until, end === null ? "" : t("candidate.break.until", { time: shortTime(end) }));
      count();
    },
    leave: stop,
  };
};

export interface OwnBreak {
  element: HTMLElement;
  update(me: Me): void;
}

/** The break after a part, or, with the accommodation, any. */
export function ownBreak(session: Session): OwnBreak {
  let me: Me | null = null;
  const text = h("p", {});
  const take = h("button", { type: "button", class: "wide" }, t("candidate.break.take"));
  const element = h("div", { class: "note", hidden: true }, text, take);
  take.addEventListener("click", () => {
    if (me) begin(session, me);
  });
  return {
    element,
    update: (news) => {
      me = news;
      const { own_break: minutes, chooses_break: chooses } = news.sitting;
      element.hidden = minutes === null;
      if (minutes !== null) write(text, chooses ? t("candidate.break.any_time") : plural("candidate.break.due", minutes));
    },
  };
}

function begin(session: Session, { sitting }: Me): void {
  const minutes = sitting.own_break ?? 0;
  const field = h("input", { id: "break-minutes", type: "number", min: 1, max: LONGEST, step: 1, value: minutes, required: true });
  const row = h("div", { class: "row" }, h("label", { for: "break-minutes" }, t("candidate.break.how_long")), field);
  ask({
    title: t("candidate.break.ask"),
    body: [h("p", {}, sitting.chooses_break ? t("candidate.break.ask_any") : plural("candidate.break.ask_text", minutes)), ...(sitting.chooses_break ? [row] : [])],
    go: t("candidate.break.take"),
    cancel: t("candidate.exam.hand_in_no"),
    run: () => session.tell("break", { minutes: sitting.chooses_break ? field.valueAsNumber : minutes }),
  });
}
