import { shortTime } from "../../lib/clock";
import { h } from "../../lib/dom";
import { plural, t } from "../../lib/strings";
import { action } from "../action";
import { abilities, lacking } from "../judge";
import type { MakeStep } from "../step";

/** Is this you? */
export const name: MakeStep = (page, me) => {
  const no = h("div", { class: "problem mild", role: "alert", hidden: true }, h("p", {}, t("candidate.name.no_hint")), h("p", {}, h("a", { href: "/" }, t("candidate.name.back"))));
  const yes = action(t("candidate.name.yes"), () => page.session.step("confirm"), "primary wide");
  const lacks = lacking(me.plan, abilities()); // said first: at the start of the exam it would be too late
  yes.button.disabled = lacks.length > 0;
  const unfit = h("div", { class: "problem", role: "alert", hidden: lacks.length === 0 }, h("p", {}, h("strong", {}, t("candidate.browser.title"))),
    ...lacks.map((what) => h("p", {}, t(`candidate.browser.${what}`))), h("p", {}, t("candidate.browser.hint")));
  const practice = me.plan.practice ? h("p", { class: "note" }, plural("candidate.practice", me.plan.practice_hours)) : null;
  const element = h(
    "div",
    { class: "stack" },
    unfit,
    practice,
    h("p", { class: "person" }, me.name),
    h(
      "p",
      {},
      h("span", {}, t("candidate.name.seat", { seat: me.seat })),
      " · ",
      h("span", {}, t("candidate.name.exam", { title: me.exam.title, minutes: me.exam.minutes })),
    ),
    me.machine_seat && me.machine_seat !== me.seat ? h("p", { class: "note" }, t("seat_board.candidate_other", { machine: me.machine_seat, seat: me.seat })) : null,
    h("p", { class: "muted" }, t("candidate.name.starts", { time: shortTime(me.exam.starts_at) })),
    h("p", { class: "muted" }, t("candidate.name.next")),
    yes.element,
    h("button", { type: "button", onclick: () => { no.hidden = false; } }, t("candidate.name.no")),
    no,
  );
  return { element, update: () => undefined };
};
