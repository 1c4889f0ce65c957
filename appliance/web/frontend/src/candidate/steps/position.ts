import { get, problemOf } from "../../lib/api";
import { h, set, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { MyPosition, PhonePlace } from "../../lib/checkin";
import type { Me } from "../../lib/types";
import { action } from "../action";
import { Outline } from "../outline";
import type { MakeStep } from "../step";

const LOOK_MS = 1000;
const PHONES: readonly PhonePlace[] = ["visible", "second_camera", "none"];

/** Sit so that everything that has to be in the picture is. The box looks once a second; a person can see instead. */
export const position: MakeStep = (page, me) => {
  const outline = new Outline(me.plan.required);
  const why = h("p", { class: "problem mild", role: "status", hidden: true });
  const camera = h("button", { type: "button", class: "primary wide", onclick: () => void page.equipment.openCamera() }, t("candidate.equipment.camera_go"));
  const phone = phoneChoice(me, () => draw());
  const waits = h("p", { class: "hint", id: "position-missing", role: "status" });
  const go = action(t("candidate.position.go"), () => page.session.step("position", { phone: phone.value() }));
  go.button.setAttribute("aria-describedby", "position-missing");
  const element = h("div", { class: "stack" }, h("p", {}, t("candidate.position.intro")), why, outline.element, camera, outline.list, phone.element, waits, go.element);
  let said: MyPosition | null = null;
  let over = false;

  const draw = (): void => {
    outline.update(said);
    const missing = said === null ? "unknown" : said.missing.length ? "parts" : phone.value() === "" ? "phone" : phone.value() === "second_camera" && !said.second ? "second" : "";
    go.button.disabled = missing !== "";
    write(waits, missing ? t(`candidate.position.missing.${missing}`, { parts: (said?.missing ?? []).map((sight) => t(`sight.${sight}`)).join(", ") }) : "");
  };
  const look = async (): Promise<void> => {
    try {
      said = await get<MyPosition>("/api/me/position");
    } catch (error) {
      if (problemOf(error).offline) said = null;
    }
    if (over) return;
    draw();
    timer = window.setTimeout(() => void look(), LOOK_MS);
  };
  const update = (known: Me): void => {
    const stream = page.equipment.streams.webcam ?? null;
    if (outline.video.srcObject !== stream) outline.video.srcObject = stream;
    set(outline.element, "hidden", stream === null);
    camera.hidden = stream !== null;
    const reason = known.checkin.returned.find((one) => one.stage === "position")?.reason ?? "";
    why.hidden = reason === "";
    write(why, t("candidate.again", { reason }));
  };
  let timer = window.setTimeout(() => void look(), 0);
  update(me);
  draw();
  return { element, update, leave: () => { over = true; clearTimeout(timer); } };
};

/** Where the phone is (M27, M53). */
function phoneChoice(me: Me, changed: () => void): { element: HTMLElement; value(): PhonePlace | "" } {
  const places = PHONES.filter((place) => place !== "second_camera" || me.plan.second !== "none");
  const options = places.map((place) => h("input", { type: "radio", name: "phone-place", id: `phone-${place}`, value: place, onchange: changed }));
  const element = h("fieldset", { class: "choice" }, h("legend", {}, t("candidate.position.phone")),
    ...options.map((option) => h("p", { class: "check" }, option, h("label", { for: option.id }, t(`candidate.position.phone_${option.value}`)))));
  return { element, value: () => (options.find((option) => option.checked)?.value ?? "") as PhonePlace | "" };
}
