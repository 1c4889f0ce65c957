import { h, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import { perform } from "../action";
import type { MakeStep } from "../step";
import { extent } from "./equipment";

/** The statement, and a typed name as signature. */
export const agreement: MakeStep = (page, me) => {
  const wrong = h("p", { class: "wrong", role: "alert", id: "signature-wrong" });
  const field = h("input", {
    id: "signature", name: "signature", maxlength: 120, autocomplete: "name", spellcheck: "false",
    "aria-describedby": "signature-hint signature-wrong",
  });
  const go = h("button", { class: "primary wide" }, t("candidate.agreement.go"));
  const declines = h("input", { type: "checkbox", id: "decline-matching", "aria-describedby": "decline-hint" });
  const choice = h("div", { class: "row" }, h("p", { class: "check" }, declines, h("label", { for: "decline-matching" }, t("candidate.agreement.decline"))),
    h("p", { class: "hint", id: "decline-hint" }, t("candidate.agreement.decline_hint")));
  choice.hidden = !me.identity.compares || me.identity.wanted; // where an ID is shown it is asked there
  const form = h(
    "form",
    { class: "stack" },
    h("div", { class: "statement pre", tabindex: 0, role: "region", "aria-label": t("statement.title") }, me.statement.text),
    h("p", { class: "hint" }, t("statement.version", { version: me.statement.version })),
    h(
      "div",
      { class: "row" },
      h("label", { for: "signature" }, t("candidate.agreement.signature")),
      field,
      h("p", { class: "hint", id: "signature-hint" }, t("candidate.agreement.signature_hint", { name: me.name })),
      wrong,
    ),
    choice,
    h("p", { class: "muted" }, t(`candidate.agreement.next_${extent(me.plan.feeds)}`)),
    go,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const signature = field.value.trim();
    if (!same(signature, me.name)) {
      write(wrong, signature ? t("candidate.agreement.mismatch", { name: me.name }) : t("candidate.agreement.empty"));
      field.focus();
      return;
    }
    void perform(go, wrong, () => page.session.step("sign", { signature, decline_matching: !choice.hidden && declines.checked }));
  });
  return { element: form, update: () => undefined };
};

/** Accents, capitals and spaces aside: a signature is not a spelling test. */
export function same(typed: string, name: string): boolean {
  const plain = (text: string): string =>
    text.normalize("NFKD").replace(/[\p{M}]/gu, "").replace(/[\s.'’-]+/g, " ").trim().toLowerCase();
  return plain(typed) === plain(name);
}
