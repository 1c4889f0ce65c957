/** Staff ask for the room to be shown while something else goes on: a card above the step. The exam goes on beside it (M25). */

import { h } from "../lib/dom";
import { t } from "../lib/strings";
import type { Me } from "../lib/types";
import { RoomScan } from "./scan";
import type { Page } from "./step";

export class ScanPrompt {
  private readonly body = h("div", {});
  readonly element = h("section", { class: "card stack scan-prompt", "aria-labelledby": "scan-prompt", hidden: true },
    h("h2", { id: "scan-prompt" }, t("candidate.scan.prompt")), h("p", { role: "alert" }, ""), this.body);
  private scan: RoomScan | null = null;

  constructor(private readonly page: Page) {}

  update(me: Me): void {
    const open = me.checkin.scan.asked !== null && me.stage !== "room_scan";
    if (open && !this.scan) this.begin(me);
    else if (!open && this.scan) this.end();
    this.scan?.update(me);
  }

  private begin(me: Me): void {
    this.scan = new RoomScan(this.page, me);
    this.body.replaceChildren(this.scan.element);
    this.element.hidden = false;
    const said = this.element.querySelector("p");
    if (said) said.textContent = t(me.stage === "in_exam" ? "candidate.scan.prompt_exam" : "candidate.scan.prompt_text"); // written after it is shown, so that it is read out
  }

  private end(): void {
    this.scan?.leave();
    this.scan = null;
    this.element.hidden = true;
    this.body.replaceChildren();
  }
}
