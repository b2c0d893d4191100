// The button for light and dark. Both its words stand in the page; the styles show the one that applies.
import { chooseTheme, isDark } from "../theme";

export function themeSwitches(root: Document): void {
  for (const one of root.querySelectorAll<HTMLElement>("[data-theme-switch]")) {
    one.addEventListener("click", () => chooseTheme(isDark() ? "light" : "dark"));
  }
}
