/** The door for phones. The token stands in the link's fragment, which no server and no log ever sees; it is posted from here. */

import { perform } from "../candidate/action";
import { post, problemOf } from "../lib/api";
import { h, write } from "../lib/dom";
import { t } from "../lib/strings";

export function join(root: HTMLElement): void {
  const wrong = h("p", { class: "wrong", role: "alert", id: "code-wrong" });
  const field = h("input", { id: "phone-code", class: "phone-code", maxlength: 60, autocomplete: "off", autocapitalize: "none", spellcheck: "false", "aria-describedby": "code-hint code-wrong" });
  const go = h("button", { class: "primary wide" }, t("phone.join_go"));
  const form = h("form", { class: "card stack" },
    h("p", {}, t("phone.join_text")),
    h("div", { class: "row" }, h("label", { for: "phone-code" }, t("phone.code")), field, h("p", { class: "hint", id: "code-hint" }, t("phone.code_hint")), wrong),
    go);
  const under = h("p", { class: "muted", role: "status" });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void perform(go, wrong, () => use(field.value));
  });
  root.replaceChildren(h("h1", {}, t("phone.join_title")), under, form);
  const come = (): void => {
    const token = location.hash.slice(1);
    if (!token) return;
    history.replaceState(null, "", location.pathname); // a token that was used has no business in the history
    write(under, t("phone.joining"));
    form.hidden = true;
    use(token).catch((error: unknown) => {
      const problem = problemOf(error);
      write(under, "");
      write(wrong, `${problem.sentence} ${problem.hint}`.trim());
      form.hidden = false;
    });
  };
  window.addEventListener("hashchange", come); // the same page, scanned anew
  come();
}

async function use(token: string): Promise<void> {
  await post("/phone/join", { token });
  location.replace("/phone");
}
