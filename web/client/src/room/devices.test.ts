import { afterEach, describe, expect, it, vi } from "vitest";
import { camera, isThere, loudness, microphone, screen, troubleOf } from "./devices";

const track = { kind: "audio" } as MediaStreamTrack;
const stream = { getTracks: () => [track], getVideoTracks: () => [track], getAudioTracks: () => [] };
const failure = (name: string) => new DOMException("", name);

function machine(part: Partial<MediaDevices> | undefined): void {
  vi.stubGlobal("navigator", { mediaDevices: part });
}

afterEach(() => vi.unstubAllGlobals());

describe("devices", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["SecurityError", "denied"],
    ["NotFoundError", "missing"],
    ["OverconstrainedError", "missing"],
    ["NotReadableError", "busy"],
    ["AbortError", "busy"],
  ])("%s means %s", async (name, trouble) => {
    expect(troubleOf(failure(name))).toBe(trouble);
    machine({ getUserMedia: vi.fn().mockRejectedValue(failure(name)) });
    await expect(microphone("")).rejects.toMatchObject({ device: "microphone", trouble });
  });

  it("asks for sound alone or a picture alone", async () => {
    const getUserMedia = vi.fn().mockResolvedValue(stream);
    machine({ getUserMedia });
    await microphone("");
    await camera("");
    expect(getUserMedia.mock.calls.map(([wish]) => Object.keys(wish as object))).toEqual([["audio"], ["video"]]);
  });

  it("takes another device when the chosen one is gone", async () => {
    const getUserMedia = vi.fn().mockRejectedValueOnce(failure("OverconstrainedError")).mockResolvedValue(stream);
    machine({ getUserMedia });
    expect(await microphone("gone")).toBe(track);
    expect(getUserMedia).toHaveBeenCalledTimes(2);
  });

  it("does not try another device behind a refusal", async () => {
    const getUserMedia = vi.fn().mockRejectedValue(failure("NotAllowedError"));
    machine({ getUserMedia });
    await expect(camera("mine")).rejects.toMatchObject({ device: "camera", trouble: "denied" });
    expect(getUserMedia).toHaveBeenCalledTimes(1);
  });

  it("says so where the page may use no device at all", async () => {
    machine(undefined);
    await expect(microphone("")).rejects.toMatchObject({ trouble: "denied" });
  });

  it("marks a screen as text", async () => {
    machine({ getDisplayMedia: vi.fn().mockResolvedValue(stream) });
    const { picture, sound } = await screen();
    expect(picture.contentHint).toBe("detail");
    expect(sound).toBeNull();
  });

  it("knows which devices are there", async () => {
    machine({ enumerateDevices: () => Promise.resolve([{ deviceId: "a" } as MediaDeviceInfo]) });
    expect([await isThere("a"), await isThere("b"), await isThere("")]).toEqual([true, false, true]);
  });

  it("hears silence as 0 and a loud voice as nearly 1", () => {
    expect(loudness(new Float32Array(256))).toBe(0);
    expect(loudness(new Float32Array(256).fill(0.6))).toBe(1);
    const quiet = loudness(new Float32Array(256).fill(0.01));
    expect(quiet).toBeGreaterThan(0.2);
    expect(quiet).toBeLessThan(0.5);
  });
});
