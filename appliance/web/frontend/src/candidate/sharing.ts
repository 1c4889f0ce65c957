/** What is shared: previews, level, device choice, the line to the box, and what to do when something is wrong. */

import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Own } from "../lib/types";
import type { Equipment } from "./equipment";
import { watchLevel } from "../lib/meter";

export interface Sharing {
  element: HTMLElement;
  update(): void;
  leave(): void;
}

/** Large on its own step; small beside the exam. */
export function sharing(equipment: Equipment, { small }: { small: boolean }): Sharing {
  const { needed } = equipment;
  const parts = [...(needed.includes("webcam") ? [camera(equipment, small)] : []), ...(needed.includes("screen") ? [screen(equipment)] : [])];
  const element = h("div", { class: small ? "sharing compact" : "sharing" }, ...parts.map((part) => part.element));
  const update = (): void => parts.forEach((part) => part.update());
  update();
  return { element, update, leave: () => parts.forEach((part) => part.leave()) };
}

function camera(equipment: Equipment, small: boolean): Sharing {
  const preview = picture(t("candidate.equipment.preview"), true);
  const meter = h("div", { class: "meter", role: "meter", "aria-label": t("candidate.equipment.level"), "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 }, h("span", {}));
  const loudness = h("div", { class: "row" }, h("p", { class: "label" }, t("candidate.equipment.level")), meter, small ? null : h("p", { class: "hint" }, t("candidate.equipment.level_hint")));
  const choice = small ? null : devices(equipment);
  const state = status(equipment, "webcam", t("candidate.equipment.camera_go"), t("candidate.equipment.camera_hint"), () => void equipment.openCamera());
  const element = h("section", { class: "share", "aria-label": t("candidate.equipment.camera_title") },
    h("h2", {}, t("candidate.equipment.camera_title")), preview, state.element, loudness, choice?.element ?? null);
  let heard: MediaStream | undefined;
  let deaf: (() => void) | null = null;
  const listen = (stream: MediaStream | undefined): void => {
    if (stream === heard) return;
    deaf?.();
    heard = stream;
    deaf = stream ? watchLevel(stream, (value) => showLevel(meter, value)) : null;
  };
  const update = (): void => {
    show(preview, equipment.streams.webcam);
    loudness.hidden = !equipment.streams.webcam;
    listen(equipment.streams.webcam);
    state.update();
    choice?.update();
  };
  return { element, update, leave: () => listen(undefined) };
}

function screen(equipment: Equipment): Sharing {
  const preview = picture(t("candidate.equipment.screen_preview"), false);
  const state = status(equipment, "screen", t("candidate.equipment.screen_go"), t("candidate.equipment.screen_hint"), () => void equipment.openScreen());
  const part = h("div", { class: "problem mild", hidden: true }, h("p", {}, h("strong", {}, t("candidate.equipment.screen_part"))), h("p", {}, t("candidate.equipment.screen_part_hint")),
    h("button", { type: "button", class: "small", onclick: () => void equipment.openScreen() }, t("candidate.equipment.again")));
  const element = h("section", { class: "share", "aria-label": t("candidate.equipment.screen_title") }, h("h2", {}, t("candidate.equipment.screen_title")), preview, state.element, part);
  const update = (): void => {
    show(preview, equipment.streams.screen);
    state.update();
    part.hidden = !equipment.streams.screen || ["", "monitor"].includes(equipment.surface);
  };
  return { element, update, leave: () => undefined };
}

/** The line to the box in words, or the trouble with what to try, or the button that opens it. */
function status(equipment: Equipment, kind: Own, label: string, hint: string, open: () => void): { element: HTMLElement; update(): void } {
  const line = h("p", { class: "feed-line", role: "status" });
  const sentence = h("strong", {});
  const what = h("p", {});
  const told = h("p", { class: "hint" }, t("candidate.trouble.told"));
  const trouble = h("div", { class: "problem", role: "alert", hidden: true }, h("p", {}, sentence), what, told);
  const button = h("button", { type: "button", class: "primary", onclick: open }, label);
  const about = h("p", { class: "hint" }, hint);
  const element = h("div", { class: "stack tight" }, line, trouble, button, about);
  const update = (): void => {
    const wrong = equipment.troubles[kind];
    const shared = equipment.streams[kind] !== undefined;
    const state = equipment.asking[kind] ? "asking" : shared ? equipment.publishers[kind].line : "off";
    write(line, t(`candidate.feed.${state}`));
    set(line, "data-line", state);
    line.hidden = wrong !== undefined;
    trouble.hidden = wrong === undefined;
    if (wrong) {
      write(sentence, t(`candidate.trouble.${wrong}`));
      write(what, t(`candidate.trouble.${wrong}_hint`));
    }
    told.hidden = !["lost", "screen_lost"].includes(wrong ?? "");
    button.hidden = shared;
    button.disabled = equipment.asking[kind] === true;
    about.hidden = shared || wrong !== undefined;
  };
  return { element, update };
}

function devices(equipment: Equipment): { element: HTMLElement; update(): void } {
  const pick = (id: string, kind: "video" | "audio"): HTMLSelectElement => {
    const select = h("select", { id });
    select.addEventListener("change", () => {
      const value = { camera: equipment.deviceId("video"), microphone: equipment.deviceId("audio") };
      value[kind === "video" ? "camera" : "microphone"] = select.value;
      void equipment.openCamera(value);
    });
    return select;
  };
  const cameras = pick("camera-choice", "video");
  const microphones = pick("microphone-choice", "audio");
  const element = h("div", { class: "choices" },
    h("div", { class: "row" }, h("label", { for: "camera-choice" }, t("candidate.equipment.camera")), cameras),
    h("div", { class: "row" }, h("label", { for: "microphone-choice" }, t("candidate.equipment.microphone")), microphones));
  const fill = (select: HTMLSelectElement, kind: MediaDeviceKind, chosen: string): void => {
    const found = equipment.devices.filter((device) => device.kind === kind);
    const wanted = found.map((device) => `${device.deviceId} ${device.label}`).join("\n");
    if (select.dataset["filled"] !== wanted) {
      select.dataset["filled"] = wanted;
      select.replaceChildren(...found.map((device, n) => h("option", { value: device.deviceId }, device.label || `${n + 1}`)));
    }
    if (chosen) select.value = chosen;
  };
  const update = (): void => {
    element.hidden = !equipment.streams.webcam;
    fill(cameras, "videoinput", equipment.deviceId("video"));
    fill(microphones, "audioinput", equipment.deviceId("audio"));
  };
  return { element, update };
}

function picture(label: string, mirrored: boolean): HTMLVideoElement {
  const video = h("video", { class: mirrored ? "preview mirrored" : "preview", "aria-label": label, playsinline: true, autoplay: true });
  video.muted = true;
  return video;
}

function show(video: HTMLVideoElement, stream: MediaStream | undefined): void {
  const wanted = stream ?? null;
  if (video.srcObject !== wanted) video.srcObject = wanted;
  video.hidden = wanted === null;
}

function showLevel(meter: HTMLElement, value: number): void {
  meter.setAttribute("aria-valuenow", String(value));
  (meter.firstElementChild as HTMLElement).style.inlineSize = `${value}%`;
}
