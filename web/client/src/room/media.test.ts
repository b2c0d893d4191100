import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WireTicket } from "./wire";

class FakeTransport {
  connectionState = "new";
  closed = false;
  restarts: unknown[] = [];
  consumed: { id: string; rtpParameters: { mid: string } }[] = [];
  handlers = new Map<string, (...args: unknown[]) => void>();
  constructor(readonly direction: string, readonly options: { id: string }) {}
  on(event: string, handler: (...args: unknown[]) => void): void {
    this.handlers.set(event, handler);
  }
  is(state: string): void {
    this.connectionState = state;
    this.handlers.get("connectionstatechange")?.(state);
  }
  getStats(): Promise<Map<string, unknown>> {
    return Promise.resolve(new Map());
  }
  restartIce(options: unknown): Promise<void> {
    this.restarts.push(options);
    return Promise.resolve();
  }
  consume(options: { id: string; rtpParameters: { mid: string } }): Promise<unknown> {
    this.consumed.push(options);
    return Promise.resolve({ id: options.id, close: () => undefined });
  }
  close(): void {
    this.closed = true;
  }
}

const made: FakeTransport[] = [];
const opus = { mimeType: "audio/opus", clockRate: 48_000, channels: 2, preferredPayloadType: 111 };
vi.mock("mediasoup-client", () => {
  const make = (direction: string) => (options: { id: string }) => {
    made.push(new FakeTransport(direction, options));
    return made.at(-1);
  };
  const device = {
    load: () => Promise.resolve(),
    recvRtpCapabilities: { codecs: [opus] },
    sendRtpCapabilities: { codecs: [opus] },
    createRecvTransport: make("receive"),
    createSendTransport: make("send"),
  };
  return { Device: { factory: () => Promise.resolve(device) } };
});
const { Media } = await import("./media");

const ticket = (epoch: string): WireTicket => {
  const transport = (id: string) => ({ id, iceParameters: {}, iceCandidates: [], dtlsParameters: {} });
  return {
    epoch,
    router_capabilities: {},
    send: transport("s"),
    receive: transport("r"),
    ice_servers: [],
  } as unknown as WireTicket;
};

describe("media", () => {
  let asked: Record<string, unknown>[];
  let down: boolean;
  let media: InstanceType<typeof Media>;
  const types = () => asked.map((one) => one["type"]);

  beforeEach(() => {
    vi.useFakeTimers();
    made.length = 0;
    asked = [];
    down = false;
    media = new Media(<T>(request: Readonly<Record<string, unknown>>): Promise<T> => {
      asked.push({ ...request });
      if (down) return Promise.reject({ code: "media.down", text: "" });
      return Promise.resolve((request["type"] === "admit" ? ticket("e2") : { ice_parameters: { password: "p" } }) as T);
    }, () => undefined);
  });
  afterEach(() => {
    media.stop();
    vi.useRealTimers();
  });

  it("opens the receiving path at once, though there is nothing to receive", async () => {
    await media.use(ticket("e1"));
    const receive = made.find((one) => one.direction === "receive");
    expect(receive?.consumed.map((one) => one.rtpParameters.mid)).toEqual(["silence"]);
    receive?.handlers.get("connect")?.({ dtlsParameters: { role: "client" } }, vi.fn(), vi.fn());
    expect(asked).toEqual([{ type: "connect", direction: "receive", dtls_parameters: { role: "client" } }]);
    expect(media.epoch).toBe("e1");
    expect(media.up).toBe(true);
  });

  it("restarts ICE when a path breaks, and is up again when that helps", async () => {
    await media.use(ticket("e1"));
    made[0]?.is("connected");
    made[0]?.is("disconnected");
    expect(media.up).toBe(false);
    await vi.advanceTimersByTimeAsync(0);
    expect(made[0]?.restarts).toEqual([{ iceParameters: { password: "p" } }]);
    made[0]?.is("connected");
    expect(media.up).toBe(true);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(types()).toEqual(["restart_ice"]);
  });

  it("takes new transports when that does not help", async () => {
    await media.use(ticket("e1"));
    made[1]?.is("failed");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(types()).toContain("admit");
    expect(made).toHaveLength(4);
    expect(made.slice(0, 2).every((one) => one.closed)).toBe(true);
    expect(media.epoch).toBe("e2");
  });

  it("does not give up while the server cannot answer", async () => {
    await media.use(ticket("e1"));
    down = true;
    made[1]?.is("failed");
    await vi.advanceTimersByTimeAsync(20_000);
    expect(made).toHaveLength(2);
    down = false;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(made).toHaveLength(4);
  });

  it("asks for one ticket only, however many want it", async () => {
    await Promise.all([media.renew(), media.renew()]);
    expect(types()).toEqual(["admit"]);
  });

  it("closes everything when media go down", async () => {
    await media.use(ticket("e1"));
    media.down();
    expect(made.every((one) => one.closed)).toBe(true);
    expect([media.epoch, media.up]).toEqual(["", false]);
  });

  it("follows the newest ticket when two come at once", async () => {
    await Promise.all([media.use(ticket("e1")), media.use(ticket("e2"))]);
    expect(media.epoch).toBe("e2");
    expect(made.filter((one) => !one.closed)).toHaveLength(2);
  });
});
