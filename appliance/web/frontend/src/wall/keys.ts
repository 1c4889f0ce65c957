/** Single keys for the wall. They never act inside a text field, never with Ctrl, Alt or Meta; each can be another one, and all can
 * be turned off. */

import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import { remapped, usable } from "../lib/keymap";
import { COMMANDS, load, save, USUAL, type Command, type Keymap } from "./keymap";

/** What each key does here; a page may have fewer. `Enter` looks and `Escape` goes back wherever there is something to. */
export type Bindings = Partial<Record<Command, () => void>> & { escape?: () => void };

const STORE = "keys-off";

export class Keys {
  map: Keymap = load();

  constructor(
    readonly bindings: Bindings,
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

  remap(command: Command, key: string): void {
    this.map = remapped(this.map, command, key);
    save(this.map);
  }

  reset(): void {
    this.map = USUAL;
    save(USUAL);
  }

  private press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (typing(event.target) || asking()) return;
    const command = this.commandOf(event.key);
    if (command !== "help" && event.key !== "Escape" && !this.on) return;
    if (/^[1-9]$/.test(event.key)) {
      if (this.digit(Number(event.key))) event.preventDefault();
      return;
    }
    if (event.key === "Enter" && event.target instanceof Element && event.target.closest("button, a, summary, video")) {
      if (!event.target.closest(".item-head")) return; // Enter presses what has the focus
    }
    const act = event.key === "Escape" ? this.bindings.escape : command && this.bindings[command];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private commandOf(key: string): Command | undefined {
    if (key === "Enter") return "look";
    return COMMANDS.find((command) => this.map[command] === key.toLowerCase());
  }
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** A question is open: its own buttons answer it. */
function asking(): boolean {
  return document.querySelector("dialog[open]:not(.look-dialog)") !== null;
}

/** What follows a key. */
const MORE: Partial<Record<Command, string>> = { dismiss: " 1–5", inconclusive: " 1–4", identity: " 1–4", look: " ↵" };

/** All keys, other ones for them, and the switch. */
export function showKeys(keys: Keys): void {
  const box = h("input", { type: "checkbox", id: "keys-on" });
  box.checked = keys.on;
  box.addEventListener("change", () => { keys.on = box.checked; });
  const said = h("p", { role: "status", class: "hint" });
  const fields = new Map<Command, HTMLInputElement>();
  const show = (): void => { for (const [command, field] of fields) field.value = keys.map[command].toUpperCase(); };
  const rows = COMMANDS.filter((command) => keys.bindings[command]).map((command) => {
    const field = h("input", { class: "key-field", id: `key-${command}`, maxlength: 1, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
    field.addEventListener("focus", () => field.select());
    field.addEventListener("input", () => {
      if (field.value === "") return;
      if (usable(field.value)) keys.remap(command, field.value);
      write(said, t(usable(field.value) ? "board.keys.changed" : "board.keys.not_usable", { what: t(`keys.${command}`), key: field.value.toUpperCase() }));
      show();
      field.select();
    });
    field.addEventListener("blur", show);
    fields.set(command, field);
    return h("tr", {}, h("td", {}, field, MORE[command] ? h("span", { class: "muted" }, MORE[command]) : null), h("td", {}, h("label", { for: field.id }, t(`keys.${command}`))));
  });
  show();
  const dialog = h("dialog", { "aria-labelledby": "keys-title", class: "keys-dialog" },
    h("h2", { id: "keys-title" }, t("keys.title")),
    h("p", { class: "muted" }, t("keys.intro"), " ", t("board.keys.change")), said,
    h("table", {}, h("tbody", {}, ...rows, h("tr", {}, h("td", {}, h("kbd", {}, "Esc")), h("td", {}, t("keys.close"))))),
    h("p", { class: "line" }, box, h("label", { for: "keys-on" }, t("keys.on"))),
    h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, t("common.close")),
      h("button", { type: "button", class: "quiet", onclick: () => { keys.reset(); show(); write(said, t("board.keys.usual_again")); } }, t("board.keys.usual"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector<HTMLElement>(".actions button")?.focus();
}
