/** Single keys for a review. They never act inside a text field, never with Ctrl, Alt or Meta; letters can be others, and all can be
 * turned off. */

import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import { remapped, usable } from "../lib/keymap";
import { COMMANDS, load, save, USUAL, type Command, type Keymap } from "./keymap";

export interface Bindings {
  commands: Partial<Record<Command, () => void>>;
  /** Seconds on (or back, below zero). */
  move(seconds: number): void;
  ends(way: 1 | -1): void;
  /** -> did the digit say anything? */
  digit(digit: number): boolean;
  escape(): void;
}

const STORE = "keys-off";
const MOVES: Readonly<Record<string, number>> = { ArrowLeft: -5, ArrowRight: 5, PageUp: -60, PageDown: 60 };
const SHIFTED: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -300, PageDown: 300 };

export class Keys {
  map: Keymap = load();

  constructor(readonly bindings: Bindings) {
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
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const act = this.act(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  private act(event: KeyboardEvent): (() => void) | undefined {
    const { bindings } = this;
    if (event.key === "Escape") return () => bindings.escape();
    const onSlider = event.target instanceof Element && event.target.matches("[role=slider]");
    const by = (event.shiftKey ? SHIFTED : MOVES)[event.key];
    if (by !== undefined && (this.on || onSlider)) return () => bindings.move(by); // a slider obeys arrows whatever is turned off
    if (onSlider && (event.key === "Home" || event.key === "End")) return () => bindings.ends(event.key === "Home" ? -1 : 1);
    const command = COMMANDS.find((one) => this.map[one] === event.key.toLowerCase());
    if (command === "help") return bindings.commands.help;
    if (!this.on) return undefined;
    if (event.key === " ") return pressable(event.target) ? undefined : bindings.commands.play;
    if (/^[1-9]$/.test(event.key)) return bindings.digit(Number(event.key)) ? () => undefined : undefined;
    return command && bindings.commands[command];
  }
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio])"));
}

/** Space presses what has the focus. */
function pressable(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, a, summary, input") !== null;
}

const MORE: Partial<Record<Command, string>> = { dismiss: " 1–5", inconclusive: " 1–4" };
const FIXED = ["space", "arrows", "shift_arrows", "page", "escape"] as const;

/** All keys, other ones for them, and the switch. */
export function showKeys(keys: Keys): void {
  const box = h("input", { type: "checkbox", id: "keys-on" });
  box.checked = keys.on;
  box.addEventListener("change", () => { keys.on = box.checked; });
  const said = h("p", { role: "status", class: "hint" });
  const fields = new Map<Command, HTMLInputElement>();
  const show = (): void => { for (const [command, field] of fields) field.value = keys.map[command].toUpperCase(); };
  const rows = COMMANDS.filter((command) => keys.bindings.commands[command]).map((command) => {
    const field = h("input", { class: "key-field", id: `key-${command}`, maxlength: 1, autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
    field.addEventListener("focus", () => field.select());
    field.addEventListener("input", () => {
      if (field.value === "") return;
      if (usable(field.value)) keys.remap(command, field.value);
      write(said, t(usable(field.value) ? "board.keys.changed" : "board.keys.not_usable", { what: t(`reviewing.key.${command}`), key: field.value.toUpperCase() }));
      show();
      field.select();
    });
    field.addEventListener("blur", show);
    fields.set(command, field);
    return h("tr", {}, h("td", {}, field, MORE[command] ? h("span", { class: "muted" }, MORE[command]) : null), h("td", {}, h("label", { for: field.id }, t(`reviewing.key.${command}`))));
  });
  show();
  const dialog = h("dialog", { "aria-labelledby": "keys-title", class: "keys-dialog" },
    h("h2", { id: "keys-title" }, t("keys.title")),
    h("p", { class: "muted" }, t("keys.intro"), " ", t("board.keys.change")), said,
    h("table", {}, h("tbody", {}, ...FIXED.map((name) => h("tr", {}, h("td", {}, h("kbd", {}, t(`reviewing.fixed.${name}_key`))), h("td", {}, t(`reviewing.fixed.${name}`)))), ...rows)),
    h("p", { class: "line" }, box, h("label", { for: "keys-on" }, t("keys.on"))),
    h("div", { class: "actions" }, h("button", { type: "button", onclick: () => dialog.close() }, t("common.close")),
      h("button", { type: "button", class: "quiet", onclick: () => { keys.reset(); show(); write(said, t("board.keys.usual_again")); } }, t("board.keys.usual"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector<HTMLElement>(".actions button")?.focus();
}
