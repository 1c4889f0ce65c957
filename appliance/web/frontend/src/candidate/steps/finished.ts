import { h } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { Me } from "../../lib/types";
import type { MakeStep } from "../step";

/** The end: handed in, not admitted, or ended by staff. What was recorded stands in the receipt. */
export const finished: MakeStep = (_page, me) => ({
  element: h("div", { class: "stack" }, h("p", {}, t(me.stage === "submitted" ? "candidate.finished.text" : `candidate.finished.${me.stage}_text`)), ...nextStep(me),
    h("p", {}, t("candidate.finished.receipt_text")), h("p", {}, h("a", { class: "button primary wide", href: "/receipt" }, t("candidate.finished.receipt")))),
  update: () => undefined,
});

/** What staff said to whoever was not admitted. */
function nextStep({ refused }: Me): Node[] {
  return refused ? [h("div", { class: "note" }, h("p", { class: "label" }, t("candidate.finished.next_step")), h("p", {}, refused.next_step))] : [];
}
