/** A proctor's own equipment: the page that checks it, and the line on the list of exams that says when nobody has. */

import "./styles/own-check.css";
import { h, write } from "./lib/dom";
import { watchLevel } from "./lib/meter";
import { t } from "./lib/strings";
import * as checks from "./own-check/checks";
import { found, NAMES, type Found, type Name } from "./own-check/checks";

const STORED = "own-check";
const DAY_MS = 86_400_000;
const SPEAK_MS = 4000;
const TONE = { hertz: 523, seconds: 0.8, gain: 0.2 };

class OwnCheck {
  private readonly said = h("p", { role: "status" });
  private readonly rows = new Map<Name, { element: HTMLElement; state: HTMLElement; words: HTMLElement; more: HTMLElement }>();
  private readonly results = new Map<Name, Found>();

  constructor(root: HTMLElement) {
    const list = h("ul", { class: "cards" }, ...NAMES.map((name) => this.row(name)));
    root.replaceChildren(this.said, list);
    for (const name of NAMES) this.put(name, found("open"));
    this.put("browser", checks.browser(window));
    this.put("window", checks.room(innerWidth, innerHeight));
    addEventListener("resize", () => this.put("window", checks.room(innerWidth, innerHeight)));
    this.soundRow();
    this.microphoneRow();
    void this.line();
  }

  private row(name: Name): HTMLElement {
    const state = h("strong", {});
    const words = h("p", {});
    const more = h("div", { class: "own-check-more" });
    const element = h("li", { class: "card own-check" }, h("h2", {}, t(`own_check.name.${name}`)), h("p", {}, state), words, more);
    this.rows.set(name, { element, state, words, more });
    return element;
  }

  private put(name: Name, result: Found): void {
    const row = this.rows.get(name);
    this.results.set(name, result);
    if (!row) return;
    row.element.dataset["state"] = result.state;
    write(row.state, t(`own_check.state.${result.state}`));
    const key = `own_check.said.${name}_${result.state}`;
    write(row.words, name === "line" || name === "clock" ? (result.state === "open" ? "" : t(key, result.values)) : result.state === "open" && name !== "sound" && name !== "microphone" ? "" : t(key, result.values));
    this.sum();
  }

  private sum(): void {
    const states = [...this.results.values()].map((result) => result.state);
    const bad = states.includes("fail");
    const tried = !states.includes("open");
    write(this.said, bad ? t("own_check.trouble") : tried ? t("own_check.all_well") : "");
    if (bad || tried) localStorage.setItem(STORED, JSON.stringify({ at: Date.now(), bad }));
  }

  private async line(): Promise<void> {
    const answers = await checks.ask();
    this.put("line", checks.line(answers));
    this.put("clock", checks.clock(answers));
  }

  private soundRow(): void {
    const heard = this.button("heard", () => this.put("sound", found("pass")));
    const not = this.button("not_heard", () => this.put("sound", found("fail")));
    heard.hidden = not.hidden = true;
    const play = this.button("try_sound", () => {
      tone();
      heard.hidden = not.hidden = false;
    });
    this.rows.get("sound")?.more.replaceChildren(play, heard, not);
  }

  private microphoneRow(): void {
    const meter = h("meter", { min: 0, max: 100, value: 0, "aria-label": t("own_check.level"), hidden: true });
    const go = this.button("try_microphone", () => void this.listen(meter));
    this.rows.get("microphone")?.more.replaceChildren(go, meter);
  }

  private async listen(meter: HTMLElement): Promise<void> {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return this.put("microphone", found("fail"));
    }
    let loudest = 0;
    meter.hidden = false;
    const stop = watchLevel(stream, (level) => {
      loudest = Math.max(loudest, level);
      meter.setAttribute("value", String(level));
    });
    setTimeout(() => {
      stop();
      for (const track of stream.getTracks()) track.stop();
      meter.hidden = true;
      this.put("microphone", checks.voice(loudest));
    }, SPEAK_MS);
  }

  private button(key: string, run: () => void): HTMLButtonElement {
    return h("button", { type: "button", onclick: run }, t(`own_check.${key}`));
  }
}

function tone(): void {
  const context = new AudioContext();
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = TONE.hertz;
  gain.gain.value = TONE.gain;
  oscillator.connect(gain).connect(context.destination);
  oscillator.start();
  oscillator.stop(context.currentTime + TONE.seconds);
  oscillator.onended = () => void context.close();
}

/** On the list of exams: nobody checked this computer today, or something did not work. */
function hint(place: HTMLElement): void {
  const last = JSON.parse(localStorage.getItem(STORED) ?? "null") as { at: number; bad: boolean } | null;
  const fresh = last !== null && Date.now() - last.at < DAY_MS;
  if (fresh && !last.bad) return;
  place.replaceChildren(h("span", {}, t(fresh ? "own_check.hint_trouble" : "own_check.hint")), " ", h("a", { href: "/own-check" }, t("own_check.hint_go")));
  place.hidden = false;
}

const page = document.querySelector<HTMLElement>("[data-own-checks]");
if (page) new OwnCheck(page);
const place = document.querySelector<HTMLElement>("[data-own-check-hint]");
if (place) hint(place);

