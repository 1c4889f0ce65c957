/** The page of the upstream: looks again each second, and says when it has lost the box. It works without, too. */

import "./styles/upstream.css";
import { request } from "./lib/api";
import { byId, write } from "./lib/dom";
import { t } from "./lib/strings";
import { time } from "./lib/clock";
import { Follower } from "./upstream/follower";
import { replace, replaceParts } from "./upstream/parts";

const EVERY_MS = 1000;
const EXAMS_EVERY_MS = 15_000;

const now = document.querySelector<HTMLElement>("[data-now]");
const lost = document.querySelector<HTMLElement>("[data-lost]");
const hint = document.querySelector<HTMLElement>("[data-lost-hint]");
const announce = document.querySelector<HTMLElement>("[data-announce]");
const live = document.querySelector<HTMLElement>("[data-live]");

function parsed(html: string): Document {
  return new DOMParser().parseFromString(html, "text/html");
}

const follower = new Follower("/upstream/now", {
  fresh(html) {
    if (!now) return;
    const before = byId("up-sentence").textContent ?? "";
    replaceParts(now, parsed(html).body);
    const after = byId("up-sentence").textContent ?? "";
    if (announce && after !== before) write(announce, after); // said aloud only when it is another sentence
  },
  reached() {
    if (lost) lost.hidden = true;
  },
  lost(since) {
    if (!lost || !hint || !lost.hidden) return;
    write(hint, t("upstream.lost_hint", { time: time(since / 1000) }));
    lost.hidden = false;
  },
  signedOut: () => location.reload(),
});

async function exams(): Promise<void> {
  const shown = document.querySelector<HTMLElement>("[data-exams]");
  if (!shown || document.hidden) return;
  try {
    const html = await (await request(location.pathname, { headers: { Accept: "text/html" } })).text();
    const fresh = parsed(html).querySelector<HTMLElement>("[data-exams]");
    if (fresh) replace(shown, fresh);
  } catch {
    // the follower says that the box is away; it is asked again
  }
}

if (live) live.hidden = false;
setInterval(() => {
  if (!document.hidden) void follower.look();
}, EVERY_MS);
setInterval(() => void exams(), EXAMS_EVERY_MS);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void follower.look();
});
