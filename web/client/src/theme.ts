// Light or dark: what the reader chose (remembered on this machine) or, without a choice, what the system says.

export type Theme = "light" | "dark" | "system";

const KEY = "balai.theme";
const YEAR_S = 31_536_000;

export function chosenTheme(): Theme {
  const kept = read();
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function isDark(): boolean {
  const chosen = chosenTheme();
  return chosen === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}

export function chooseTheme(theme: Theme): void {
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // A browser that keeps nothing still shows what was chosen until the page goes.
  }
  // The server reads this one, so that the next page is drawn in the right colours from the start.
  document.cookie = `theme=${theme}; path=/; max-age=${theme === "system" ? 0 : YEAR_S}; samesite=lax`;
  apply(theme);
}

export function applyTheme(): void {
  apply(chosenTheme());
}

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
