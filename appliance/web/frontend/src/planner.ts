/** The planner's forms: consequences while typing, codes to print or save. */

import "./styles/plan.css";
import { countNeeded, csv } from "./lib/roster";
import { h } from "./lib/dom";
import { plural, t } from "./lib/strings";

const EXAMPLE_SEATS = 24;

function examForm(form: HTMLFormElement): void {
  const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
  const consequence = form.querySelector("[data-consequence]") as HTMLElement;
  const show = (): void => {
    field("zone_offset").value = String(new Date(field("starts_at").value || Date.now()).getTimezoneOffset());
    consequence.textContent = sentences(field("starts_at").value, Number(field("minutes").value), Number(field("ratio").value), Number(field("retention_days").value)).join("\n");
  };
  form.addEventListener("input", show);
  show();
}

function sentences(starts: string, minutes: number, ratio: number, days: number): string[] {
  const lines: string[] = [];
  const begin = new Date(starts);
  if (!Number.isNaN(begin.getTime())) {
    const clock = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium" });
    if (minutes > 0) lines.push(t("exam_new.consequence.ends", { time: clock.format(begin.getTime() + minutes * 60_000) }));
    if (days > 0) lines.push(t("exam_new.consequence.deleted", { date: day.format(begin.getTime() + days * 86_400_000) }));
  }
  if (ratio > 0) lines.push(plural("exam_new.consequence.seats", countNeeded(EXAMPLE_SEATS, ratio), { ratio, seats: EXAMPLE_SEATS }));
  return lines;
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
if (form) examForm(form);
const section = document.querySelector<HTMLElement>("[data-codes]");
if (section) codes(section);
