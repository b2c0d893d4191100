import { describe, expect, it } from "vitest";
import { wishOf, type Pressed } from "./keys";

const press = (key: string, more: Partial<Pressed> = {}): Pressed => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  repeat: false,
  ...more,
});
const element = (name: string, set: (made: HTMLElement) => void = () => {}): HTMLElement => {
  const made = document.createElement(name);
  set(made);
  return made;
};

describe("wishOf", () => {
  it("knows the keys of the room", () => {
    expect(wishOf(press("m"), [])).toBe("microphone");
    expect(wishOf(press("V"), [])).toBe("camera");
    expect(wishOf(press("h"), [])).toBe("hand");
    expect(wishOf(press("s"), [])).toBe("screen");
    expect(wishOf(press("?", { shiftKey: true }), [])).toBe("keys");
    expect(wishOf(press("3"), [])).toBe("rail-3");
    expect(wishOf(press("5"), [])).toBe("rail-5");
    expect(wishOf(press("9"), [])).toBeNull();
    expect(wishOf(press(" "), [document.body])).toBe("speak");
  });

  it("leaves the browser's own keys alone", () => {
    expect(wishOf(press("s", { ctrlKey: true }), [])).toBeNull();
    expect(wishOf(press("m", { metaKey: true }), [])).toBeNull();
    expect(wishOf(press("h", { altKey: true }), [])).toBeNull();
  });

  it("does nothing while somebody types, wherever the field stands", () => {
    const field = element("textarea");
    const host = element("balai-chat");
    for (const key of ["m", "v", "h", "s", "1", "?", " "]) {
      expect(wishOf(press(key), [field, host, document.body])).toBeNull();
    }
    expect(wishOf(press("m"), [element("input")])).toBeNull();
    expect(wishOf(press("m"), [element("select")])).toBeNull();
    expect(wishOf(press("m"), [element("button"), element("wa-dialog")])).toBeNull();
    expect(wishOf(press("m"), [element("input", (made) => made.setAttribute("type", "checkbox"))])).toBe("microphone");
  });

  it("goes from region to region even while typing", () => {
    expect(wishOf(press("F6"), [element("textarea")])).toBe("region");
    expect(wishOf(press("F6", { shiftKey: true }), [])).toBe("region-back");
  });

  it("leaves the space bar to what it presses, and a held key acts once", () => {
    expect(wishOf(press(" "), [element("button")])).toBeNull();
    expect(wishOf(press(" "), [element("div", (made) => made.setAttribute("role", "tab"))])).toBeNull();
    expect(wishOf(press(" ", { repeat: true }), [document.body])).toBeNull();
    expect(wishOf(press("m", { repeat: true }), [])).toBeNull();
  });
});
