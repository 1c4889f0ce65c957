/** Light or dark: the system's choice (the wall is dark) until somebody presses the button. A cookie lets the server draw it so. */

export function installTheme(root: HTMLElement = document.documentElement): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-theme-toggle]")) {
    button.hidden = false;
    button.addEventListener("click", () => toggleTheme(root));
  }
}

export function toggleTheme(root: HTMLElement = document.documentElement): void {
  const next = current(root) === "dark" ? "light" : "dark";
  root.dataset["theme"] = next;
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
}

function current(root: HTMLElement): string {
  const chosen = root.dataset["theme"];
  if (chosen) return chosen;
  if (root.dataset["home"] === "dark") return "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
