/** The page of the box's front: its lamp in time, the rest looked at each second. It is readable without. */

import "./styles/upstream.css";
import "./styles/box.css";
import "./styles/panel.css";
import { post } from "./lib/api";
import { time } from "./lib/clock";
import { byId, write } from "./lib/dom";
import { t } from "./lib/strings";
import { complain, toast } from "./lib/toast";
import { colourAt, colourOf, stepsOf, type Step } from "./panel/lamp";
import { Follower } from "./upstream/follower";
import { replaceParts } from "./upstream/parts";

const EVERY_MS = 1000;

const page = document.querySelector<HTMLElement>("[data-front]");
const now = document.querySelector<HTMLElement>("[data-now]");
const lost = document.querySelector<HTMLElement>("[data-lost]");
const announce = document.querySelector<HTMLElement>("[data-announce]");
const live = document.querySelector<HTMLElement>("[data-live]");
const still = matchMedia("(prefers-reduced-motion: reduce)");

let steps: Step[] = [];
let since = 0;
let away = false;

/** What the light does now; the lamp itself shines through a property of the page, which no new part takes away. */
function read(): void {
  const front = now?.querySelector<HTMLElement>("[data-light]");
  steps = stepsOf(front?.dataset.light ?? "[]");
  since = Number(front?.dataset.since ?? 0);
}

function shine(): void {
  const at = Date.now() / 1000 - since;
  page?.style.setProperty("--lamp", away ? "transparent" : still.matches ? colourOf(steps) : colourAt(steps, at));
  requestAnimationFrame(shine);
}

const follower = new Follower("/box/panel/now", {
  fresh(html) {
    if (!now) return;
    const before = byId("panel-status").textContent ?? "";
    replaceParts(now, new DOMParser().parseFromString(html, "text/html").body);
    read();
    const after = byId("panel-status").textContent ?? "";
    if (announce && after !== before) write(announce, after.trim()); // said aloud only when it is another status
  },
  reached() {
    away = false;
    if (lost) lost.hidden = true;
  },
  lost(at) {
    away = true;
    const title = lost?.querySelector<HTMLElement>("[data-lost-title]");
    if (!lost || !title || !lost.hidden) return;
    write(title, t("panel_page.lost", { time: time(at / 1000) }));
    lost.hidden = false;
  },
  signedOut: () => location.reload(),
});

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("button[data-ask]");
  if (!button) return;
  button.disabled = true;
  post<{ sentence: string }>("/api/box/panel", { what: button.dataset.ask })
    .then((said) => { toast(said.sentence); void follower.look(); })
    .catch(complain)
    .finally(() => (button.disabled = false));
});

read();
shine();
if (live) live.hidden = false;
setInterval(() => {
  if (!document.hidden) void follower.look();
}, EVERY_MS);
