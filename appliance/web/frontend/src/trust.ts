/** The page that brings a device to the box: does this device trust it? A request by HTTPS says so, and nothing else can. */

import "./styles/trust.css";
import { write } from "./lib/dom";
import { t } from "./lib/strings";

const PATIENCE = 6000; // ms: who installs something and comes back waits no longer

const box = document.querySelector<HTMLElement>("[data-probe]");
const address = box?.dataset.probe;

if (box && address) {
  const part = (name: string): HTMLElement | null => box.querySelector<HTMLElement>(`[data-${name}]`);
  let looking = false;

  const show = (state: "checking" | "works" | "works_not"): void => {
    box.dataset.state = state;
    const [sign, say, again] = [part("sign"), part("say"), part("again")];
    if (sign) write(sign, { checking: "…", works: "✓", works_not: "!" }[state]);
    if (say) write(say, t(`trust.${state}`));
    if (again) again.hidden = state !== "works_not";
  };

  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    if (box.dataset.state !== "works") show("checking");
    try {
      await fetch(address, { mode: "no-cors", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(PATIENCE) });
      show("works");
    } catch {
      show("works_not");
    } finally {
      looking = false;
    }
  };

  part("again")?.addEventListener("click", () => void look());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void look();
  });
  void look();
}
