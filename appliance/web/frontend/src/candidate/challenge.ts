/** A proctor asks for a turn of the head: one thing after the other, large, and gone by itself. Nothing is to be pressed. */

import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Me, Move } from "../lib/types";

const ARROW: Record<Move, string> = { left: "←", right: "→", blink: "◡ ◡" };
const THANKS_S = 2;
const STORE = "challenge";

type Asked = NonNullable<Me["challenge"]>;

/** Shown once each, as soon as somebody can have it before the eyes. */
export function challenges(): (me: Me) => void {
  let waiting: Asked | null = null;
  const begin = (): void => {
    if (!waiting || document.hidden || sessionStorage.getItem(STORE) === waiting.challenge) return;
    sessionStorage.setItem(STORE, waiting.challenge);
    void show(waiting);
  };
  document.addEventListener("visibilitychange", begin);
  return (me) => {
    waiting = me.challenge;
    begin();
  };
}

/** What stands on the page at second `at` of a challenge: the step of this number, or what comes before and after. */
export function phase(asked: Pick<Asked, "steps" | "seconds">, at: number): number | "ready" | "thanks" | "over" {
  const { ready, step } = asked.seconds;
  if (at < ready) return "ready";
  const number = Math.floor((at - ready) / step);
  if (number < asked.steps.length) return number;
  return at < ready + asked.steps.length * step + THANKS_S ? "thanks" : "over";
}

async function show(asked: Asked): Promise<void> {
  const arrow = h("p", { class: "challenge-arrow", "aria-hidden": "true" });
  const what = h("p", { class: "challenge-what", role: "status", "aria-live": "assertive" });
  const where = h("ol", { class: "challenge-steps", "aria-hidden": "true" }, ...asked.steps.map(() => h("li", {})));
  const dialog = h("dialog", { class: "challenge", "aria-labelledby": "challenge-title" },
    h("h2", { id: "challenge-title" }, t("candidate.challenge.title")), h("p", {}, t("candidate.challenge.text")), arrow, what, where);
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  const title = document.title;
  document.title = t("candidate.challenge.title");
  const began = performance.now();
  for (;;) {
    const now = phase(asked, (performance.now() - began) / 1000);
    if (now === "over") break;
    const move = typeof now === "number" ? asked.steps[now] : undefined;
    write(arrow, move ? ARROW[move] : now === "thanks" ? "✓" : "●");
    const said = move ?? now;
    write(what, t(`candidate.challenge.${said}`));
    [...where.children].forEach((item, n) => set(item, "data-state", now === "thanks" || (typeof now === "number" && n < now) ? "done" : n === now ? "now" : "later"));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (document.title === t("candidate.challenge.title")) document.title = title;
  dialog.close();
  dialog.remove();
}
