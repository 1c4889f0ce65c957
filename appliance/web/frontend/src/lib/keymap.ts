/** Which key does what on a page: the usual keys, and those that somebody chose instead. Pure, but for what is kept in the browser. */

export type Keymap<Command extends string> = Readonly<Record<Command, string>>;

export interface Chosen<Command extends string> {
  /** The usual keys with what was chosen; what is stored and makes no sense is left out. */
  keymap(stored: string | null): Keymap<Command>;
  load(): Keymap<Command>;
  save(map: Keymap<Command>): void;
}

/** One visible character, and no digit: digits say reasons. */
export function usable(key: string): boolean {
  return [...key].length === 1 && !/[\s\d]/.test(key);
}

/** `key` does `command` from now on; what it did before takes the key that `command` had. */
export function remapped<Command extends string>(map: Keymap<Command>, command: NoInfer<Command>, key: string): Keymap<Command> {
  const wanted = key.toLowerCase();
  const other = (Object.keys(map) as Command[]).find((one) => map[one] === wanted && one !== command);
  return { ...map, ...(other ? { [other]: map[command] } : {}), [command]: wanted };
}

/** The keys of one page; what differs from the usual ones is kept in the browser under `store`. */
export function chosen<Command extends string>(commands: readonly Command[], usual: Keymap<Command>, store: string): Chosen<Command> {
  const keymap = (stored: string | null): Keymap<Command> => {
    let said: Partial<Record<Command, unknown>> = {};
    try {
      said = (JSON.parse(stored ?? "{}") ?? {}) as typeof said;
    } catch {
      // somebody else's, or half written
    }
    return commands.reduce((map, command) => {
      const key = said[command];
      return typeof key === "string" && usable(key) ? remapped(map, command, key) : map;
    }, usual);
  };
  return {
    keymap,
    load: () => keymap(localStorage.getItem(store)),
    save: (map) => {
      const changed = Object.fromEntries(commands.filter((command) => map[command] !== usual[command]).map((command) => [command, map[command]]));
      if (Object.keys(changed).length) localStorage.setItem(store, JSON.stringify(changed));
      else localStorage.removeItem(store);
    },
  };
}
