/** What staff say to everybody: a card each, read out loud where they want it, and told to the box once it was seen. */

import { time } from "../lib/clock";
import { arrange, h, set, write } from "../lib/dom";
import { plural, t } from "../lib/strings";
import type { Announcement } from "../lib/sitting";
import { CLOSED, type Me } from "../lib/types";
import { onScreen } from "./seen";
import type { Session } from "./session";

const STORE = "spoken";

export interface Announcements {
  element: HTMLElement;
  update(me: Me): void;
}

export function announcements(session: Session): Announcements {
  const said = h("p", { class: "hidden", role: "status" });
  const newest = h("div", { class: "stack tight" });
  const earlier = h("div", { class: "stack tight" });
  const summary = h("summary", {});
  const rest = h("details", { hidden: true }, summary, earlier);
  const card = h("section", { class: "card stack announcements", "aria-labelledby": "announcements", hidden: true },
    h("h2", { id: "announcements" }, t("candidate.announcement.title")), newest, rest);
  const cards = new Map<string, HTMLElement>();
  const sent = new Set<string>();
  let all: Announcement[] = [];

  const look = (): void => {
    for (const one of all) {
      const element = cards.get(one.announcement);
      if (one.read_at !== null || sent.has(one.announcement) || !element || !onScreen(element)) continue;
      sent.add(one.announcement);
      session.tell(`announcements/${one.announcement}/read`).catch(() => sent.delete(one.announcement));
    }
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("scroll", look, { passive: true });

  const update = (me: Me): void => {
    all = me.sitting.announcements;
    card.hidden = all.length === 0 || CLOSED.includes(me.stage);
    const order = [...all].reverse();
    const [first, ...others] = order.map((one) => entry(cards, one));
    arrange(newest, first ? [first] : []);
    arrange(earlier, others);
    rest.hidden = others.length === 0;
    write(summary, plural("candidate.announcement.earlier", others.length));
    const fresh = unheard(all, spoken());
    for (const one of fresh) {
      remember(one.announcement);
      if (one.spoken) speak(one.text);
    }
    if (fresh.length) write(said, fresh.map((one) => t("candidate.announcement.said", { text: one.text })).join(" "));
    look();
  };
  return { element: h("div", { class: "to-all" }, said, card), update };
}

/** Those that nobody has seen yet and this page has not said yet. */
export function unheard(all: readonly Announcement[], known: ReadonlySet<string>): Announcement[] {
  return all.filter((one) => one.read_at === null && !known.has(one.announcement));
}

function entry(cards: Map<string, HTMLElement>, one: Announcement): HTMLElement {
  const found = cards.get(one.announcement) ?? h("article", { class: "announcement" },
    h("p", { class: "who" }, t("candidate.announcement.from", { name: one.by_name, time: time(one.announced_at) })), h("p", { class: "pre", dir: "auto" }, one.text));
  cards.set(one.announcement, found);
  set(found, "data-new", one.read_at === null);
  return found;
}

/** A reload says nothing twice. */
function spoken(): Set<string> {
  return new Set((sessionStorage.getItem(STORE) ?? "").split(" "));
}

function remember(id: string): void {
  sessionStorage.setItem(STORE, [...spoken(), id].join(" ").trim());
}

/** By the browser's own voice, on this computer; where it has none, the text is there. */
function speak(text: string): void {
  if (!("speechSynthesis" in window)) return;
  const voice = new SpeechSynthesisUtterance(text);
  voice.lang = document.documentElement.lang;
  window.speechSynthesis.speak(voice);
}
