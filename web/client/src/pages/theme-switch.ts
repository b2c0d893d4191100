// The button for light and dark; its words come with it.
import { chooseTheme, isDark } from "../theme";

export function themeSwitches(root: Document): void {
  const switches = [...root.querySelectorAll<HTMLElement>("[data-theme-switch]")];
  const say = (): void => {
    for (const one of switches) {
      const word = one.dataset[isDark() ? "light" : "dark"];
      if (word) one.textContent = word;
    }
  };
  for (const one of switches) {
    one.addEventListener("click", () => {
      chooseTheme(isDark() ? "light" : "dark");
      say();
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", say);
  say();
}
