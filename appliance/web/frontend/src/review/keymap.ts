/** Which key does what while a recording is reviewed. Letters can be others; arrows, Space and Escape stay. */

import { chosen, type Keymap as Keys } from "../lib/keymap";

/** In the order of the help. */
export const COMMANDS = [
  "play", "back", "on", "frame_back", "frame_on", "slower", "faster", "next", "previous", "stop", "skip", "confirm", "dismiss", "inconclusive",
  "flag", "note", "in", "out", "export", "mute", "zoom", "go", "help",
] as const;

export type Command = (typeof COMMANDS)[number];
export type Keymap = Keys<Command>;

export const USUAL: Keymap = {
  play: "k", back: "j", on: "l", frame_back: ",", frame_on: ".", slower: "[", faster: "]", next: "n", previous: "p", stop: "q", skip: "x", confirm: "c", dismiss: "d",
  inconclusive: "u", flag: "f", note: "w", in: "i", out: "o", export: "e", mute: "m", zoom: "z", go: "g", help: "?",
};

export const { keymap, load, save } = chosen(COMMANDS, USUAL, "review-keys");
