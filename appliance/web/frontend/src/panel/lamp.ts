/** The colour of the box's light at a moment, from the steps of its pattern (`box.panel.Panel.light`). Pure. */

export type Curve = "hold" | "breathe" | "fade";
export type Step = readonly [seconds: number, red: number, green: number, blue: number, curve: Curve];

export const DARK = "rgb(0 0 0)";

/** What the server put into the page; nothing where it makes no sense. */
export function stepsOf(said: string): Step[] {
  try {
    const steps = JSON.parse(said) as Step[];
    return Array.isArray(steps) && steps.every((step) => step.length === 5 && step[0] > 0) ? steps : [];
  } catch {
    return [];
  }
}

/** So many seconds after the pattern began; it goes over and over. */
export function colourAt(steps: readonly Step[], seconds: number): string {
  const whole = steps.reduce((sum, [length]) => sum + length, 0);
  if (!whole) return DARK;
  let rest = ((seconds % whole) + whole) % whole;
  for (const [length, red, green, blue, curve] of steps) {
    if (rest < length) return rgb(red, green, blue, brightness(curve, rest / length));
    rest -= length;
  }
  return DARK;
}

/** For whoever wants nothing to move: the colour of the longest step that shines. */
export function colourOf(steps: readonly Step[]): string {
  const shining = steps.filter(([, red, green, blue]) => Math.max(red, green, blue) > 0);
  const longest = shining.reduce<Step | null>((best, step) => (best && best[0] >= step[0] ? best : step), null);
  return longest ? rgb(longest[1], longest[2], longest[3], 1) : DARK;
}

function brightness(curve: Curve, part: number): number {
  if (curve === "breathe") return Math.sin(Math.PI * part);
  return curve === "fade" ? 1 - part : 1;
}

function rgb(red: number, green: number, blue: number, bright: number): string {
  return `rgb(${[red, green, blue].map((part) => Math.round(255 * part * bright)).join(" ")})`;
}
