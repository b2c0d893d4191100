import { describe, expect, it } from "vitest";
import { cameraEncodings, layered, pictureCodec, screenEncodings } from "./encodings";

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

  it("sends a screen whole, and half of it for thin lines", () => {
    const [small, whole] = screenEncodings(1920, 1080);
    expect(whole).toEqual({ scaleResolutionDownBy: 1, maxBitrate: 2_500_000, maxFramerate: 15 });
    expect(small?.scaleResolutionDownBy).toBe(2);
    expect(small?.maxBitrate).toBeLessThan(250_000); // beside sound on a line of 300 kbit/s
  });

  it("sends a small window whole only: a browser would send no second layer", () => {
    expect(screenEncodings(800, 600)).toHaveLength(1);
    expect(screenEncodings(1600, 500)).toHaveLength(1);
    expect(screenEncodings(0, 0)).toHaveLength(1);
  });
});

describe("the codec for pictures", () => {
  const codec = (mimeType: string) => ({ mimeType });

  it("is the first one that the server names", () => {
    const codecs = ["audio/opus", "video/rtx", "video/VP9", "video/VP8"].map(codec);
    expect(pictureCodec(codecs)?.mimeType).toBe("video/VP9");
    expect(pictureCodec([codec("audio/opus"), codec("video/rtx")])).toBeUndefined();
  });

  it("makes one stream per layer", () => {
    const modes = (mimeType: string) => layered([{ maxBitrate: 1 }, { maxBitrate: 2 }], mimeType).map((one) => one.scalabilityMode);
    expect(modes("video/VP9")).toEqual(["L1T3", "L1T3"]);
    expect(modes("video/AV1")).toEqual(["L1T3", "L1T3"]);
    expect(modes("video/VP8")).toEqual([undefined, undefined]);
    expect(modes("video/H264")).toEqual([undefined, undefined]);
  });

  it("makes one stream of all layers where the browser can", () => {
    const sent = (mimeType: string, count: number) => layered(cameraEncodings(1280, 720).slice(0, count), mimeType, true);
    expect(sent("video/VP9", 3)).toEqual([{ maxBitrate: 2_500_000, scalabilityMode: "L3T3_KEY" }]);
    expect(sent("video/VP9", 2)).toEqual([{ maxBitrate: 500_000, scalabilityMode: "L2T3_KEY" }]);
    expect(sent("video/VP9", 1)).toEqual([{ maxBitrate: 150_000, scalabilityMode: "L1T3" }]);
    expect(sent("video/VP8", 2)).toHaveLength(2);
    expect(sent("video/AV1", 2)).toHaveLength(2); // without its dependency descriptor no browser decodes two in one
  });
});
