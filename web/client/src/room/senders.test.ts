import { beforeEach, describe, expect, it } from "vitest";
import type { types } from "mediasoup-client";
import { Senders } from "./senders";

class FakeTrack {
  enabled = true;
  readyState = "live";
  constructor(readonly kind: string, readonly width = 1280, readonly height = 720) {}
  stop(): void {
    this.readyState = "ended";
  }
  getSettings(): MediaTrackSettings {
    return { width: this.width, height: this.height };
  }
}

/** A transport that produces as mediasoup-client does, telling the server by its "produce" event. */
class FakeTransport {
  closed = false;
  made: { track: FakeTrack; options: types.ProducerOptions; producer: FakeProducer }[] = [];
  #produce: ((...args: unknown[]) => void) | undefined;
  on(_event: string, handler: (...args: unknown[]) => void): void {
    this.#produce = handler;
  }
  async produce(options: types.ProducerOptions): Promise<FakeProducer> {
    const { id } = await new Promise<{ id: string }>((done, failed) =>
      this.#produce?.({ kind: options.track?.kind, rtpParameters: {}, appData: options.appData }, done, failed),
    );
    const producer = new FakeProducer(id);
    this.made.push({ track: options.track as unknown as FakeTrack, options, producer });
    return producer;
  }
}

class FakeSender {
  set: unknown[] = [];
  getParameters(): Record<string, unknown> {
    return {};
  }
  async setParameters(parameters: unknown): Promise<void> {
    this.set.push(parameters);
    await Promise.resolve();
  }
}

class FakeProducer {
  closed = false;
  paused = false;
  replaced: unknown[] = [];
  rtpSender = new FakeSender();
  constructor(readonly id: string) {}
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  close(): void {
    this.closed = true;
  }
  async replaceTrack({ track }: { track: unknown }): Promise<void> {
    this.replaced.push(track);
    await Promise.resolve();
  }
}

const device = { sendRtpCapabilities: { codecs: [{ mimeType: "audio/opus" }, { mimeType: "video/VP8" }, { mimeType: "video/H264" }] } };
const track = (kind: string, width?: number, height?: number) => new FakeTrack(kind, width, height) as unknown as MediaStreamTrack;

describe("senders", () => {
  let asked: Record<string, unknown>[];
  let refuse: boolean;
  let senders: Senders;
  let transport: FakeTransport;
  const attach = () => senders.attach(device as unknown as types.Device, transport as unknown as types.Transport);

  beforeEach(() => {
    asked = [];
    refuse = false;
    transport = new FakeTransport();
    senders = new Senders(<T>(request: Readonly<Record<string, unknown>>): Promise<T> => {
      asked.push({ ...request });
      if (refuse) return Promise.reject(new Error("media.down"));
      return Promise.resolve({ producer_id: `producer ${asked.length}` } as T);
    });
  });

  it("sends a camera in three layers of VP8", async () => {
    await attach();
    await senders.put("camera", track("video"));
    const options = transport.made[0]?.options;
    expect(options?.encodings).toHaveLength(3);
    expect(options?.codec?.mimeType).toBe("video/VP8");
    expect(asked[0]).toMatchObject({ type: "produce", source: "camera", kind: "video" });
  });

  it("sends with what the server names first, one stream per layer", async () => {
    const preferring = { sendRtpCapabilities: { codecs: [{ mimeType: "video/VP9" }, { mimeType: "video/VP8" }] } };
    await senders.attach(preferring as unknown as types.Device, transport as unknown as types.Transport);
    await senders.put("camera", track("video"));
    const options = transport.made[0]?.options;
    expect(options?.codec?.mimeType).toBe("video/VP9");
    expect(options?.encodings?.map((one) => one.scalabilityMode)).toEqual(["L1T3", "L1T3", "L1T3"]);
  });

  it("sends a screen in its full size and a small one, with fewer frames before fewer pixels", async () => {
    await attach();
    await senders.put("screen", track("video", 1920, 1080));
    expect(transport.made[0]?.options.encodings?.map((one) => one.scaleResolutionDownBy)).toEqual([2, 1]);
    expect(transport.made[0]?.producer.rtpSender.set).toEqual([{ degradationPreference: "maintain-resolution" }]);
  });

  it("sends what was put before there was a transport, and again on the next one", async () => {
    await senders.put("microphone", track("audio"));
    expect(asked).toEqual([]);
    await attach();
    senders.detach();
    transport = new FakeTransport();
    await attach();
    expect(asked.map((one) => one["type"])).toEqual(["produce", "produce"]);
  });

  it("silences at once, here and at the server", async () => {
    await attach();
    const voice = track("audio");
    await senders.put("microphone", voice);
    const silenced = senders.pause("microphone", true);
    expect(voice.enabled).toBe(false);
    expect(transport.made[0]?.producer.paused).toBe(true);
    await silenced;
    expect(asked.at(-1)).toEqual({ type: "pause", producer_id: "producer 1", paused: true });
  });

  it("stays silent on a new transport", async () => {
    await attach();
    await senders.put("microphone", track("audio"));
    await senders.pause("microphone", true);
    senders.detach();
    transport = new FakeTransport();
    await attach();
    expect(transport.made[0]?.producer.paused).toBe(true);
  });

  it("changes the microphone without a new producer, and stops the old one", async () => {
    await attach();
    const [before, after] = [track("audio"), track("audio")];
    await senders.put("microphone", before);
    await senders.put("microphone", after);
    expect(before.readyState).toBe("ended");
    expect(transport.made).toHaveLength(1);
    expect(transport.made[0]?.producer.replaced).toEqual([after]);
  });

  it("makes a new producer for a camera, since its layers may differ", async () => {
    await attach();
    await senders.put("camera", track("video"));
    await senders.put("camera", track("video", 640, 360));
    expect(transport.made.map((one) => one.options.encodings?.length)).toEqual([3, 2]);
    expect(asked.map((one) => one["type"])).toEqual(["produce", "unproduce", "produce"]);
  });

  it("lets go of the device", async () => {
    await attach();
    const picture = track("video");
    await senders.put("screen", picture);
    await senders.drop("screen");
    expect(picture.readyState).toBe("ended");
    expect(asked.at(-1)).toEqual({ type: "unproduce", producer_id: "producer 1" });
    expect(senders.track("screen")).toBeNull();
  });

  it("produces later what could not be produced", async () => {
    await attach();
    refuse = true;
    await expect(senders.put("microphone", track("audio"))).rejects.toThrow();
    refuse = false;
    await senders.again();
    expect(transport.made).toHaveLength(1);
    await senders.again();
    expect(transport.made).toHaveLength(1);
  });
});
