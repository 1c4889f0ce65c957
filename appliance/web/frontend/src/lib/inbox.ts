/** The institution's open questions, asked for now and then: the number in the bar of every page follows them. */

import { get } from "./api";
import { write } from "./dom";
import { t } from "./strings";

export interface Inbox {
  open: number;
  now: number;
  inquiries: { inquiry: string; answered_at: number | null }[];
}

const EVERY_MS = 5_000;
const listeners: ((inbox: Inbox) => void)[] = [];

/** Calls `news` with the inbox every few seconds while the page can be seen; a question that fails is asked again. */
export function followInbox(news: (inbox: Inbox) => void): void {
  if (listeners.push(news) === 1) setInterval(() => void ask(), EVERY_MS);
}

async function ask(): Promise<void> {
  if (document.visibilityState !== "visible") return;
  try {
    const inbox = await get<Inbox>("/api/inbox");
    for (const news of listeners) news(inbox);
  } catch {
    /* the next one will tell */
  }
}

export function showCount(place: HTMLElement, open: number): void {
  write(place, t("inbox.count", { n: open }));
  place.hidden = open === 0;
}

/** Open questions that the page does not show yet. */
export function unseen(inbox: Inbox, shown: ReadonlySet<string>): string[] {
  return inbox.inquiries.filter((one) => one.answered_at === null && !shown.has(one.inquiry)).map((one) => one.inquiry);
}
