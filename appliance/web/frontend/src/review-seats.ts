/** The page of seats and detectors: mutes and unmutes, and looks again by itself while the exam goes on. */

import "./styles/seats.css";
import { problemOf, request } from "./lib/api";
import { askMute } from "./lib/mute";

const EVERY_MS = 10_000;

/** What the server says now takes the place of what stands there; the focus stays where it was. */
async function again(): Promise<void> {
  const seats = document.querySelector("[data-seats]");
  if (!seats || document.hidden || document.querySelector("dialog[open]")) return;
  try {
    const said = await (await request(location.pathname, { headers: { Accept: "text/html" } })).text();
    const fresh = new DOMParser().parseFromString(said, "text/html").querySelector("[data-seats]");
    if (!fresh || fresh.innerHTML === seats.innerHTML) return;
    const { attempt, mute, unmute } = (document.activeElement as HTMLElement | null)?.dataset ?? {};
    seats.replaceChildren(...fresh.childNodes);
    const code = mute ?? unmute;
    if (code) seats.querySelector<HTMLElement>(`[data-attempt="${CSS.escape(attempt ?? "")}"]:is([data-mute="${CSS.escape(code)}"], [data-unmute="${CSS.escape(code)}"])`)?.focus();
  } catch (error) {
    if (!problemOf(error).offline) throw error; // offline it is asked again
  }
}

document.addEventListener("click", (event) => {
  const { attempt, mute, unmute, flag = "", place = "" } = (event.target as HTMLElement).closest<HTMLElement>("[data-mute], [data-unmute]")?.dataset ?? {};
  const code = mute ?? unmute;
  if (attempt && code) askMute({ attempt, code, flag, place }, mute !== undefined, () => setTimeout(() => void again(), 300));
});

setInterval(() => void again(), EVERY_MS);
