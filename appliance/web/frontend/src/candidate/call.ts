/** A proctor speaks with the candidate: a calm banner, and the voice, without a click where the browser allows it. */

import { post } from "../lib/api";
import { h, set, write } from "../lib/dom";
import { Listener } from "../lib/listen";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { Door, Me } from "../lib/types";
import type { Equipment } from "./equipment";

export interface CallBanner {
  element: HTMLElement;
  update(me: Me): void;
}

export function call(equipment: Equipment): CallBanner {
  const title = h("strong", {});
  const said = h("p", {});
  const own = h("p", {});
  const status = h("div", { role: "status" }, h("p", {}, title), own, said);
  const play = h("button", { type: "button", class: "primary wide", hidden: true }, t("candidate.call.play"));
  const element = h("section", { class: "call", "aria-label": t("candidate.call.label"), hidden: true }, status, play);
  let listener: Listener | null = null;
  let current = "";

  const draw = (): void => {
    const hearing = listener?.hearing ?? "connecting";
    set(element, "data-hearing", hearing);
    write(said, t(`candidate.call.${hearing}`));
    play.hidden = hearing !== "blocked";
  };
  const begin = (id: string): void => {
    current = id;
    listener = new Listener(() => post<Door>("/api/me/call"), draw);
    element.append(listener.element);
  };
  const end = (): void => {
    listener?.close();
    listener?.element.remove();
    listener = null;
    if (current) toast(t("candidate.call.over"));
    current = "";
  };
  play.addEventListener("click", () => void listener?.play());

  return {
    element,
    update: (me) => {
      const id = me.call?.call ?? "";
      if (id !== current) {
        end();
        if (id) begin(id);
      }
      element.hidden = !id;
      if (!me.call) return;
      write(title, t("candidate.call.title", { name: me.call.by_name }));
      const speaks = heard(equipment);
      write(own, t(speaks ? "candidate.call.speak" : "candidate.call.muted"));
      set(own, "class", speaks ? null : "wrong");
      draw();
    },
  };
}

/** Does a microphone send? */
function heard(equipment: Equipment): boolean {
  const tracks = equipment.streams.webcam?.getAudioTracks() ?? [];
  return tracks.some((track) => track.enabled && !track.muted && track.readyState === "live");
}
