/** The planner's pages: an exam's form, with what follows from it while typing; codes to print or save. */

import "./styles/plan.css";
import { h, write } from "./lib/dom";
import { countNeeded, csv } from "./lib/roster";
import { clash, holds, later, type Taken } from "./lib/schedule";
import { plural, t } from "./lib/strings";

const EXAMPLE_SEATS = 24;

class ExamForm {
  private readonly taken: Taken[];
  private readonly seats: number;
  private briefing = "";

  constructor(private readonly form: HTMLFormElement) {
    this.taken = JSON.parse(form.querySelector("#taken")?.textContent || "[]") as Taken[];
    this.seats = Number(form.dataset["seats"]) || EXAMPLE_SEATS;
    this.briefing = this.usualBriefing();
    for (const event of ["input", "change"]) form.addEventListener(event, () => this.show());
    form.addEventListener("submit", () => form.querySelectorAll("[data-when][hidden] :invalid").forEach((one) => one.setAttribute("disabled", "")));
    this.addSections();
    this.show();
  }

  private value(name: string): string {
    const chosen = this.form.querySelector<HTMLInputElement>(`[name="${name}"][type="radio"]:checked`);
    const field = chosen ?? this.form.querySelector<HTMLInputElement | HTMLSelectElement>(`[name="${name}"]`);
    if (field instanceof HTMLInputElement && field.type === "checkbox") return field.checked ? "on" : "";
    return field?.value ?? "";
  }

  private number(name: string): number {
    return Number(this.value(name)) || 0;
  }

  private show(): void {
    this.fold();
    this.brief();
    this.say();
    for (const topic of this.form.querySelectorAll<HTMLElement>(".topic")) {
      const state = topic.querySelector<HTMLElement>("[data-state]");
      if (state) write(state, stateOf(topic).join(" · ") || (state.dataset["else"] ?? ""));
    }
  }

  /** What does not belong to the choices above is hidden, and not sent. */
  private fold(): void {
    for (const part of this.form.querySelectorAll<HTMLElement>("[data-when]")) {
      const fits = holds(part.dataset["when"] ?? "", (name) => this.value(name));
      part.hidden = !fits;
      for (const field of part.querySelectorAll<HTMLInputElement>("input, select, textarea")) field.disabled = field.closest("[data-when][hidden]") !== null;
    }
  }

  private usualBriefing(): string {
    return t(`plan.briefing_${this.value("kind") || "computer"}`, { minutes: this.number("minutes") }).trim();
  }

  /** The usual rules follow the choices as long as nobody has written other ones. */
  private brief(): void {
    const field = this.form.elements.namedItem("briefing") as HTMLTextAreaElement;
    const usual = this.usualBriefing();
    if (field.value.replaceAll("\r\n", "\n").trim() === this.briefing && this.briefing !== usual) field.value = usual;
    if (field.value.trim() === usual) this.briefing = usual;
  }

  private say(): void {
    const list = this.form.querySelector("[data-consequences]") as HTMLElement;
    const lines = this.lines();
    const said = lines.map((line) => line.text).join("\n");
    if (list.dataset["said"] === said) return;
    list.dataset["said"] = said;
    list.replaceChildren(...lines.map((line) => h("li", { class: line.wrong ? "wrong" : null }, line.text)));
  }

  private lines(): { text: string; wrong?: boolean }[] {
    const starts = this.value("starts_at");
    const [onboarding, minutes, room] = [this.number("onboarding_minutes"), this.number("minutes"), this.value("room").trim()];
    const begins = later(starts, 0);
    const over = later(starts, onboarding + minutes + this.number("buffer_minutes"));
    const lines: { text: string; wrong?: boolean }[] = [];
    if (!Number.isNaN(begins)) {
      const other = clash(this.taken, room, begins, over);
      if (other) lines.push({ wrong: true, text: t("plan.taken", { room, title: other.title, begins: clock(later(other.begins, 0)), over: clock(later(other.over, 0)) }) });
      const timed = this.value("release") === "time";
      lines.push({ text: timed ? t("plan.content_at", { begins: clock(begins), opens: clock(later(starts, onboarding)) }) : t("plan.content_checks", { begins: clock(begins) }) });
      lines.push({ text: room ? t("plan.room_until", { room, over: clock(over) }) : t("plan.lab_until", { over: clock(over) }) });
    }
    const ratio = this.number("ratio");
    if (this.value("mode") !== "live") lines.push({ text: t("plan.nobody_watches") });
    else if (ratio > 0) lines.push({ text: plural("plan.proctors", countNeeded(this.seats, ratio), { ratio, seats: this.seats }) });
    const sum = [...this.form.querySelectorAll<HTMLInputElement>('[name^="section."][name$=".minutes"]')].reduce((all, field) => all + (Number(field.value) || 0), 0);
    if (sum > minutes) lines.push({ wrong: true, text: t("plan.sections_long", { sum, minutes }) });
    const days = this.number("retention_days");
    if (!this.value("practice") && days > 0 && !Number.isNaN(over)) lines.push({ text: t("exam_new.consequence.deleted", { date: date(over + days * 86_400_000) }) });
    if (this.value("practice")) lines.push({ text: t("plan.practice_deleted", { hours: this.number("practice_hours") }) });
    return lines;
  }

