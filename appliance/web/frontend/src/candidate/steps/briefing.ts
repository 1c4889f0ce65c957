import { h, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import { action } from "../action";
import type { Me } from "../../lib/types";
import type { MakeStep } from "../step";

/** The rules of this exam, to be read and acknowledged. */
export const briefing: MakeStep = (page, me) => {
  const text = h("div", { class: "statement pre", tabindex: 0, role: "region", "aria-label": t("candidate.briefing.title") });
  const changed = h("p", { class: "problem mild", role: "alert", hidden: true }, t("candidate.briefing.changed"));
  const go = action(t("candidate.briefing.go"), () => page.session.step("brief", { sha256: shown }));
  let shown = "";
  const element = h("div", { class: "stack" }, h("p", {}, t("candidate.briefing.intro")), changed, text, items(me), h("p", { class: "muted" }, t("candidate.briefing.next")), go.element);
  const update = ({ plan }: Me): void => {
    if (!plan.briefing || plan.briefing.sha256 === shown) return;
    changed.hidden = shown === "";
    shown = plan.briefing.sha256;
    write(text, plan.briefing.text);
  };
  update(me);
  return { element, update };
};

function items({ plan }: Me): HTMLElement | null {
  if (!plan.items.length) return null;
  return h("div", { class: "stack tight" }, h("p", { class: "label" }, t("candidate.briefing.items")), h("ul", {}, ...plan.items.map((item) => h("li", {}, item))));
}
