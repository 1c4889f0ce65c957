import { h } from "../../lib/dom";
import { t } from "../../lib/strings";
import { RoomScan } from "../scan";
import type { MakeStep } from "../step";

/** The room is shown before the exam. */
export const roomScan: MakeStep = (page, me) => {
  const scan = new RoomScan(page, me);
  const element = h("div", { class: "stack" }, h("p", {}, t("candidate.room_scan.intro")), scan.element);
  return { element, update: (known) => scan.update(known), leave: () => scan.leave() };
};
