/** The part of the timeline that is in sight. Pure. */

export interface View {
  from: number;
  to: number;
}

/** Seconds in sight; null: the whole. */
export const ZOOMS = [null, 1800, 300] as const;
export type Zoom = (typeof ZOOMS)[number];

/** So much, with `at` in the middle where that fits. */
export function around(whole: View, zoom: Zoom, at: number): View {
  const length = whole.to - whole.from;
  if (zoom === null || zoom >= length) return whole;
  return within(whole, { from: at - zoom / 2, to: at + zoom / 2 });
}

/** Moved by so many seconds, never past an end. */
export function moved(whole: View, view: View, by: number): View {
  return within(whole, { from: view.from + by, to: view.to + by });
}

/** What plays stays in sight: a page is turned when it leaves. */
export function following(whole: View, view: View, at: number): View {
  if (at >= view.from && at <= view.to) return view;
  const length = view.to - view.from;
  return within(whole, { from: at - length * 0.1, to: at + length * 0.9 });
}

function within(whole: View, view: View): View {
  const length = view.to - view.from;
  const from = Math.max(whole.from, Math.min(view.from, whole.to - length));
  return { from, to: from + length };
}

const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
const TICK_PX = 90;

/** Round times of day at which a tick stands: so many as fit. `zone`: seconds that the lab's clock is ahead of UTC. */
export function ticks(view: View, width: number, zone: number): number[] {
  const wanted = ((view.to - view.from) * TICK_PX) / Math.max(1, width);
  const step = STEPS.find((one) => one >= wanted) ?? 7200;
  const first = Math.ceil((view.from + zone) / step) * step - zone;
  const found: number[] = [];
  for (let at = first; at <= view.to; at += step) found.push(at);
  return found;
}
