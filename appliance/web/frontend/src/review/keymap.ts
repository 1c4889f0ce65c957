/** Which key does what while a recording is reviewed. Letters can be others; arrows, Space and Escape stay. Pure, but for what is kept
 * in the browser. */

import { usable } from "../wall/keymap";

/** In the order of the help. */
export const COMMANDS = [
  "play", "back", "on", "frame_back", "frame_on", "slower", "faster", "next", "previous", "stop", "skip", "confirm", "dismiss", "inconclusive",
  "flag", "note", "in", "out", "export", "mute", "zoom", "go", "help",
] as const;

export type Command = (typeof COMMANDS)[number];
export type Keymap = Readonly<Record<Command, string>>;

export const USUAL: Keymap = {
  play: "k", back: "j", on: "l", frame_back: ",", frame_on: ".", slower: "[", faster: "]", next: "n", previous: "p", stop: "q", skip: "x", confirm: "c", dismiss: "d",
  inconclusive: "u", flag: "f", note: "w", in: "i", out: "o", export: "e", mute: "m", zoom: "z", go: "g", help: "?",
};

const STORE = "review-keys";

/** The usual keys with what was chosen; what is stored and makes no sense is left out. */
export function keymap(stored: string | null): Keymap {
  let chosen: Partial<Record<Command, unknown>> = {};
  try {
    chosen = (JSON.parse(stored ?? "{}") ?? {}) as typeof chosen;
  } catch {
    // somebody else's, or half written
  }
  return COMMANDS.reduce((map, command) => {
    const key = chosen[command];
    return typeof key === "string" && usable(key) ? remapped(map, command, key) : map;
  }, USUAL);
}

/** `key` does `command` from now on; what it did before takes the key that `command` had. */
export function remapped(map: Keymap, command: Command, key: string): Keymap {
  const wanted = key.toLowerCase();
  const other = COMMANDS.find((one) => map[one] === wanted && one !== command);
  return { ...map, ...(other ? { [other]: map[command] } : {}), [command]: wanted };
}

export function load(): Keymap {
  return keymap(localStorage.getItem(STORE));
}

export function save(map: Keymap): void {
  const changed = Object.fromEntries(COMMANDS.filter((command) => map[command] !== USUAL[command]).map((command) => [command, map[command]]));
  if (Object.keys(changed).length) localStorage.setItem(STORE, JSON.stringify(changed));
  else localStorage.removeItem(STORE);
}
