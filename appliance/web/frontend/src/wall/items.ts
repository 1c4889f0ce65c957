/** The words and signs of what stands in the list Next. */

import { duration, now } from "../lib/clock";
import { t } from "../lib/strings";
import { flagSentence, severityOf, SIGN, type Severity } from "../lib/words";
import type { Item } from "./queue";
import { undecided } from "./store";

/** Decisions that need a reason, and which there are (`exam/flags.py`), in the order of their digits. */
export const REASONS = {
  dismissed: ["innocent_action", "detector_error", "accommodated", "room_event", "duplicate"],
  inconclusive: ["unclear_picture", "not_recorded", "other_view_needed", "context_needed"],
} as const;
export type Reasoned = keyof typeof REASONS;
export type Reason = (typeof REASONS)[Reasoned][number];

/** The words of a reason. */
export function reasonWords(decision: string, reason: string): string {
  return decision === "inconclusive" ? t(`doubt.${reason}`) : t(`dismissal.${reason}`);
}

const SIGNS: Readonly<Record<Exclude<Item["kind"], "flag">, string>> = {
  message: "✉", phone: "▯", admit: "◷", identity: "◷", scan: "◷", position: "◷", pages: "◷", release: "◷", capacity: "⚙", trouble: "⚙", overrun: "◆", attention: "◉", listen: "♪",
};

/** Colour of the edge: a flag's own, red for what is not recorded, amber for a break that is over. */
export function colour(item: Item): Severity | "message" | "waits" | "care" {
  if (item.kind === "flag") return severityOf(item.flag);
  if (item.kind === "trouble" || item.kind === "capacity") return "high";
  if (item.kind === "overrun") return "medium";
  if (item.kind === "attention" || item.kind === "listen") return "care";
  return item.kind === "message" ? "message" : "waits";
}

export function sign(item: Item): string {
  return item.kind === "flag" ? SIGN[severityOf(item.flag)] : SIGNS[item.kind];
}

/** What it is, in one line. */
export function headline(item: Item): string {
  switch (item.kind) {
    case "flag": return flagSentence(item.flag);
    case "message": return t("queue.message", { text: item.messages.at(-1)?.text ?? "" });
    case "admit": return t(undecided(item.identity) ? "queue.identity" : "queue.admit");
    case "trouble": return t("board.item.trouble", { feeds: item.feeds.map((kind) => t(`kind.${kind}`)).join(", ") });
    case "scan": return item.times > 1 ? t("board.item.scan_again", { n: item.times }) : t("board.item.scan");
    case "pages": return t("board.item.pages", { numbers: item.pages.map((page) => String(page.number)).join(", ") });
    case "release": return item.missing.length ? t("board.item.check_out", { what: item.missing.map((need) => t(`look.checkout.need_${need}`)).join(", ") }) : t("board.item.release");
    case "attention": return t("board.item.attention");
    case "listen": return t("board.item.listen");
    case "phone": return t("queue.phone");
    default: return t(`board.item.${item.kind}`);
  }
}

/** How long it waits; of what is done every few minutes: how long nobody did it. */
export function wait(item: Item): string {
  return duration(now() - item.since);
}

/** What would change the detail of an item; waits do not. */
export function detailKey(item: Item): string {
  if (item.kind === "flag") return JSON.stringify([item.flag.facts, item.flag.ended_at]);
  if (item.kind === "admit") return JSON.stringify([item.identity, item.lacks]);
  if (item.kind === "identity") return JSON.stringify(item.identity);
  if (item.kind === "scan") return JSON.stringify(item.scan);
  if (item.kind === "trouble") return item.feeds.join();
  if (item.kind === "release") return item.missing.join();
  if (item.kind === "pages") return JSON.stringify(item.pages);
  return item.kind === "message" ? item.messages.map((message) => message.message).join() : "";
}
