/** Which key does what on the wall and the look. */

import { chosen, type Keymap as Keys } from "../lib/keymap";

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

export type Keymap = Keys<Command>;

export const { keymap, load, save } = chosen(COMMANDS, USUAL, "keys");
