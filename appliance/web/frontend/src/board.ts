/** The seat board and the rehearsal: what stands there is looked at again each second, and a lost box is said. They work without, too. */

import "./styles/light-card.css";
import "./styles/board.css";
import { time } from "./lib/clock";
import { write } from "./lib/dom";
import { t } from "./lib/strings";
import { Follower } from "./upstream/follower";
import { replaceParts } from "./upstream/parts";

const EVERY_MS = 1000;

const now = document.querySelector<HTMLElement>("[data-now]");
const lost = document.querySelector<HTMLElement>("[data-lost]");
const hint = document.querySelector<HTMLElement>("[data-lost-hint]");
const announce = document.querySelector<HTMLElement>("[data-announce]");

const said = (): string => document.getElementById("board-sentence")?.textContent?.trim() ?? "";

function follow(shown: HTMLElement): void {
  const follower = new Follower(shown.dataset["now"] || "/seats/now", {
    fresh(html) {
      const before = said();
      replaceParts(shown, new DOMParser().parseFromString(html, "text/html").body);
      if (announce && said() !== before) write(announce, said());
    },
    reached() {
      if (lost) lost.hidden = true;
    },
    lost(since) {
      if (!lost || !hint || !lost.hidden) return;
      write(hint, t("seat_board.lost_hint", { time: time(since / 1000) }));
      lost.hidden = false;
    },
    signedOut: () => location.reload(),
  });
  const look = (): void => void (document.hidden || follower.look());
  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look);
}

if (now) follow(now);
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
