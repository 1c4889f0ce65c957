import { countdown, now, shortTime } from "../../lib/clock";
import { ask } from "../../lib/dialog";
import { h, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { Me } from "../../lib/types";
import { action } from "../action";
import type { MakeStep, Page, Step } from "../step";

/** Admitted: a Start button. Started: the link, the time left, and Hand in. */
export const exam: MakeStep = (page, me) => (me.stage === "admitted" ? admitted(page, me) : running(page, me));

function admitted(page: Page, me: Me): Step {
  const start = action(t("candidate.exam.start"), () => page.session.step("start"));
  const element = h(
    "div",
    { class: "stack" },
    h("p", {}, t("candidate.exam.admitted_text", { minutes: me.exam.minutes })),
    start.element,
  );
  return { element, update: () => undefined };
}

function running(page: Page, first: Me): Step {
  let endsAt = first.ends_at;
  const left = h("p", { class: "time-left", role: "timer" });
  const until = h("p", { class: "muted" });
  const over = h("p", { class: "problem mild", role: "alert", hidden: true });
  const link = h("a", { class: "button primary wide", target: "_blank", rel: "noopener noreferrer" }, t("candidate.exam.link"));
  const linkHint = h("p", { class: "hint" });
  const element = h(
    "div",
    { class: "stack" },
    h("div", { class: "clock" }, h("p", { class: "label" }, t("candidate.exam.left")), left, until),
    over,
    link,
    linkHint,
    h("button", { type: "button", class: "wide", onclick: () => handIn(page) }, t("candidate.exam.hand_in")),
  );
  const count = (): void => {
    if (endsAt === null) return;
    const seconds = endsAt - now();
    write(left, countdown(seconds));
    const late = seconds <= 0;
    if (late && over.hidden) over.textContent = t("candidate.exam.over");
    over.hidden = !late;
  };
  const update = (me: Me): void => {
    endsAt = me.ends_at;
    write(until, endsAt === null ? "" : t("candidate.exam.until", { time: shortTime(endsAt) }));
    link.hidden = me.exam.link === "";
    if (me.exam.link) link.href = me.exam.link;
    write(linkHint, t(me.exam.link ? "candidate.exam.link_hint" : "candidate.exam.no_link"));
    count();
  };
  const timer = setInterval(count, 1000);
  return { element, update, leave: () => clearInterval(timer) };
}

function handIn(page: Page): void {
  ask({
    title: t("candidate.exam.hand_in_title"),
    body: [h("p", {}, t("candidate.exam.hand_in_text")), h("p", {}, t("candidate.exam.hand_in_check"))],
    go: t("candidate.exam.hand_in_yes"),
    cancel: t("candidate.exam.hand_in_no"),
    run: () => page.session.step("finish"),
  });
}
