/** What the room does, above the tiles: the same at many seats is one line here and no flag on anybody. */

import { duration, now, shortTime } from "../lib/clock";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import type { RoomEvent } from "../lib/types";
import { flagTitle } from "../lib/words";
import { lately, type State } from "./store";

/** What is over stays to be read for so long. */
const READ_SECONDS = 120;

export class RoomNews {
  readonly element = h("ul", { class: "room-news", "aria-live": "polite", "aria-label": t("wall.room_events"), hidden: true });

  draw(state: State): void {
    const said = lately(state, now(), READ_SECONDS).map(sentence);
    this.element.hidden = !said.length;
    if (said.join("\n") !== [...this.element.children].map((line) => line.textContent).join("\n")) {
      this.element.replaceChildren(...said.map((text) => h("li", {}, text)));
    }
  }
}

function sentence(event: RoomEvent): string {
  const what = { flag: flagTitle(event), n: event.attempts.length, time: shortTime(event.onset_at) };
  return event.ended_at === null ? t("wall.room_event", what) : t("wall.room_event_over", { ...what, duration: duration(event.ended_at - event.onset_at) });
}
