/** What a page can notice of itself: whether it is in front, full screen, what is pasted (never the text, only its length), how many
 * displays there are. What is not in this list is not looked at. */

import type { Reports } from "./reports";

interface Displays extends Screen, EventTarget {
  /** Chromium; other browsers do not say. */
  isExtended?: boolean;
}

export function notice({ say }: Pick<Reports, "say">): void {
  const front = (): void => say(document.hidden || !document.hasFocus() ? "hidden" : "shown");
  for (const event of ["focus", "blur", "pageshow"]) window.addEventListener(event, front);
  document.addEventListener("visibilitychange", front);
  front();

  let full = false;
  document.addEventListener("fullscreenchange", () => {
    const now = document.fullscreenElement !== null;
    if (now !== full) say(now ? "fullscreen_back" : "fullscreen_left");
    full = now;
  });

  document.addEventListener("paste", (event) => say("pasted", length(event.clipboardData?.getData("text"))));
  for (const event of ["copy", "cut"]) document.addEventListener(event, () => say("copied", length(chosen())));
  document.addEventListener("keyup", (event) => {
    if (event.key === "PrintScreen") say("print_screen"); // browsers tell of this key only when it is let go
  });

  const displays = window.screen as Displays;
  if (displays.isExtended === undefined) return;
  const count = (): void => say("displays", displays.isExtended ? "extended" : "1");
  displays.addEventListener("change", count);
  count();
}

const length = (text: string | undefined): string => String([...(text ?? "")].length);

/** Also in a field, whose selection is its own. */
function chosen(): string {
  const field = document.activeElement;
  if (field instanceof HTMLTextAreaElement || (field instanceof HTMLInputElement && field.type === "text")) {
    return field.value.slice(field.selectionStart ?? 0, field.selectionEnd ?? 0);
  }
  return document.getSelection()?.toString() ?? "";
}
