/** The box starts again: the page waits calmly, and goes on by itself. */

import { data, write } from "../lib/dom";
import { t } from "../lib/strings";

const ASK_MS = 1000;
const ANSWER_MS = 4000;
/** After this the page says where else the box may be. */
const LONG_MS = 45_000;
const ON_MS = 90_000;
const CARD = "/setup/card";

export function waitForBox(page: HTMLElement): void {
  const said = page.querySelector<HTMLElement>("[data-said]");
  const elsewhere = page.querySelector<HTMLElement>("[data-elsewhere]");
  const on = page.querySelector<HTMLElement>("[data-on]");
  const { moved } = data<{ moved: boolean }>("boot");
  const began = Date.now();
  const look = async (): Promise<void> => {
    const waited = Date.now() - began;
    if (elsewhere) elsewhere.hidden = !moved && waited < LONG_MS;
    if (on) on.hidden = waited < ON_MS;
    try {
      const answer = await fetch("/api/setup/applied", { headers: { Accept: "application/json" }, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
      if (answer.ok) {
        const { ready, sentence } = (await answer.json()) as { ready: boolean; sentence: string };
        if (said) write(said, ready ? t("setup.wait.back") : sentence);
        if (ready) return location.replace(CARD);
      } else if (answer.status === 401 || answer.status === 403) {
        return location.replace("/setup"); // the code is asked for again
      }
    } catch {
      if (said) write(said, t("setup.wait.restarting"));
    }
    setTimeout(() => void look(), ASK_MS);
  };
  void look();
}
