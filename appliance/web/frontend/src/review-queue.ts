/** The queue of review: walked and decided by keys. What the server says is drawn anew when something happens in the exam. */

import "./styles/review-queue.css";
import { Problem, post, problemOf, request } from "./lib/api";
import { button } from "./lib/button";
import { data, h, write } from "./lib/dom";
import { t } from "./lib/strings";
import { complain, toast } from "./lib/toast";
import { load } from "./review/keymap";
import { Follow } from "./wall/follow";
import { REASONS, reasonWords, type Reasoned } from "./wall/items";

interface Boot {
  exam: string;
  seq: number;
  may: { decide: boolean };
}

type Decision = Reasoned | "confirmed" | "open";

const UNDO_SECONDS = 10;
const SOON_MS = 1500;
/** What changes the list is drawn soon; what only makes a number grow, seldom: a running exam says it all the time. */
const SELDOM_MS = 30_000;
const SOON = /^(flag|recommendation|outcome)\./;
const SELDOM = /^(recording|attempt|exam|hold|media|segment)\./;
const OFF = "keys-off";

class Queue {
  private readonly map = load();
  private selected: string | null = null;
  private reasons: { flag: string; decision: Reasoned } | null = null;
  private timer = 0;
  private dueAt = Infinity;

  constructor(private readonly boot: Boot) {
    document.addEventListener("keydown", (event) => this.press(event));
    document.addEventListener("click", (event) => this.click(event));
    document.addEventListener("focusin", (event) => this.focused(event));
    document.addEventListener("change", (event) => this.changed(event));
    new Follow(boot.exam, boot.seq, {
      events: (events) => {
        if (events.some((event) => SOON.test(event.type))) this.soon();
        else if (events.some((event) => SELDOM.test(event.type))) this.soon(SELDOM_MS);
      },
    });
    this.showKeys();
    this.prepare();
  }

  private get flags(): HTMLElement[] {
    return [...document.querySelectorAll<HTMLElement>("[data-flag]")];
  }

  private get current(): HTMLElement | undefined {
    return this.flags.find((flag) => flag.dataset.flag === this.selected);
  }

  /** What needs a script is shown by it. */
  private prepare(): void {
    for (const element of document.querySelectorAll<HTMLElement>("[data-decide], [data-sample]")) element.hidden = false;
    this.mark();
  }

  private mark(): void {
    for (const flag of this.flags) {
      if (flag.dataset.flag === this.selected) flag.setAttribute("aria-current", "true");
      else flag.removeAttribute("aria-current");
      const choosing = this.reasons?.flag === flag.dataset.flag ? this.reasons : null;
      for (const one of flag.querySelectorAll<HTMLElement>("[aria-expanded]")) one.setAttribute("aria-expanded", String(one.dataset.do === choosing?.decision));
      flag.querySelector(".rq-reasons")?.remove();
      if (choosing) flag.append(this.choices(flag, choosing.decision));
    }
  }

  private choices(flag: HTMLElement, decision: Reasoned): HTMLElement {
    const title = t(decision === "dismissed" ? "queue.reasons" : "queue.doubts");
    return h("div", { class: "rq-reasons", role: "group", "aria-label": title }, h("p", {}, h("strong", {}, title), " ", h("span", { class: "hint" }, t("review_queue.key_hint"))),
      h("div", { class: "actions" }, ...REASONS[decision].map((reason, n) => button(reasonWords(decision, reason), String(n + 1), () => void this.decide(flag, decision, reason)))));
  }

  // --- what people do ---

