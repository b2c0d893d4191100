import { describe, expect, it } from "vitest";
import { arrange, capacity, choose, spotlight, type Box } from "./layout";

const SCREENS: readonly [number, number][] = [
  [1072, 720],
  [1360, 700],
  [390, 640],
  [320, 420],
  [844, 300],
  [2000, 1100],
];

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

describe("arrange", () => {
  for (const [width, height] of SCREENS) {
    for (let count = 1; count <= 25; count++) {
      it(`keeps ${count} tiles inside ${width}x${height}, apart, equal and undistorted`, () => {
        const { boxes } = arrange(count, width, height, 8);
        expect(boxes).toHaveLength(count);
        boxes.forEach((box, index) => {
          expect(box.x).toBeGreaterThanOrEqual(-1);
          expect(box.y).toBeGreaterThanOrEqual(-1);
          expect(box.x + box.width).toBeLessThanOrEqual(width + 1);
          expect(box.y + box.height).toBeLessThanOrEqual(height + 1);
          expect(box.width / box.height).toBeLessThan(1.86);
          expect(box.width / box.height).toBeGreaterThan(0.75);
          for (const other of boxes.slice(index + 1)) expect(overlap(box, other)).toBe(false);
        });
      });
    }
  }

  it("uses the space well", () => {
    for (const [count, least] of [[1, 0.8], [2, 0.5], [4, 0.8], [9, 0.8], [25, 0.8]] as const) {
      const used = arrange(count, 1280, 760, 8).boxes.reduce((sum, box) => sum + box.width * box.height, 0) / (1280 * 760);
      expect(used, `${count} tiles`).toBeGreaterThan(least);
    }
  });

  it("stacks two on an upright phone and sets them side by side on a desk", () => {
    expect(arrange(2, 390, 640, 8).columns).toBe(1);
    expect(arrange(2, 1072, 600, 8).columns).toBe(2);
  });

  it("does not change its columns while a window is dragged over a boundary", () => {
    let columns = 0;
    let changes = 0;
    for (let step = 0; step < 200; step++) {
      const width = 900 + (step % 2) * 6 + Math.floor(step / 100) * 3;
      const next = arrange(5, width, 640, 8, columns).columns;
      if (columns && next !== columns) changes++;
      columns = next;
    }
    expect(changes).toBe(0);
  });

  it("has no place for nobody, nor without space", () => {
    expect(arrange(0, 800, 600, 8).boxes).toEqual([]);
    expect(arrange(3, 0, 600, 8).boxes).toEqual([]);
  });
});

describe("capacity", () => {
  it("holds 25 on a desk and fewer on a phone", () => {
    expect(capacity(1072, 720, 8)).toBe(25);
    expect(capacity(374, 560, 8)).toBeGreaterThanOrEqual(6);
    expect(capacity(374, 560, 8)).toBeLessThan(13);
    expect(capacity(10, 10, 8)).toBe(1);
  });
});

describe("spotlight", () => {
  it("puts the strip at the right of a wide stage and below on a high one", () => {
    const wide = spotlight(20, 1200, 700, 8);
    expect(wide.strip.length).toBeGreaterThan(3);
    expect(wide.strip.every((box) => box.x >= wide.main.width + 8 && box.y >= 0 && box.y + box.height <= 700)).toBe(true);
    const high = spotlight(20, 374, 600, 8);
    expect(high.strip.every((box) => box.y >= high.main.height + 8 && box.x >= 0 && box.x + box.width <= 374)).toBe(true);
  });
  it("gives everything to the picture when nobody is beside it", () => {
    expect(spotlight(0, 1000, 500, 8)).toEqual({ main: { x: 0, y: 0, width: 1000, height: 500 }, strip: [] });
  });
});

describe("choose", () => {
  const all = ["me", "a", "b", "c", "d"];
  it("shows all when all fit", () => {
    expect(choose(all, 5, [], new Set(), new Map())).toEqual(all);
  });
  it("keeps places and lets a speaker take that of the longest silent", () => {
    const spoke = new Map([["a", 50], ["b", 10]]);
    expect(choose(all, 3, ["me", "a", "b"], new Set(["d"]), spoke)).toEqual(["me", "a", "d"]);
  });
  it("never hides oneself, nor somebody who speaks", () => {
    expect(choose(all, 2, ["me", "a"], new Set(["a", "c"]), new Map())).toEqual(["me", "a"]);
  });
  it("fills the place of somebody who left", () => {
    expect(choose(["me", "b", "c", "d"], 3, ["me", "a", "b"], new Set(), new Map())).toEqual(["me", "b", "c"]);
  });
});
