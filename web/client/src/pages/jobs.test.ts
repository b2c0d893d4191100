// @vitest-environment jsdom
import { expect, test } from "vitest";
import { show } from "./jobs";

function page(): HTMLElement {
  document.body.innerHTML = `<section data-jobs="/x"><div data-job="a"><span data-doing>menunggu</span><span data-share>0%</span><progress max="1" value="0"></progress></div></section>`;
  return document.querySelector<HTMLElement>("[data-jobs]")!;
}

test("a job's row follows what the server says", () => {
  const list = page();
  expect(show(list, [{ composition_id: "a", share: 0.427, text: "gambar disusun" }])).toBe(true);
  expect(list.querySelector("progress")!.value).toBeCloseTo(0.427);
  expect(list.querySelector("[data-share]")!.textContent).toBe("42%");
  expect(list.querySelector("[data-doing]")!.textContent).toBe("gambar disusun");
});

test("a job that is over, or another one, wants the page anew", () => {
  expect(show(page(), [])).toBe(false);
  expect(show(page(), [{ composition_id: "b", share: 0, text: "" }])).toBe(false);
});
