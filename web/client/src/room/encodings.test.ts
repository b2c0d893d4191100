import { describe, expect, it } from "vitest";
import { cameraEncodings, screenEncodings } from "./encodings";

describe("camera encodings", () => {
  it.each([
    [1280, 720, 3],
    [1920, 1080, 3],
    [720, 1280, 3],
    [960, 540, 3],
    [640, 480, 2],
    [640, 360, 2],
    [320, 180, 1],
    [0, 0, 1],
  ])("%i x %i gets %i layers, small ones first", (width, height, layers) => {
    const encodings = cameraEncodings(width, height);
    expect(encodings).toHaveLength(layers);
    const bitrates = encodings.map((one) => one.maxBitrate ?? 0);
    expect(bitrates).toEqual([...bitrates].sort((a, b) => a - b));
  });

  it("sends a screen whole", () => {
    expect(screenEncodings().every((one) => (one.scaleResolutionDownBy ?? 1) === 1)).toBe(true);
  });
});
