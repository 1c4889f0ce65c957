/** The receipt's page: print it; or, where its address leads, take the token out of the fragment and open it. */

import "./styles/receipt.css";
import { post, problemOf } from "./lib/api";
import { write } from "./lib/dom";
import { t } from "./lib/strings";

const print = document.querySelector<HTMLButtonElement>("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

const under = document.getElementById("receipt-open");
if (under) {
  const come = (): void => {
    const token = location.hash.slice(1);
    history.replaceState(null, "", location.pathname); // it reads the receipt: it has no business in the history
    if (!token) return write(under, t("receipt.no_token"));
    post("/receipt/open", { token })
      .then(() => location.replace("/receipt"))
      .catch((error: unknown) => {
        const problem = problemOf(error);
        write(under, `${problem.sentence} ${problem.hint}`.trim());
      });
  };
  window.addEventListener("hashchange", come); // the same page, with another address typed
  come();
}
