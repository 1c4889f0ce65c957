/** A warning stands in the way until it is acknowledged. */

import { ask } from "../lib/dialog";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import { CLOSED, type Me } from "../lib/types";
import type { Session } from "./session";

export function warnings(session: Session): (me: Me) => void {
  let open: { message: string; dialog: HTMLDialogElement } | null = null;
  return (me) => {
    const next = CLOSED.includes(me.stage) ? undefined : me.messages.find((message) => message.kind === "warning" && message.acknowledged_at === null);
    if (open && open.message !== next?.message) {
      open.dialog.close();
      open = null;
    }
    if (!next || open) return;
    const dialog = ask({
      title: t("candidate.warning.title"),
      body: [h("p", { class: "warning-text pre" }, next.text), h("p", { class: "hint" }, t("candidate.warning.hint"))],
      go: t("candidate.warning.go"),
      mustAnswer: true,
      run: () => session.acknowledge(next.message),
    });
    dialog.setAttribute("role", "alertdialog");
    dialog.addEventListener("close", () => {
      if (open?.dialog === dialog) open = null;
      // closed by whatever else than an acknowledgement: it comes again with the next state
    });
    open = { message: next.message, dialog };
  };
}
