import { h } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { MakeStep } from "../step";

/** The end, handed in or ended by staff. */
export const finished: MakeStep = (_page, me) => ({
  element: h("div", { class: "stack" }, h("p", {}, t(me.stage === "ended" ? "candidate.finished.ended_text" : "candidate.finished.text"))),
  update: () => undefined,
});
