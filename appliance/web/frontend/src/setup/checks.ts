/** Live tests: what stands in the form now is sent to the box, which tries it for real. */

import { post, problemOf } from "../lib/api";
import { t } from "../lib/strings";
import { item, line, type Found } from "./found";

const LONGEST_MS = 45_000;
const FILES: Readonly<Record<string, string>> = { chain_file: "chain_data", key_file: "key_data" };
const TEXTS: Readonly<Record<string, string>> = { ca_file: "ca" };

export function watchChecks(section: HTMLElement): void {
  const form = section.closest("form");
  const button = section.querySelector<HTMLButtonElement>("[data-check]");
  const list = section.querySelector<HTMLElement>("[data-findings]");
  const names = (section.dataset["checks"] ?? "").split(",");
  if (!form || !button || !list) return;
  const run = async (): Promise<void> => {
    button.disabled = true;
    section.setAttribute("aria-busy", "true");
    list.replaceChildren(line("note", t("common.loading")));
    const fields = await typed(form);
    const results = await Promise.all(names.map((name) => one(name, fields)));
    list.replaceChildren(...results.flat());
    section.removeAttribute("aria-busy");
    button.disabled = false;
  };
  button.addEventListener("click", () => void run());
  form.addEventListener("change", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "radio" && "auto" in section.dataset) void run();
  });
  if ("auto" in section.dataset) void run();
}

async function one(name: string, fields: Record<string, unknown>): Promise<HTMLElement[]> {
  try {
    const said = await post<{ findings: Found[] }>(`/api/setup/check/${name}`, fields, { signal: AbortSignal.timeout(LONGEST_MS) });
    return said.findings.map(item);
  } catch (error) {
    const problem = problemOf(error);
    return [line("bad", problem.sentence, problem.hint)];
  }
}

/** The fields of the form; files as base64, or as text where they are. */
async function typed(form: HTMLFormElement): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = { now: Date.now() / 1000 };
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") {
      if (name !== "csrf_token") fields[name] = value;
    } else if (value.size > 0) {
      if (FILES[name]) fields[FILES[name]] = await base64(value);
      else if (TEXTS[name]) fields[TEXTS[name]] = await value.text();
    }
  }
  return fields;
}

async function base64(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
