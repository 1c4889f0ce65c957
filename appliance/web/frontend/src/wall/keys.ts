/** Single keys for the wall. They never act inside a text field, never with Ctrl, Alt or Meta, and can be turned off. */

import { h } from "../lib/dom";
import { t } from "../lib/strings";

/** Key -> what it does. Letters are small; both cases act. */
export type Bindings = Readonly<Record<string, () => void>>;

const STORE = "keys-off";

export class Keys {
  constructor(
    private readonly bindings: Bindings,
    private readonly digit: (digit: number) => boolean,
  ) {
    document.addEventListener("keydown", (event) => this.press(event));
  }

  get on(): boolean {
    return localStorage.getItem(STORE) !== "yes";
  }

  set on(value: boolean) {
    if (value) localStorage.removeItem(STORE);
    else localStorage.setItem(STORE, "yes");
  }

  private press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (typing(event.target) || asking()) return;
    if (event.key !== "?" && event.key !== "Escape" && !this.on) return;
    if (/^[1-9]$/.test(event.key)) {
      if (this.digit(Number(event.key))) event.preventDefault();
      return;
    }
    if (event.key === "Enter" && event.target instanceof Element && event.target.closest("button, a, summary, video")) {
      if (!event.target.closest(".item-head")) return; // Enter presses what has the focus
    }
    const act = this.bindings[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** A question is open: its own buttons answer it. */
function asking(): boolean {
  return document.querySelector("dialog[open]:not(.look-dialog)") !== null;
}

const HELP: [string, string][] = [
  ["J", "next"], ["K", "previous"], ["Enter / L", "look"], ["C", "confirm"], ["D 1–5", "dismiss"], ["U", "undo"], ["A", "admit"], ["I 1–4", "identity"],
  ["F", "flag"], ["M", "message"], ["W", "warn"], ["T", "talk"], ["/", "search"], ["?", "help"], ["Esc", "close"],
];

/** All keys, and the switch. */
export function showKeys(keys: Keys): void {
  const box = h("input", { type: "checkbox", id: "keys-on" });
  box.checked = keys.on;
  box.addEventListener("change", () => { keys.on = box.checked; });
  const dialog = h("dialog", { "aria-labelledby": "keys-title", class: "keys-dialog" },
    h("h2", { id: "keys-title" }, t("keys.title")),
    h("p", { class: "muted" }, t("keys.intro")),
    h("table", {}, h("tbody", {}, ...HELP.map(([key, name]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, t(`keys.${name}`)))))),
    h("p", { class: "line" }, box, h("label", { for: "keys-on" }, t("keys.on"))),
    h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, t("common.close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
