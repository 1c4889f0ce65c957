import { h } from "../../lib/dom";
import { t } from "../../lib/strings";
import { action } from "../action";
import { sharing } from "../sharing";
import type { MakeStep } from "../step";

/** Camera, microphone and screen, with what is sent on view. */
export const equipment: MakeStep = (page) => {
  const panel = sharing(page.equipment, { small: false });
  const go = action(t("candidate.equipment.go"), () =>
    page.session.step("equip", {
      camera: page.equipment.label("video"),
      microphone: page.equipment.label("audio"),
      surface: page.equipment.surface,
    }),
  );
  const missing = h("p", { class: "hint", id: "equip-missing" }, t("candidate.equipment.missing"));
  go.button.setAttribute("aria-describedby", "equip-missing");
  const element = h(
    "div",
    { class: "stack" },
    h("p", {}, t("candidate.equipment.intro")),
    panel.element,
    h("p", { class: "muted" }, t("candidate.equipment.next")),
    go.element,
    missing,
  );
  const update = (): void => {
    panel.update();
    go.button.disabled = !page.equipment.complete;
    missing.hidden = page.equipment.complete;
  };
  return { element, update, leave: panel.leave };
};
