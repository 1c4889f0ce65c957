/** A small button that also says its key. */

import { h } from "./dom";

export function button(label: string, key: string, run: () => void, kind = ""): HTMLButtonElement {
  return h("button", { type: "button", class: `small ${kind}`.trim(), onclick: run, "aria-keyshortcuts": key || null }, key ? h("kbd", { "aria-hidden": "true" }, key) : null, label);
}
