/** How many seats the box carries: as it was measured, or measured now. */

import { get, post, problemOf } from "../lib/api";
import { t } from "../lib/strings";
import { line } from "./found";

interface Said {
  state: "idle" | "running" | "done" | "failed";
  seats: number;
  sentence: string;
  known: boolean;
}

const ASK_MS = 1500;

export function watchCapacity(section: HTMLElement): void {
  const list = section.querySelector<HTMLElement>("[data-capacity-said]");
  const button = section.querySelector<HTMLButtonElement>("[data-measure]");
  const typed = section.closest("form")?.querySelector<HTMLInputElement>("[name=seats]");
  if (!list || !button) return;
  let last: Said | null = null;
  const show = (said: Said): void => {
    last = said;
    button.disabled = said.state === "running";
    if (said.state === "running") return list.replaceChildren(line("note", t("setup.seats.measuring")));
    const seats = Number(typed?.value ?? "");
    const lines = [line(said.known ? "good" : "note", said.sentence)];
    if (said.state === "failed") lines.unshift(line("warn", t("setup.seats.measure_failed")));
    if (seats > 0) lines.push(seats <= said.seats ? line("good", t("setup.seats.enough", { seats })) : line("warn", t("setup.seats.few", { seats, carries: said.seats })));
    list.replaceChildren(...lines);
  };
  const ask = async (how: () => Promise<Said>): Promise<void> => {
    try {
      const said = await how();
      show(said);
      if (said.state === "running") setTimeout(() => void ask(() => get<Said>("/api/setup/capacity")), ASK_MS);
    } catch (error) {
      const problem = problemOf(error);
      list.replaceChildren(line("bad", problem.sentence, problem.hint));
      setTimeout(() => void ask(() => get<Said>("/api/setup/capacity")), 2 * ASK_MS);
    }
  };
  button.addEventListener("click", () => void ask(() => post<Said>("/api/setup/capacity")));
  typed?.addEventListener("input", () => last && show(last));
  void ask(() => get<Said>("/api/setup/capacity"));
}
