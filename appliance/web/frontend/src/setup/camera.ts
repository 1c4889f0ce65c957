/** The setup page's side of the camera check: the link for a lab computer, and what the box sees of it. */

import { get, post, problemOf } from "../lib/api";
import { set } from "../lib/dom";
import { t } from "../lib/strings";
import { line, type State } from "./found";

export interface Arrived {
  state: "none" | "waiting" | "arriving" | "seen" | "nothing";
  seen: boolean;
  heard: boolean;
  number: number;
  sentence: string;
}

const ASK_MS = 700;
export const STATES: Readonly<Record<Arrived["state"], State>> = { none: "warn", waiting: "note", arriving: "note", seen: "good", nothing: "bad" };

export function watchCamera(section: HTMLElement): void {
  const find = <E extends HTMLElement>(name: string): E | null => section.querySelector<E>(`[data-${name}]`);
  const [button, invitation, link, list] = [find<HTMLButtonElement>("invite"), find("invitation"), find<HTMLAnchorElement>("link"), find("camera-said")];
  const [picture, still] = [find<HTMLImageElement>("qr"), find<HTMLImageElement>("still")];
  if (!button || !invitation || !link || !list || !picture || !still) return;
  if ("cameraSeen" in section.dataset) list.replaceChildren(line("good", t("setup.seats.seen_before")));
  let shown = "";
  let number = 0;
  const look = async (): Promise<void> => {
    try {
      const said = await get<Arrived>("/api/setup/camera");
      if (said.number > number) {
        number = said.number;
        still.hidden = false;
        set(still, "src", `/api/setup/camera/picture?${said.number}`);
      }
      if (said.sentence !== shown) list.replaceChildren(line(STATES[said.state], said.sentence));
      shown = said.sentence;
      if (said.state === "none") {
        button.disabled = false;
        return;
      }
      if (said.state === "waiting") number = 0;
    } catch (error) {
      shown = problemOf(error).sentence;
      list.replaceChildren(line("bad", shown));
    }
    setTimeout(() => void look(), ASK_MS);
  };
  button.addEventListener("click", () => void invite());
  const invite = async (): Promise<void> => {
    button.disabled = true;
    try {
      const said = await post<{ link: string; picture: string }>("/api/setup/camera");
      link.href = said.link;
      link.textContent = said.link;
      picture.src = said.picture;
      invitation.hidden = false;
      void look();
    } catch (error) {
      const problem = problemOf(error);
      list.replaceChildren(line("bad", problem.sentence, problem.hint));
      button.disabled = false;
    }
  };
}