  /** Rows for sections: empty ones but the first are put away, and come back one by one. */
  private addSections(): void {
    const list = this.form.querySelector("[data-sections]") as HTMLElement;
    const button = this.form.querySelector("[data-add-section]") as HTMLButtonElement;
    const rows = (): HTMLElement[] => [...list.querySelectorAll<HTMLElement>("[data-section]")];
    const template = rows().at(-1)?.cloneNode(true) as HTMLElement;
    for (const row of rows()) if (row.dataset["section"] !== "1" && isEmpty(row)) row.remove();
    button.hidden = false;
    button.addEventListener("click", () => {
      const number = rows().length + 1;
      if (number > Number(list.dataset["most"])) return;
      const row = template.cloneNode(true) as HTMLElement;
      renumber(row, number);
      list.append(row);
      row.querySelector("input")?.focus();
      button.hidden = number >= Number(list.dataset["most"]);
      this.show();
    });
  }
}

function isEmpty(row: HTMLElement): boolean {
  return [...row.querySelectorAll("input")].every((field) => field.value === "" || field.value === "0");
}

function renumber(row: HTMLElement, number: number): void {
  row.dataset["section"] = String(number);
  for (const element of row.querySelectorAll<HTMLElement>("[name], [for]")) {
    for (const name of ["name", "id", "for"]) {
      const old = element.getAttribute(name);
      if (old) element.setAttribute(name, old.replace(/section\.\d+/, `section.${number}`));
    }
    if (element instanceof HTMLInputElement) element.value = "";
  }
  write(row.querySelector("legend") as HTMLElement, t("plan.section", { n: number }));
}

/** What is chosen in a folded topic, in a few words. */
function stateOf(topic: HTMLElement): string[] {
  const ticks = [...topic.querySelectorAll<HTMLInputElement>("[data-short]:checked:enabled")].map((field) => field.dataset["short"] ?? "");
  const titles = [...topic.querySelectorAll<HTMLInputElement>('[name^="section."][name$=".title"]')].map((field) => field.value.trim());
  const own = topic.querySelectorAll<HTMLTextAreaElement | HTMLInputElement>('[name="items"], [name="contact"]');
  const texts = [...own].flatMap((field) => field.value.split("\n")).map((line) => line.trim());
  const chosen = [...topic.querySelectorAll<HTMLSelectElement>("[data-says] select:enabled")].map((field) => field.selectedOptions[0]?.text ?? "");
  return [...titles, ...chosen, ...ticks, ...texts].filter(Boolean).slice(0, 6);
}

function clock(at: number): string {
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });
  return Number.isNaN(at) ? "–" : day.format(at);
}

function date(at: number): string {
  return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" }).format(at);
}

function codes(section: HTMLElement): void {
  const rows = [...section.querySelectorAll("table tr")].map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? ""));
  (section.querySelector("[data-codes-actions]") as HTMLElement).hidden = false;
  section.querySelector("[data-print]")?.addEventListener("click", () => print());
  section.querySelector("[data-download]")?.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob(["\ufeff", csv(rows)], { type: "text/csv" }));
    h("a", { href: url, download: `codes-${section.dataset["codes"] ?? ""}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  });
}

const form = document.querySelector<HTMLFormElement>("[data-exam-form]");
if (form) new ExamForm(form);
const section = document.querySelector<HTMLElement>("[data-codes]");
if (section) codes(section);
