/** Where the cameras of one candidate stand: rules apply by it. */

import { arrange, h, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Kind, Place } from "../lib/types";

const PLACES: readonly Place[] = ["front", "oblique", "paper", "room"];

export class Places {
  readonly element = h("ul", { class: "plain-list places" });
  private readonly entries = new Map<Kind, { element: HTMLLIElement; choice: HTMLSelectElement; said: HTMLElement }>();

  /** `put` says a new place at the box; it is shown when the box has said so. */
  constructor(private readonly may: boolean, private readonly put: (kind: Kind, place: Place) => Promise<void>) {}

  update(places: ReadonlyMap<Kind, Place>, kinds: readonly Kind[], open: boolean): void {
    arrange(this.element, kinds.map((kind) => {
      const entry = this.entries.get(kind) ?? this.make(kind);
      const place = places.get(kind) ?? "front";
      entry.choice.hidden = !open || !this.may;
      entry.said.hidden = !entry.choice.hidden;
      if (document.activeElement !== entry.choice || entry.choice.dataset["said"] !== place) entry.choice.value = place;
      entry.choice.dataset["said"] = place;
      write(entry.said, t(`place.${place}`));
      return entry.element;
    }));
  }

  private make(kind: Kind): { element: HTMLLIElement; choice: HTMLSelectElement; said: HTMLElement } {
    const id = `place-${kind}`;
    const choice = h("select", { id, class: "small" }, ...PLACES.map((place) => h("option", { value: place }, t(`place.${place}`))));
    choice.addEventListener("change", () => {
      void this.put(kind, choice.value as Place).finally(() => { choice.value = choice.dataset["said"] ?? choice.value; });
    });
    const said = h("span", {});
    const entry = { element: h("li", {}, h("label", { for: id }, t(`kind.${kind}`)), choice, said), choice, said };
    this.entries.set(kind, entry);
    return entry;
  }
}
