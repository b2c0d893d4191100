import { describe, expect, it } from "vitest";
import { applyTheme, chooseTheme, chosenTheme, read } from "./theme";

describe("the theme that was chosen", () => {
  it("is read from the cookie that the server reads too, and from no other", () => {
    expect(read("language=id; theme=dark; a=b")).toBe("dark");
    expect(read("theme=light")).toBe("light");
    expect(read("mytheme=dark; theme=blue")).toBe("system");
    expect(read("")).toBe("system");
  });

  it("stands on the document at once and in the cookie for the next page", () => {
    chooseTheme("dark");
    expect(document.documentElement.dataset["theme"]).toBe("dark");
    expect(read(document.cookie)).toBe("dark");
  });

  it("goes from both when the system decides again", () => {
    chooseTheme("dark");
    chooseTheme("system");
    applyTheme();
    expect(chosenTheme()).toBe("system");
    expect(document.documentElement.dataset["theme"]).toBeUndefined();
    expect(document.cookie).not.toContain("theme=");
  });
});
