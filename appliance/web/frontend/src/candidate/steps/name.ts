import { shortTime } from "../../lib/clock";
import { h } from "../../lib/dom";
import { t } from "../../lib/strings";
import { action } from "../action";
import type { MakeStep } from "../step";

/** Is this you? */
export const name: MakeStep = (page, me) => {
  const no = h("div", { class: "problem mild", role: "alert", hidden: true }, h("p", {}, t("candidate.name.no_hint")), h("p", {}, h("a", { href: "/" }, t("candidate.name.back"))));
  const element = h(
    "div",
    { class: "stack" },
    h("p", { class: "person" }, me.name),
    h(
      "p",
      {},
      h("span", {}, t("candidate.name.seat", { seat: me.seat })),
      " · ",
      h("span", {}, t("candidate.name.exam", { title: me.exam.title, minutes: me.exam.minutes })),
    ),
    h("p", { class: "muted" }, t("candidate.name.starts", { time: shortTime(me.exam.starts_at) })),
    h("p", { class: "muted" }, t("candidate.name.next")),
    action(t("candidate.name.yes"), () => page.session.step("confirm"), "primary wide").element,
    h("button", { type: "button", onclick: () => { no.hidden = false; } }, t("candidate.name.no")),
    no,
  );
  return { element, update: () => undefined };
};
