import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { types } from "mediasoup-client";
import { Receivers } from "./receivers";
import type { WireProducer } from "./wire";

class FakeStream {
  tracks: unknown[] = [];
  addTrack(track: unknown): void {
    this.tracks.push(track);
  }
  removeTrack(track: unknown): void {
    this.tracks = this.tracks.filter((one) => one !== track);
  }
  getTracks(): unknown[] {
    return this.tracks;
  }
}

class FakeConsumer {
  closed = false;
  readonly track: { enabled: boolean; id: string };
  rtpReceiver: { jitterBufferTarget: number | null } = { jitterBufferTarget: null };
  constructor(readonly id: string, readonly producerId: string, readonly kind: string) {
    this.track = { enabled: true, id: `t-${producerId}` };
  }
  close(): void {
    this.closed = true;
  }
}

class FakeTransport {
  closed = false;
  consumers: FakeConsumer[] = [];
  stats: Record<string, unknown>[] = [];
  getStats(): Promise<Map<string, unknown>> {
    return Promise.resolve(new Map(this.stats.map((stat, at) => [String(at), stat])));
  }
  consume({ id, producerId, kind }: { id: string; producerId: string; kind: string }): Promise<FakeConsumer> {
    const consumer = new FakeConsumer(id, producerId, kind);
    this.consumers.push(consumer);
    return Promise.resolve(consumer);
  }
}

const producer = (id: string, source: WireProducer["source"] = "camera", session = `s-${id}`): WireProducer => ({
  producer_id: id,
  session_id: session,
  source,
  kind: source === "camera" || source === "screen" ? "video" : "audio",
  paused: false,
});

