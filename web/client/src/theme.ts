// Light or dark: what the reader chose or, without a choice, what the system says. The cookie is the one place where the
// choice is kept: the server reads it too and draws every page in the right colours from the start.

export type Theme = "light" | "dark" | "system";

const YEAR_S = 31_536_000;
let chosen = read(document.cookie); // without cookies the choice lives as long as the page

export function chosenTheme(): Theme {
  return chosen;
}

export function isDark(): boolean {
  return chosen === "system" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}

export function chooseTheme(theme: Theme): void {
  chosen = theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${theme === "system" ? 0 : YEAR_S}; samesite=lax${secure}`;
  applyTheme();
}

/** For a page that was kept by the browser from before the choice. */
export function applyTheme(): void {
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}

export function read(cookies: string): Theme {
  const kept = /(?:^|;\s*)theme=(light|dark)(?:;|$)/.exec(cookies)?.[1];
  return kept === "light" || kept === "dark" ? kept : "system";
}
