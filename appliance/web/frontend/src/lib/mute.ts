/** Asks for the reason, and mutes a detector at a seat, or unmutes it. */

import { post } from "./api";
import { ask } from "./dialog";
import { h } from "./dom";
import { t } from "./strings";

export interface Muting {
  attempt: string;
  code: string;
  /** In words: the flag's title, and where. */
  flag: string;
  place: string;
}

const LONGEST = 500;

/** `done` runs once the box has taken it. */
export function askMute({ attempt, code, flag, place }: Muting, muted: boolean, done: () => void = () => undefined): void {
  const what = muted ? "mute" : "unmute";
  const reason = h("textarea", { id: "mute-reason", maxlength: LONGEST, required: true, rows: 2 });
  ask({
    title: t(`seats.ask.${what}`, { flag, place }),
    body: [muted ? h("p", {}, t("seats.ask.mute_hint")) : null, h("div", { class: "row" }, h("label", { for: "mute-reason" }, t("seats.ask.reason")), reason)].filter((part) => part !== null),
    go: t(`seats.ask.go_${what}`),
    run: async () => {
      await post(`/api/review/${attempt}/mute`, { code, muted, reason: reason.value.trim() });
      done();
      return t(`seats.done_${what}`, { flag, place });
    },
  });
  reason.focus();
}