describe("receivers", () => {
  let asked: Record<string, unknown>[];
  let fail: (request: Readonly<Record<string, unknown>>) => boolean;
  let refusal: unknown;
  let receivers: Receivers;
  let transport: FakeTransport;
  const of = (type: string) => asked.filter((one) => one["type"] === type);
  const consumed = () => of("consume").map((one) => one["producer_id"]);
  const settle = () => vi.advanceTimersByTimeAsync(200);
  const attach = () => {
    transport = new FakeTransport();
    receivers.attach({ recvRtpCapabilities: { codecs: [] } } as unknown as types.Device, transport as unknown as types.Transport);
  };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("MediaStream", FakeStream);
    vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue();
    asked = [];
    fail = () => false;
    refusal = new Error("no");
    receivers = new Receivers(<T>(request: Readonly<Record<string, unknown>>): Promise<T> => {
      asked.push({ ...request });
      if (fail(request)) return Promise.reject(refusal);
      const id = String(request["producer_id"]);
      const kind = id.startsWith("a") ? "audio" : "video";
      return Promise.resolve({ consumer_id: `c-${id}`, producer_id: id, kind, rtp_parameters: {}, paused: false } as T);
    }, () => undefined);
  });
  afterEach(() => {
    receivers.stop();
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it("receives everybody else, and plays what can be heard", async () => {
    receivers.list([producer("v1"), producer("a1", "microphone"), producer("mine", "camera", "me")], "me");
    attach();
    await settle();
    expect(consumed()).toEqual(["v1", "a1"]);
    expect(receivers.streams().get("v1")?.stream.getTracks()).toHaveLength(1);
    expect(document.querySelectorAll("audio")).toHaveLength(1);
  });

  it("hears everybody but receives no more pictures than a grid shows, until they are shown", async () => {
    attach();
    const many = Array.from({ length: 40 }, (_, at) => [producer(`v${at}`), producer(`a${at}`, "microphone")]).flat();
    receivers.list(many, "me");
    await settle();
    expect(consumed().filter((id) => String(id).startsWith("a"))).toHaveLength(40);
    expect(consumed().filter((id) => String(id).startsWith("v"))).toHaveLength(25);
    receivers.show([{ producerId: "v39", widthPx: 320, heightPx: 180, priority: 0 }]);
    await settle();
    expect(consumed()).toContain("v39");
  });

  it("says how large each picture is shown, once, and pauses what is not", async () => {
    receivers.list([producer("v1"), producer("v2")], "me");
    attach();
    await settle();
    for (let width = 100; width <= 640; width += 10) receivers.show([{ producerId: "v1", widthPx: width, heightPx: 360.4, priority: 1 }]);
    await settle();
    expect(of("view")).toEqual([
      {
        type: "view",
        views: [
          { consumer_id: "c-v1", paused: false, width_px: 640, height_px: 360, priority: 1 },
          { consumer_id: "c-v2", paused: true, width_px: 0, height_px: 0, priority: 0 },
        ],
      },
    ]);
    receivers.show([{ producerId: "v1", widthPx: 640, heightPx: 360, priority: 1 }]);
    await settle();
    expect(of("view")).toHaveLength(1);
  });

  it("does not hide a stream that began after the face said what it shows", async () => {
    receivers.list([producer("v1")], "me");
    attach();
    receivers.show([{ producerId: "v1", widthPx: 640, heightPx: 360, priority: 1 }]);
    receivers.opened(producer("v2", "screen"));
    await settle();
    expect(of("view").flatMap((one) => one["views"])).toHaveLength(1);
    receivers.show([]);
    await settle();
    expect(of("view").at(-1)?.["views"]).toMatchObject([{ paused: true }, { paused: true }]);
  });

  it("says a view again that did not arrive", async () => {
    receivers.list([producer("v1")], "me");
    attach();
    await settle();
    fail = (request) => request["type"] === "view";
    receivers.show([{ producerId: "v1", widthPx: 640, heightPx: 360, priority: 1 }]);
    await settle();
    fail = () => false;
    receivers.show([{ producerId: "v1", widthPx: 640, heightPx: 360, priority: 1 }]);
    await settle();
    expect(of("view")).toHaveLength(2);
  });

  it("lets go of a stream that ended", async () => {
    receivers.list([producer("a1", "microphone")], "me");
    attach();
    await settle();
    receivers.closed("a1");
    expect(transport.consumers[0]?.closed).toBe(true);
    expect(document.querySelectorAll("audio")).toHaveLength(0);
    expect(receivers.streams().size).toBe(0);
  });

  it("lets go of a stream that ended while it was asked for", async () => {
    attach();
    receivers.opened(producer("v1"));
    receivers.closed("v1");
    await settle();
    expect(transport.consumers.every((one) => one.closed)).toBe(true);
  });

  it("waits for what is lost on the way, with the sound and the picture of who it is lost of", async () => {
    receivers.list([producer("v1", "camera", "s1"), producer("a1", "microphone", "s1"), producer("v2")], "me");
    attach();
    for (const seconds of [1, 2, 3, 4]) {
      transport.stats = ["v1", "a1", "v2"].map((id) => ({
        type: "inbound-rtp",
        trackIdentifier: `t-${id}`,
        packetsReceived: 60 * seconds,
        nackCount: id === "v1" ? 4 * seconds : 0,
      }));
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(transport.consumers.map((one) => one.rtpReceiver.jitterBufferTarget)).toEqual([250, 250, null]);
    receivers.detach();
    transport.stats = [];
    await vi.advanceTimersByTimeAsync(5_000);
  });

  it("receives everything anew on a new transport", async () => {
    receivers.list([producer("v1")], "me");
    attach();
    await settle();
    const stream = receivers.streams().get("v1")?.stream;
    receivers.detach();
    expect(stream?.getTracks()).toHaveLength(0);
    attach();
    await settle();
    expect(consumed()).toEqual(["v1", "v1"]);
    expect(receivers.streams().get("v1")?.stream).toBe(stream);
    expect(stream?.getTracks()).toHaveLength(1);
  });

  it("hears nothing more of who was muted, at once", async () => {
    receivers.list([producer("a1", "microphone"), { ...producer("a2", "microphone"), paused: true }], "me");
    attach();
    await settle();
    const heard = () => transport.consumers.map((one) => one.track.enabled);
    expect(heard()).toEqual([true, false]);
    receivers.opened({ ...producer("a1", "microphone"), paused: true });
    receivers.opened(producer("a2", "microphone"));
    expect(heard()).toEqual([false, true]);
  });

  it("does not ask for ever for what cannot be had", async () => {
    fail = () => true;
    attach();
    receivers.list([producer("v1")], "me");
    await settle();
    expect(consumed()).toEqual(["v1", "v1"]);
  });

  it("says so when this browser cannot decode a picture, and does not ask again", async () => {
    refusal = { code: "media.codec" };
    fail = () => true;
    attach();
    receivers.list([producer("v1")], "me");
    await settle();
    expect(consumed()).toEqual(["v1"]);
    expect(receivers.streams().get("v1")?.pausedFor).toBe("codec");
  });

  it("knows why a picture rests", async () => {
    receivers.list([producer("v1")], "me");
    attach();
    await settle();
    receivers.consumerChanged("c-v1", true, "bandwidth");
    expect(receivers.streams().get("v1")?.pausedFor).toBe("bandwidth");
    receivers.consumerChanged("c-v1", false, "");
    expect(receivers.streams().get("v1")?.pausedFor).toBe("");
    receivers.consumerChanged("c-v1", true, "a reason of tomorrow");
    expect(receivers.streams().get("v1")?.pausedFor).toBe("limit");
    receivers.opened({ ...producer("v1"), paused: true });
    expect(receivers.streams().get("v1")?.paused).toBe(true);
  });

  it("remembers what was told of a consumer before its answer came", async () => {
    receivers.list([producer("v1")], "me");
    receivers.consumerChanged("c-v1", true, "bandwidth");
    attach();
    await settle();
    expect(receivers.streams().get("v1")?.pausedFor).toBe("bandwidth");
  });

  it("saves data when asked to: the screen, and small pictures of who speaks, and a card for the others", async () => {
    receivers.list([producer("v1"), producer("v2"), producer("x1", "screen"), producer("a1", "microphone")], "me");
    attach();
    await settle();
    const shown = (producerId: string, heightPx: number, priority: 0 | 1 | 2) => ({ producerId, widthPx: (heightPx * 16) / 9, heightPx, priority });
    receivers.show([shown("v1", 360, 1), shown("v2", 360, 0), shown("x1", 1440, 2)]);
    await settle();
    receivers.save(true);
    expect(of("view").at(-1)?.["views"]).toEqual([
      { consumer_id: "c-v1", paused: false, width_px: 320, height_px: 180, priority: 1 },
      { consumer_id: "c-v2", paused: true, width_px: 0, height_px: 0, priority: 0 },
      { consumer_id: "c-x1", paused: false, width_px: 1280, height_px: 720, priority: 2 },
    ]);
    expect(receivers.streams().get("v2")?.pausedFor).toBe("economy");
    expect(receivers.streams().get("v1")?.pausedFor).toBe("");
    receivers.save(false);
    expect(of("view").at(-1)?.["views"]).toHaveLength(3);
    expect(receivers.streams().get("v2")?.pausedFor).toBe("");
  });
});