  private press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest("input, select, textarea, dialog, [contenteditable]")) return;
    if (event.key === "Escape") return this.cancel();
    if (localStorage.getItem(OFF) === "yes") return;
    if (this.act(event.key.toLowerCase())) event.preventDefault();
  }

  private act(key: string): boolean {
    const flag = this.current;
    if (/^[1-9]$/.test(key)) return this.digit(Number(key));
    if (key === this.map.confirm) return this.wants(flag, "confirmed");
    if (key === this.map.dismiss) return this.wants(flag, "dismissed");
    if (key === this.map.inconclusive) return this.wants(flag, "inconclusive");
    if (key === "j" || key === this.map.next) return this.move(1);
    if (key === "k" || key === this.map.previous) return this.move(-1);
    return false;
  }

  private digit(number: number): boolean {
    const flag = this.current;
    const reason = this.reasons && REASONS[this.reasons.decision][number - 1];
    if (!flag || !this.reasons || !reason) return false;
    void this.decide(flag, this.reasons.decision, reason);
    return true;
  }

  private move(by: number): boolean {
    const flags = this.flags;
    const at = flags.findIndex((flag) => flag.dataset.flag === this.selected);
    const next = flags[Math.min(Math.max(0, at + by), flags.length - 1)];
    next?.querySelector<HTMLElement>(".rq-open")?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
    return next !== undefined;
  }

  private wants(flag: HTMLElement | undefined, decision: Decision): boolean {
    if (!flag || !this.boot.may.decide || (flag.dataset.state !== "open") !== (decision === "open")) return false;
    if (decision === "confirmed" || decision === "open") {
      void this.decide(flag, decision);
    } else {
      const again = this.reasons?.flag === flag.dataset.flag && this.reasons?.decision === decision;
      this.reasons = again ? null : { flag: flag.dataset.flag ?? "", decision };
      this.mark();
    }
    return true;
  }

  private cancel(): void {
    this.reasons = null;
    this.mark();
  }

  private click(event: MouseEvent): void {
    const pressed = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-do], [data-sample]") : null;
    if (!pressed) return;
    if (pressed.dataset.sample !== undefined) return void this.sample(pressed as HTMLButtonElement);
    this.wants(pressed.closest<HTMLElement>("[data-flag]") ?? undefined, pressed.dataset.do as Decision);
  }

  private focused(event: FocusEvent): void {
    const flag = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-flag]")?.dataset.flag : undefined;
    if (!flag || flag === this.selected) return;
    this.selected = flag;
    this.reasons = null;
    this.mark();
  }

  private changed(event: Event): void {
    const changed = event.target;
    if (!(changed instanceof HTMLElement)) return;
    if (changed.matches("[data-filter] select")) changed.closest("form")?.requestSubmit();
    if (changed instanceof HTMLInputElement && changed.matches("[data-keys-on]")) {
      if (changed.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "yes");
    }
  }

  // --- at the box ---

  private async decide(flag: HTMLElement, decision: Decision, reason = ""): Promise<void> {
    const { flag: id = "", state: was = "open", seat = "", title = "" } = flag.dataset;
    this.reasons = null;
    const next = flag.nextElementSibling ?? flag.previousElementSibling;
    try {
      await post(`/api/flags/${id}/decide`, { decision, reason, note: "", was });
    } catch (error) {
      complain(error);
      if (error instanceof Problem && error.status === 409) this.soon(0);
      return this.mark();
    }
    const run = (): void => void this.undo(id, decision);
    toast(t("review_queue.decided", { seat, title, decision: t(`decision.${decision}`) }), decision === "open" ? {} : { seconds: UNDO_SECONDS, action: { label: t("common.undo"), run } });
    const mine = flag.contains(document.activeElement) || this.selected === id;
    flag.remove();
    if (mine) next?.querySelector<HTMLElement>(".rq-open")?.focus();
    this.soon();
  }

  private async undo(flag: string, was: string): Promise<void> {
    try {
      await post(`/api/flags/${flag}/decide`, { decision: "open", reason: "", note: "", was });
    } catch (error) {
      complain(error);
    }
    this.soon(0);
  }

  private async sample(pressed: HTMLButtonElement): Promise<void> {
    const said = document.querySelector<HTMLElement>("[data-sample-said]");
    pressed.disabled = true;
    try {
      location.href = (await post<{ url: string }>(`/api/review/${this.boot.exam}/sample`, { more: pressed.dataset.sample === "more" })).url;
    } catch (error) {
      const problem = problemOf(error);
      if (said) write(said, `${problem.sentence} ${problem.hint}`.trim());
      pressed.disabled = false;
    }
  }

  /** Draw anew in a moment; many reasons in that moment are one, and the most pressing says when. */
  private soon(ms = SOON_MS): void {
    const at = performance.now() + ms;
    if (at >= this.dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = window.setTimeout(() => void this.again(), ms);
  }

  private async again(): Promise<void> {
    this.dueAt = Infinity;
    const shown = document.querySelector("[data-queue]");
    if (!shown) return;
    if (this.reasons || document.hidden || document.activeElement?.matches("select")) return this.soon(); // somebody is choosing
    try {
      const text = await (await request(location.pathname + location.search, { headers: { Accept: "text/html" } })).text();
      const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-queue]");
      if (fresh && !this.reasons) this.replace(shown, fresh);
    } catch (error) {
      if (!problemOf(error).offline) complain(error); // offline: the next event comes with the line
    }
  }

  private replace(shown: Element, fresh: Element): void {
    const focused = document.activeElement?.closest("[data-flag]") !== null && shown.contains(document.activeElement);
    const at = this.flags.findIndex((flag) => flag.dataset.flag === this.selected);
    shown.replaceChildren(...fresh.childNodes);
    this.prepare();
    const flag = this.current ?? (focused ? this.flags[Math.min(at, this.flags.length - 1)] : undefined);
    if (focused) flag?.querySelector<HTMLElement>(".rq-open")?.focus({ preventScroll: true });
  }

  private showKeys(): void {
    const line = document.querySelector<HTMLElement>("[data-keys]");
    if (!line) return;
    line.hidden = false;
    for (const key of line.querySelectorAll<HTMLElement>("[data-key]")) write(key, this.map[key.dataset.key as "confirm" | "dismiss" | "inconclusive"].toUpperCase());
    const box = line.querySelector<HTMLInputElement>("[data-keys-on]");
    if (box) box.checked = localStorage.getItem(OFF) !== "yes";
  }
}

if (document.querySelector("[data-queue]")) new Queue(data<Boot>("boot"));
