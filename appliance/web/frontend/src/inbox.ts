/** The institution's inbox: ages that go on, and word of new questions. Answering works without it. */

import "./styles/inbox.css";
import { write } from "./lib/dom";
import { followInbox, unseen } from "./lib/inbox";
import { t } from "./lib/strings";

const shown = new Set([...document.querySelectorAll<HTMLElement>("[data-inquiry]")].map((one) => one.dataset.inquiry ?? ""));
const notice = document.querySelector<HTMLElement>("[data-inbox-new]");

followInbox((inbox) => {
  for (const age of document.querySelectorAll<HTMLElement>("[data-since]")) {
    const minutes = Math.floor((inbox.now - Number(age.dataset.since)) / 60);
    write(age, minutes > 0 ? t("inbox.ago", { minutes }) : t("inbox.just_now"));
  }
  if (notice && unseen(inbox, shown).length > 0) {
    if (shown.size === 0) location.reload(); // nothing is being written here
    else notice.hidden = false;
  }
});
