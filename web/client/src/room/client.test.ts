import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Listener } from "./connection";
import type { RoomPage } from "./model";
import type { WireEntered } from "./wire";

/** The line, in the hands of the test. */
class FakeLine {
  isOpen = true;
  said: Record<string, unknown>[] = [];
  settle: ((failure: unknown) => void)[] = [];
  constructor(readonly listener: Listener) {
    line = this;
  }
  open = (): Promise<void> => Promise.resolve();
  leave = (): Promise<void> => Promise.resolve();
  request = (): Promise<unknown> => Promise.resolve({});
  command(payload: Record<string, unknown>): Promise<unknown> {
    this.said.push(payload);
    return new Promise((done, failed) => this.settle.push((failure) => (failure ? failed(failure) : done({ number: 1 }))));
  }
}

let line: FakeLine;
const media = { log: [] as string[], epoch: "", up: true };
const note = (name: string) => (...args: unknown[]) => {
  media.log.push([name, ...args.filter((one) => typeof one !== "object")].join(" "));
  return Promise.resolve();
};
vi.mock("./connection", () => ({ Connection: class { constructor(_: unknown, listener: Listener) { return new FakeLine(listener); } } }));
vi.mock("./media", () => ({
  Media: class {
    senders = { pause: note("pause"), put: note("put"), drop: note("drop"), track: () => null, stop: note("stop") };
    receivers = { list: note("list"), opened: note("opened"), closed: note("closed"), consumerChanged: note("consumer"), show: note("show"), useSpeaker: note("speaker"), streams: () => new Map() };
    use = note("use");
    renew = note("renew");
    down = note("down");
    check = note("check");
    stop = note("stop");
    get epoch(): string { return media.epoch; }
    get up(): boolean { return media.up; }
  },
}));
const { Room, cleaned } = await import("./client");

const page = { ticket: "t", language: "id", words: { "room.device.microphone.denied": "Izinkan mikrofon" } } as unknown as RoomPage;
const session = { session_id: "s", person_id: "p", microphone: true, camera: false, screen: false, present: true };
const snapshot = { number: 10, meeting_id: "m", status: "open", sessions: [session], people: [], chat: [] };
const entered = (change: Partial<WireEntered> = {}): WireEntered => ({
  you: { person_id: "p", session_id: "s", secret: "x", role: "participant" },
  now_ms: Date.now() + 5_000,
  number: 10,
  snapshot,
  media: null,
  producers: [],
  loudness: { a: 10, b: 70 },
  ...change,
});

describe("the room", () => {
  let room: InstanceType<typeof Room>;
  beforeEach(() => {
    media.log = [];
    media.epoch = "";
    room = new Room(page, { microphoneId: "", cameraId: "", speakerId: "" });
    line.listener.entered(entered(), false);
  });
  const fact = (number: number, kind: string, fields: Record<string, unknown>) => ({ number, at_ms: 0, kind, ...fields });

  it("shows what the server told on entering", () => {
    expect(room.state.connection).toBe("open");
    expect(room.state.meeting?.number).toBe(10);
    expect([...room.state.speakers.keys()]).toEqual(["b", "a"]);
    expect(room.state.clockSkewMs).toBeGreaterThan(4_000);
  });

  it("shows what was said at once, and once only when it comes back", async () => {
    const said = room.say("Selamat pagi");
    const chat = () => room.state.meeting?.chat.map((one) => [one.text, one.pending === true]);
    expect(chat()).toEqual([["Selamat pagi", true]]);
    const chatId = line.said[0]?.["chat_id"];
    line.listener.facts([fact(11, "ChatSaid", { chat_id: chatId, person_id: "p", text: "Selamat pagi" })]);
    expect(chat()).toEqual([["Selamat pagi", false]]);
    line.settle[0]?.(null);
    await said;
  });

  it("takes back what could not be said, and says why", async () => {
    const said = room.say("x");
    line.settle[0]?.({ code: "refused", text: "Tidak" });
    await expect(said).rejects.toEqual({ code: "refused", text: "Tidak" });
    expect(room.state.meeting?.chat).toEqual([]);
  });

  it("falls silent at once when the chair says so", async () => {
    line.listener.facts([fact(11, "MicrophoneSet", { session_id: "s", on: false, by: "chair" })]);
    expect(media.log).toContain("pause microphone true");
    expect(room.state.meeting?.sessions.get("s")?.microphone).toBe(false);
    await Promise.resolve();
    expect(line.said).toEqual([]);
  });

  it("does not mind what others switch, or what it switched itself", () => {
    line.listener.facts([
      fact(11, "MicrophoneSet", { session_id: "another", on: false, by: "chair" }),
      fact(12, "MicrophoneSet", { session_id: "s", on: false, by: "p" }),
    ]);
    expect(media.log).not.toContain("pause microphone true");
  });

  it("begins media anew with a new epoch, and only then", () => {
    media.epoch = "e1";
    line.listener.hint({ kind: "plane_up", values: { epoch: "e1" } });
    expect(media.log).not.toContain("renew");
    line.listener.hint({ kind: "plane_down", values: {} });
    expect(media.log).toContain("down");
    line.listener.hint({ kind: "plane_up", values: { epoch: "e2" } });
    expect(media.log).toContain("renew");
  });

  it("keeps transports that stand when it comes back", () => {
    line.listener.lost();
    expect(room.state.connection).toBe("reconnecting");
    media.log = [];
    const { snapshot: _, ...resumed } = entered({ media: "kept", facts: [] });
    line.listener.entered(resumed, true);
    expect(media.log).toContain("check");
    expect(media.log).not.toContain("use");
  });

  it("is over when the server says so, and lets everything go", () => {
    line.listener.over({ code: "removed", text: "Anda dikeluarkan" });
    expect(room.state).toMatchObject({ connection: "over", over: { code: "removed" } });
    expect(media.log).toContain("stop");
  });

  it("says in a sentence why a device cannot be had", async () => {
    vi.stubGlobal("navigator", { mediaDevices: undefined });
    const refused = { code: "device.microphone.denied", text: "Izinkan mikrofon" };
    await expect(room.setMicrophone(true)).rejects.toEqual(refused);
    expect(room.state.local.microphone).toBe("denied");
    vi.unstubAllGlobals();
  });

  it("tells of changes once a frame", async () => {
    const heard = vi.fn();
    await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => requestAnimationFrame(done));
    room.addEventListener("change", heard);
    for (let number = 11; number < 40; number++) line.listener.facts([fact(number, "RoomLocked", {})]);
    await new Promise((done) => requestAnimationFrame(done));
    await new Promise((done) => requestAnimationFrame(done));
    expect(heard).toHaveBeenCalledOnce();
  });
});

describe("text on its way out", () => {
  it("keeps what can be printed, and makes a word processor's breaks line ends", () => {
    expect(cleaned("a\u000bb\u000cc\u0007d\tE\r\n😀\ud83d!")).toBe("a\nb\ncd\tE\r\n😀!");
  });
});

describe("whose line is not good", () => {
  it("is marked until it is told to be good again", async () => {
    const { withLine } = await import("./client");
    const one = withLine(new Map(), { session_id: "a", level: "poor", reason: "loss" });
    const two = withLine(one, { session_id: "b", level: "fair", reason: "delay" });
    expect([...two]).toEqual([
      ["a", { level: "poor", reason: "loss" }],
      ["b", { level: "fair", reason: "delay" }],
    ]);
    expect([...withLine(two, { session_id: "a", level: "good", reason: "" }).keys()]).toEqual(["b"]);
  });
});
