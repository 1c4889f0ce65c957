import { problemOf } from "../../lib/api";
import { h, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import { action } from "../action";
import { blocking } from "../judge";
import { SelfTest } from "../selftest";
import { sharing } from "../sharing";
import type { MakeStep, Page } from "../step";
import { TestList } from "../testlist";

/** Camera, microphone and screen, as far as this exam wants them, with what is sent on view; then the self-test. */
export const equipment: MakeStep = (page, me) => {
  const what = extent(me.plan.feeds);
  const panel = sharing(page.equipment, { small: false });
  const test = new SelfTest(page.equipment, me.plan, page.settings);
  const list = new TestList();
  const again = action(t("candidate.test.again"), () => test.run(), "wide");
  const go = action(t("candidate.equipment.go"), () => equip(page));
  const missing = h("p", { class: "hint", id: "equip-missing", role: "status" });
  go.button.setAttribute("aria-describedby", "equip-missing");
  const element = h("div", { class: "stack" },
    h("p", {}, t(`candidate.equipment.intro_${what}`)), panel.element, list.element, again.element,
    h("p", { class: "muted" }, t("candidate.equipment.next")), go.element, missing);
  const update = (): void => {
    panel.update();
    list.update(test.results, test);
    const stops = blocking(test.results);
    const why = !page.equipment.complete ? `missing_${what}` : test.running ? "testing" : !test.done ? "untested" : stops.length ? "stops" : "";
    again.element.hidden = !page.equipment.complete || test.running;
    go.button.disabled = why !== "";
    missing.hidden = why === "";
    if (why) write(missing, t(`candidate.equipment.${why}`, { what: stops.map((name) => t(`candidate.test.${name}`)).join(", ") }));
    if (page.equipment.complete && !test.done && !test.running && !tried) {
      tried = true;
      void again.button.click();
    }
  };
  let tried = false; // once by itself, then when it is asked for
  test.addEventListener("change", update);
  let surface = page.equipment.surface;
  const changed = (): void => {
    if (surface !== page.equipment.surface) tried = test.done = false; // another screen is shared: what was said of the one before holds no longer
    surface = page.equipment.surface;
    update();
  };
  return { element, update: changed, leave: panel.leave };
};

/** Which words fit what is shared. */
export function extent(feeds: readonly string[]): "full" | "camera" | "none" {
  return feeds.includes("screen") ? "full" : feeds.includes("webcam") ? "camera" : "none";
}

const PATIENCE = 8;
const PAUSE_MS = 700;

/** The box looks once a second at what arrives: a refusal just after connecting is asked about again before it is shown. */
async function equip(page: Page): Promise<void> {
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
