/** Which key does what: the usual keys, and those that somebody chose instead. Pure, but for what is kept in the browser. */

/** In the order of the help. */
export const COMMANDS = [
  "next", "previous", "look", "confirm", "dismiss", "inconclusive", "undo", "admit", "identity", "resubmit", "flag", "keep", "note", "message", "warn", "inquire", "talk", "listen",
  "break", "pause", "announce", "staff", "search", "help",
] as const;

export type Command = (typeof COMMANDS)[number];

export const USUAL: Readonly<Record<Command, string>> = {
  next: "j", previous: "k", look: "l", confirm: "c", dismiss: "d", inconclusive: "o", undo: "u", admit: "a", identity: "i", resubmit: "r", flag: "f", keep: "s", note: "n", message: "m",
  warn: "w", inquire: "q", talk: "t", listen: "h", break: "b", pause: "p", announce: "x", staff: "g", search: "/", help: "?",
};

export type Keymap = Readonly<Record<Command, string>>;

const STORE = "keys";

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

/** One visible character, and no digit: digits say reasons. */
export function usable(key: string): boolean {
  return [...key].length === 1 && !/[\s\d]/.test(key);
}

export function load(): Keymap {
  return keymap(localStorage.getItem(STORE));
}

export function save(map: Keymap): void {
  const changed = Object.fromEntries(COMMANDS.filter((command) => map[command] !== USUAL[command]).map((command) => [command, map[command]]));
  if (Object.keys(changed).length) localStorage.setItem(STORE, JSON.stringify(changed));
  else localStorage.removeItem(STORE);
}
