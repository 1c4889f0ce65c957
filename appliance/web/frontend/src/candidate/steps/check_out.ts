import { h } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { MakeStep } from "../step";

/** Handed in; staff let the candidate go. */
export const checkOut: MakeStep = () => ({ element: h("div", { class: "stack" }, h("p", {}, t("candidate.check_out.wait"))), update: () => undefined });
