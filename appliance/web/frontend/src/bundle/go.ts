/** Go to a time of day. */

import { h } from "../lib/dom";
import { t } from "../lib/strings";
import { timeField, wallOf } from "../review/moments";

export function ask(at: number, go: (wall: number) => void): void {
  const field = timeField("go-time", at);
  const form = h("form", { method: "dialog", class: "stack" }, h("label", { for: "go-time" }, t("reviewing.go.time")), field,
    h("div", { class: "actions" }, h("button", { class: "primary" }, t("reviewing.go.go")), h("button", { type: "button", onclick: () => dialog.close() }, t("common.close"))));
  const dialog = h("dialog", { "aria-label": t("reviewing.go.time") }, form);
  form.addEventListener("submit", (event) => {
    const wall = wallOf(field.value, at);
    if (wall === null) {
      event.preventDefault();
      field.setAttribute("aria-invalid", "true");
      field.focus();
    } else go(wall);
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  field.select();
}
