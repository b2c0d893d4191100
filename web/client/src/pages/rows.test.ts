import { beforeEach, describe, expect, it } from "vitest";
import { rowList } from "./rows";

const ROW = (n: string, value = ""): string =>
  `<li class="form-row"><span data-place></span><label for="t${n}">T</label><input id="t${n}" name="title" value="${value}">
   <button data-up></button><button data-down></button><button data-remove></button></li>`;
let list: HTMLElement;
const values = (): string[] => [...list.querySelectorAll("input")].map((input) => input.value);
const press = (selector: string, index = 0): void => list.querySelectorAll<HTMLElement>(selector)[index]?.click();

beforeEach(() => {
  document.body.innerHTML = `<div data-list="agenda"><ol class="form-rows">${ROW("0", "a")}${ROW("1", "b")}</ol><template>${ROW("__n__")}</template><button data-add></button></div>`;
  list = document.querySelector<HTMLElement>("[data-list]") as HTMLElement;
  rowList(list);
});

describe("rows of a form", () => {
  it("are added with a number of their own, and the new field has the focus", () => {
    press("[data-remove]", 1);
    press("[data-add]");
    expect(list.querySelectorAll("input")[1]?.id).toBe("t2");
    expect(list.querySelectorAll("label")[1]?.htmlFor).toBe("t2");
    expect(document.activeElement?.id).toBe("t2");
  });
  it("are moved, and the ends know that they are ends", () => {
    press("[data-down]", 0);
    expect(values()).toEqual(["b", "a"]);
    expect(list.querySelectorAll<HTMLButtonElement>("[data-up]")[0]?.disabled).toBe(true);
    expect(list.querySelectorAll<HTMLButtonElement>("[data-down]")[1]?.disabled).toBe(true);
    expect([...list.querySelectorAll("[data-place]")].map((place) => place.textContent)).toEqual(["1", "2"]);
  });
  it("leave the focus near when they are removed", () => {
    press("[data-remove]", 0);
    expect(values()).toEqual(["b"]);
    expect(document.activeElement?.matches("[data-remove]")).toBe(true);
    press("[data-remove]", 0);
    expect(document.activeElement?.matches("[data-add]")).toBe(true);
  });
});
