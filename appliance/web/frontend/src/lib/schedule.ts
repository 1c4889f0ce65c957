/** Times of an exam while it is planned. All in the lab's own time, as a form's field says it ("2030-01-02T09:30"): no zone, no guess. */

/** A room that another exam has. */
export interface Taken {
  readonly title: string;
  readonly room: string;
  readonly begins: string;
  readonly over: string;
}

/** So many minutes later; NaN for what is no date. */
export function later(local: string, minutes: number): number {
  return Date.parse(`${local}Z`) + minutes * 60_000;
}

/** Who has the room between these moments; a room without a name is nobody's. */
export function clash(taken: readonly Taken[], room: string, begins: number, over: number): Taken | null {
  const wanted = room.trim().toLowerCase();
  if (!wanted || Number.isNaN(begins) || Number.isNaN(over)) return null;
  return taken.find((one) => one.room.trim().toLowerCase() === wanted && later(one.begins, 0) < over && begins < later(one.over, 0)) ?? null;
}

/** "mode=live level!=none room_scan": does all of it hold? `value` gives a field's value, "" where it is not ticked. */
export function holds(condition: string, value: (name: string) => string): boolean {
  return condition.split(" ").every((part) => {
    const [name = "", wanted] = part.split(/!?=/);
    if (wanted === undefined) return value(name) !== "";
    return (value(name) === wanted) !== part.includes("!=");
  });
}
