/** The fixed cameras that see a whole room: a still each above the candidates' tiles; opened, the live picture and the recording. */

import { h } from "../lib/dom";
import { t } from "../lib/strings";
import type { LedgerEvent, Room } from "../lib/types";
import { Live } from "../look/live";
import { LatestStill } from "../look/still";
import { Track } from "../look/track";

/** So long after the first candidate has signed the box records the room for sure. */
export const ROOM_MS = 4000;

export function mayBeginRoom(event: LedgerEvent): boolean {
  return event.type === "attempt.signed";
}

interface Shown {
  element: HTMLElement;
  still: LatestStill;
}

export class Rooms {
  readonly element = h("ul", { class: "rooms", "aria-label": t("wall.rooms"), hidden: true });
  private readonly shown = new Map<string, Shown>();

  constructor(private readonly exam: string) {}

  draw(rooms: readonly Room[]): void {
    for (const [id, { element, still }] of this.shown) {
      if (rooms.some(({ room }) => room === id)) continue;
      still.close();
      element.remove();
      this.shown.delete(id);
    }
    for (const room of rooms) if (!this.shown.has(room.room)) this.add(room);
    this.element.hidden = !this.shown.size;
  }

  private add(room: Room): void {
    const name = t("wall.room", { camera: room.camera });
    const still = new LatestStill(room.room, "camera", name);
    const open = h("button", { type: "button", class: "room-open", onclick: () => this.open(room, name) }, still.element, h("span", {}, name));
    const element = h("li", { class: "room" }, open);
    this.shown.set(room.room, { element, still });
    this.element.append(element);
  }

  private open(room: Room, name: string): void {
    const live = new Live(room.room, "camera", name);
    const recording = new Track(`/media/${this.exam}/${room.room}/camera`, t("wall.room_recording"));
    const play = h("button", { type: "button", class: "small", onclick: () => { recording.video.hidden = false; void recording.load(); } }, t("wall.room_recording"));
    recording.video.hidden = true;
    const close = h("button", { type: "button", class: "small", onclick: () => dialog.close() }, t("common.close"));
    const dialog = h("dialog", { class: "look-dialog", "aria-label": name }, h("div", { class: "look" }, h("header", { class: "look-head" }, h("h2", {}, name), play, close), live.element, recording.video));
    dialog.addEventListener("close", () => { live.close(); dialog.remove(); });
    document.body.append(dialog);
    dialog.showModal();
  }
}
