/** Times of day that a person types, and what they mean within a recording. Pure, but for the field. */

import { time, zoneAt } from "../lib/clock";
import { h } from "../lib/dom";

const DAY = 86_400;

/** The wall time nearest to `near` at which the lab's clock says "09:41:07" (or "09:41"); null for what is no time. */
export function wallOf(said: string, near: number): number | null {
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?$/.exec(said.trim());
  if (!found) return null;
  const [hours, minutes, seconds] = [found[1], found[2], found[3] ?? "0"].map(Number) as [number, number, number];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const zone = zoneAt(near);
  const midnight = Math.floor((near + zone) / DAY) * DAY - zone;
  const at = midnight + hours * 3600 + minutes * 60 + seconds;
  return [at - DAY, at, at + DAY].reduce((best, one) => (Math.abs(one - near) < Math.abs(best - near) ? one : best));
}

/** A field for a time of day with seconds; arrows up and down change it by one. */
export function timeField(id: string, at: number | null): HTMLInputElement {
  const field = h("input", { id, value: at === null ? "" : time(at), placeholder: "00:00:00", inputmode: "numeric", autocomplete: "off", maxlength: 8, class: "time-field" });
  field.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const now = by && wallOf(field.value, at ?? 0);
    if (!by || now === null || now === undefined) return;
    event.preventDefault();
    field.value = time(Number(now) + by);
  });
  return field;
}
