/** On every page: the look, the theme button, forms that are sent once. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/forms.css";
import { followInbox, showCount } from "./lib/inbox";
import { installTheme } from "./lib/theme";

installTheme();

const inboxCount = document.querySelector<HTMLElement>("[data-inbox-count]");
if (inboxCount) followInbox((inbox) => showCount(inboxCount, inbox.open));

for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    form.setAttribute("aria-busy", "true");
    setTimeout(() => form.removeAttribute("aria-busy"), 3000);
  });
}
