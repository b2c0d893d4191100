import { beforeEach, describe, expect, it, vi } from "vitest";
import { LocalMediaControl } from "./local";
import type { Media } from "./media";
import type { Source } from "./model";

const opened: { stop: () => void; readyState: string; enabled: boolean; onended: unknown }[] = [];
const machine = vi.hoisted(() => ({ trouble: "" }));
vi.mock("./devices", async (original) => {
  const real = await original<typeof import("./devices")>();
  const open = (device: "microphone" | "camera" | "screen") => () => {
    if (machine.trouble) return Promise.reject(new real.DeviceTrouble(device, machine.trouble as "denied"));
    const track = { readyState: "live", enabled: true, onended: null, stop: () => (track.readyState = "ended") };
    opened.push(track);
    return Promise.resolve(device === "screen" ? { picture: track, sound: null } : track);
  };
  return {
    ...real,
    microphone: open("microphone"),
    camera: open("camera"),
    screen: open("screen"),
    screenSupported: () => true,
    Level: class {
      start(): void {}
      stop(): void {}
    },
  };
});

class FakeSenders {
  tracks = new Map<Source, { stop: () => void }>();
  log: string[] = [];
  track = (source: Source) => this.tracks.get(source) ?? null;
  put(source: Source, track: { stop: () => void }): Promise<void> {
    this.tracks.set(source, track);
    this.log.push(`put ${source}`);
    return Promise.resolve();
  }
  pause(source: Source, paused: boolean): Promise<void> {
    if (this.tracks.has(source)) this.log.push(`${paused ? "pause" : "resume"} ${source}`);
    return Promise.resolve();
  }
  drop(source: Source): Promise<void> {
    this.tracks.get(source)?.stop();
    if (this.tracks.delete(source)) this.log.push(`drop ${source}`);
    return Promise.resolve();
  }
}

describe("local media", () => {
  let senders: FakeSenders;
  let told: string[];
  let refuse: boolean;
  let local: LocalMediaControl;

  beforeEach(() => {
    vi.stubGlobal("MediaStream", class {});
    opened.length = 0;
    machine.trouble = "";
    senders = new FakeSenders();
    told = [];
    refuse = false;
    const tell = (type: string, on: boolean): Promise<void> => {
      told.push(`${type} ${on}`);
      return refuse ? Promise.reject({ code: "refused", text: "" }) : Promise.resolve();
    };
    const media = { senders } as unknown as Media;
    local = new LocalMediaControl({ microphoneId: "", cameraId: "", speakerId: "" }, media, { tell, changed: () => undefined });
  });

  it("tells the room first and then sends", async () => {
    await local.setMicrophone(true);
    expect(told).toEqual(["set_microphone true"]);
    expect(senders.log).toContain("put microphone");
    expect(local.state.microphone).toBe("on");
  });

  it("is silent before anybody answers, and keeps the microphone open", async () => {
    await local.setMicrophone(true);
    senders.log = [];
    const off = local.setMicrophone(false);
    expect(senders.log).toEqual(["pause microphone"]);
    await off;
    expect(opened[0]?.readyState).toBe("live");
    await local.setMicrophone(true);
    expect(opened).toHaveLength(1);
    expect(senders.log.at(-1)).toBe("resume microphone");
  });

  it("ends where the last of two quick clicks wanted", async () => {
    const on = local.setMicrophone(true);
    await local.setMicrophone(false);
    await on;
    expect(local.state.microphone).toBe("off");
    expect(senders.log.at(-1)).toBe("pause microphone");
    expect(told).toEqual(["set_microphone true", "set_microphone false"]);
  });

  it.each(["denied", "missing", "busy"] as const)("says when a device is %s, and can be tried again", async (trouble) => {
    machine.trouble = trouble;
    await expect(local.setCamera(true)).rejects.toMatchObject({ device: "camera", trouble });
    expect(local.state.camera).toBe(trouble);
    expect(told).toEqual([]);
    machine.trouble = "";
    await local.setCamera(true);
    expect(local.state.camera).toBe("on");
  });

  it("gives the device back when the room says no", async () => {
    refuse = true;
    await expect(local.setCamera(true)).rejects.toMatchObject({ code: "refused" });
    expect(local.state.camera).toBe("off");
    expect(opened[0]?.readyState).toBe("ended");
    expect(senders.log).toEqual([]);
  });

  it("turns the camera's light off", async () => {
    await local.setCamera(true);
    await local.setCamera(false);
    expect(opened[0]?.readyState).toBe("ended");
    expect(local.state.cameraStream).toBeNull();
    expect(told.at(-1)).toBe("set_camera false");
  });

  it("obeys when somebody else turns it off, and does not tell it again", async () => {
    await local.setMicrophone(true);
    await local.setCamera(true);
    told = [];
    await Promise.all([local.silence("microphone"), local.silence("camera")]);
    expect([local.state.microphone, local.state.camera]).toEqual(["off", "off"]);
    expect(senders.log).toContain("pause microphone");
    expect(told).toEqual([]);
  });

  it("stops sharing when the browser's own button is used", async () => {
    await local.setScreen(true);
    (opened[0]?.onended as () => void)();
    await vi.waitFor(() => expect(told.at(-1)).toBe("set_screen false"));
    expect(local.state.screen).toBe("off");
  });

  it("is no fault to think better of sharing, and says so", async () => {
    machine.trouble = "denied";
    await expect(local.setScreen(true)).rejects.toMatchObject({ device: "screen", trouble: "denied" });
    expect(local.state.screen).toBe("denied");
  });

  it("tells a new session what is on", async () => {
    await local.setMicrophone(true);
    told = [];
    await local.tellAgain();
    expect(told).toEqual(["set_microphone true"]);
  });

  it("replaces a microphone that was unplugged", async () => {
    await local.setMicrophone(true);
    opened[0]?.stop();
    await local.devicesChanged();
    expect(opened).toHaveLength(2);
    expect(local.state.microphone).toBe("on");
  });

  it("is off for the room when nothing is left to replace it, and says why here", async () => {
    await local.setCamera(true);
    opened[0]?.stop();
    machine.trouble = "missing";
    await local.devicesChanged();
    expect(local.state.camera).toBe("missing");
    expect(told.at(-1)).toBe("set_camera false");
  });
});
