import { problemOf } from "../../lib/api";
import { h } from "../../lib/dom";
import { t } from "../../lib/strings";
import { action } from "../action";
import { sharing } from "../sharing";
import { dueId, type MakeStep, type Page } from "../step";

/** Camera, microphone and screen, with what is sent on view. */
export const equipment: MakeStep = (page, me) => {
  const panel = sharing(page.equipment, { small: false });
  const go = action(t("candidate.equipment.go"), async () => (page.session.me && dueId(page.session.me) ? page.showId(true) : equip(page)));
  const missing = h("p", { class: "hint", id: "equip-missing" }, t("candidate.equipment.missing"));
  go.button.setAttribute("aria-describedby", "equip-missing");
  const element = h(
    "div",
    { class: "stack" },
    h("p", {}, t("candidate.equipment.intro")),
    panel.element,
    h("p", { class: "muted" }, t(dueId(me) ? "candidate.equipment.next_id" : "candidate.equipment.next")),
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

const PATIENCE = 8;
const PAUSE_MS = 700;

/** The box looks once a second at what arrives: a refusal just after connecting is asked about again before it is shown. */
export async function equip(page: Page): Promise<void> {
  const { equipment: shared } = page;
  const said = { camera: shared.label("video"), microphone: shared.label("audio"), surface: shared.surface };
  for (let tries = 1; ; tries += 1) {
    try {
      return await page.session.step("equip", said);
    } catch (error) {
      if (![409, 503].includes(problemOf(error).status) || tries >= PATIENCE || !shared.complete) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    if (page.session.me?.stage !== "equipment") return;
  }
}
