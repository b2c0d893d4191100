// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { holds, lastBefore, nextSpeed, playbacks, wantedMs } from "./playback";

describe("what holds at a second", () => {
  it("is there from the beginning of a span and no longer at its end", () => {
    const spans = [[1_000, 2_000], [5_000, 6_000]] as const;
    expect([0, 1_000, 1_999, 2_000, 5_500, 6_000].map((at) => holds(spans, at))).toEqual([false, true, true, false, true, false]);
  });

  it("is the last moment that has come", () => {
    expect([-1, 0, 5, 10, 99].map((at) => lastBefore([0, 10, 10, 20], at))).toEqual([-1, 0, 0, 2, 3]);
  });

  it("goes faster and slower by steps, and stops at the ends", () => {
    expect([nextSpeed(1, 1), nextSpeed(2, 1), nextSpeed(1, -1), nextSpeed(0.75, -1)]).toEqual([1.25, 2, 0.75, 0.75]);
  });

  it("begins where the address says, at a named line before a time, and nowhere when it is nonsense", () => {
    const at = (address: string): number | null => wantedMs(new URL(`https://balai.test/${address}`), (id) => (id === "decision-d1" ? 42_000 : undefined));
    expect([at("?t=7"), at("?t=7#decision-d1"), at("#decision-x"), at("?t=-1"), at("?t=x"), at("")]).toEqual([7_000, 42_000, null, null, null, null]);
  });
});

describe("the page", () => {
  it("marks what is current, says who is away, seeks by a click and finds words", () => {
    document.body.innerHTML = `<div data-playback><video></video><strong data-item></strong><span data-present data-words="Hadir: {count}"></span>
      <ul><li data-row data-there="[[0,3000]]"><b data-away hidden></b><svg><rect data-head></rect></svg></li><li data-row data-there="[[0,9000]]"><b data-away hidden></b></li></ul>
      <ol><li data-from="0" data-until="4000" data-title="1. Pembukaan"></li><li data-from="4000" data-until="9000" data-title="2. Laporan"></li></ol>
      <input data-find><p data-none hidden></p><ol><li id="a" data-cue="1000">Dana siaga<a data-seek="1000" href="?t=1"></a></li><li id="b" data-cue="5000">Jembatan<a data-seek="5000" href="?t=5"></a></li></ol></div>`;
    const video = document.querySelector("video") as HTMLVideoElement;
    Object.defineProperty(video, "readyState", { value: 4 });
    Object.defineProperty(video, "duration", { value: 9 });
    let now = 0;
    Object.defineProperty(video, "currentTime", { get: () => now, set: (to: number) => ((now = to), video.dispatchEvent(new Event("seeked"))) });
    playbacks(document);
    expect(document.querySelector("[data-present]")?.textContent).toBe("Hadir: 2");
    document.querySelector<HTMLElement>("#b a")?.click();
    expect(now).toBe(5);
    expect(document.querySelector("#b")?.getAttribute("aria-current")).toBe("true");
    expect(document.querySelector("[data-item]")?.textContent).toBe("2. Laporan");
    expect(document.querySelector("[data-present]")?.textContent).toBe("Hadir: 1");
    expect([...document.querySelectorAll<HTMLElement>("[data-away]")].map((one) => one.hidden)).toEqual([false, true]);
    const find = document.querySelector("[data-find]") as HTMLInputElement;
    find.value = "dana";
    find.dispatchEvent(new Event("input"));
    expect([...document.querySelectorAll<HTMLElement>("[data-cue]")].map((one) => one.hidden)).toEqual([false, true]);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "j" }));
    expect(now).toBe(0);
  });
});
