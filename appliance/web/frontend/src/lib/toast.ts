/** A short sentence at the bottom, with one thing to press at most. */

import { problemOf } from "./api";
import { h } from "./dom";

export interface Toast {
  close(): void;
}

interface Options {
  seconds?: number;
  bad?: boolean;
  action?: { label: string; run: () => void };
}

export function toast(text: string, { seconds = 5, bad = false, action }: Options = {}): Toast {
  const element = h("div", { class: bad ? "toast bad" : "toast" }, h("span", {}, text));
  const timer = setTimeout(() => element.remove(), seconds * 1000);
  const close = (): void => {
    clearTimeout(timer);
    element.remove();
  };
  if (action) {
    element.append(
      h("button", { type: "button", class: "small", onclick: () => { close(); action.run(); } }, action.label),
    );
  }
  host().append(element);
  return { close };
}

/** What went wrong, in words. */
export function complain(error: unknown): void {
  const problem = problemOf(error);
  toast(`${problem.sentence} ${problem.hint}`.trim(), { bad: true, seconds: 8 });
}

/** An open modal dialog makes everything outside it inert, so the toast goes into it. */
function host(): Element {
  const modal = [...document.querySelectorAll("dialog[open]")].at(-1);
  const home = document.getElementById("toasts") as HTMLElement;
  if (!modal) return home;
  let inside = modal.querySelector(":scope > .toasts");
  if (!inside) {
    const made = h("div", { class: "toasts", role: "status" });
    modal.addEventListener("close", () => home.append(...made.children), { once: true }); // what was said stays in sight
    modal.append(made);
    inside = made;
  }
  return inside;
}
