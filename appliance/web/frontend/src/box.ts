/** The box page: looks again every few seconds, and its buttons mend what can be mended. It is readable without. */

import "./styles/upstream.css";
import "./styles/box.css";
import { complain } from "./lib/toast";
import { get, post, Problem } from "./lib/api";
import { ask } from "./lib/dialog";
import { byId, h, write } from "./lib/dom";
import { time } from "./lib/clock";
import { t } from "./lib/strings";
import { toast } from "./lib/toast";
import { Follower } from "./upstream/follower";
import { replaceParts } from "./upstream/parts";

const EVERY_MS = 3000;
const MEND_MS = 120_000;
const ERRAND_MS = 1000;
const ERRAND_LOOKS = 90;

interface Came {
  sentence: string;
  errand: string;
}

interface Outcome {
  done: boolean | null;
  sentence?: string;
  hint?: string;
}

const now = document.querySelector<HTMLElement>("[data-now]");
const lost = document.querySelector<HTMLElement>("[data-lost]");
const announce = document.querySelector<HTMLElement>("[data-announce]");
const live = document.querySelector<HTMLElement>("[data-live]");

const follower = new Follower("/box/now", {
  fresh(html) {
    if (!now) return;
    const before = byId("box-verdict").textContent ?? "";
    replaceParts(now, new DOMParser().parseFromString(html, "text/html").body);
    const after = byId("box-verdict").textContent ?? "";
    if (announce && after !== before) write(announce, after.trim()); // said aloud only when it is another sentence
  },
  reached() {
    if (lost) lost.hidden = true;
  },
  lost(since) {
    const title = lost?.querySelector<HTMLElement>("[data-lost-title]");
    if (!lost || !title || !lost.hidden) return;
    write(title, t("condition.lost", { time: time(since / 1000) }));
    lost.hidden = false;
  },
  signedOut: () => location.reload(),
});

/** Root's answer takes a moment; the box's own processes may be started again meanwhile. */
async function outcome(errand: string): Promise<string> {
  for (let look = 0; look < ERRAND_LOOKS; look += 1) {
    await new Promise((resolve) => setTimeout(resolve, ERRAND_MS));
    try {
      const said = await get<Outcome>(`/api/box/errands/${errand}`);
      if (said.done === null) continue;
      if (!said.done) throw new Problem(409, t("condition.failed", { sentence: said.sentence ?? "" }), said.hint ?? "");
      return t("condition.done", { sentence: said.sentence ?? "" });
    } catch (error) {
      if (!(error instanceof Problem) || (!error.offline && error.status < 500)) throw error;
    }
  }
  throw new Problem(0, t("condition.slow"), t("condition.slow_hint"));
}

async function mend(button: HTMLElement): Promise<string> {
  const wish = { code: button.dataset.fix, about: button.dataset.about ?? "", wall: Date.now() / 1000 };
  const came = await post<Came>("/api/box/fix", wish, { signal: AbortSignal.timeout(MEND_MS) });
  const said = came.errand ? await outcome(came.errand) : t("condition.done", { sentence: came.sentence });
  void follower.look();
  return said;
}

function press(button: HTMLButtonElement): void {
  const asks = button.dataset.asks;
  if (asks) {
    ask({ title: button.textContent ?? "", body: [h("p", {}, asks)], go: button.textContent ?? "", run: () => mend(button) });
    return;
  }
  button.disabled = true;
  mend(button).then(toast).catch(complain).finally(() => (button.disabled = false));
}

/** While candidates are here the box asks for its own name: it is typed by nobody by accident. */
function power(what: string, title: string, sentence = t(`condition.asks_${what}`), typed = false): void {
  const name = h("input", { name: "name", autocomplete: "off", id: "box-name" });
  const body = typed ? [h("p", {}, sentence), h("div", { class: "row" }, h("label", { for: "box-name" }, t("condition.exam_runs_name")), name)] : [h("p", {}, sentence)];
  const dialog = ask({
    title, body, go: title, danger: true,
    async run() {
      try {
        const said = await post<Came>("/api/box/power", { what, name: name.value });
        return said.sentence;
      } catch (error) {
        if (typed || !(error instanceof Problem) || error.status !== 409) throw error;
        dialog.close();
        power(what, title, `${error.sentence} ${error.hint}`, true);
        return undefined;
      }
    },
  });
}

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLButtonElement>("button[data-fix], button[data-power]");
  if (!button) return;
  if (button.dataset.power) power(button.dataset.power, button.textContent ?? "");
  else press(button);
});

if (live) live.hidden = false;
setInterval(() => {
  if (!document.hidden) void follower.look();
}, EVERY_MS);
