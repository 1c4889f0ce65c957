/** A button that does one thing at the box, and says in words when it could not. */

import { problemOf } from "../lib/api";
import { h, write } from "../lib/dom";

export interface ActionButton {
  element: HTMLElement;
  button: HTMLButtonElement;
}

export function action(label: string, run: () => Promise<void>, kind = "primary wide"): ActionButton {
  const wrong = h("p", { class: "wrong", role: "alert" });
  const button = h("button", { type: "button", class: kind }, label);
  button.addEventListener("click", () => void perform(button, wrong, run));
  return { button, element: h("div", { class: "stack tight" }, button, wrong) };
}

/** Runs it once at a time; what went wrong is written into `wrong`. */
export async function perform(button: HTMLButtonElement, wrong: HTMLElement, run: () => Promise<void>): Promise<void> {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  write(wrong, "");
  try {
    await run();
  } catch (error) {
    const problem = problemOf(error);
    write(wrong, `${problem.sentence} ${problem.hint}`.trim());
  } finally {
    button.removeAttribute("aria-busy");
  }
}
