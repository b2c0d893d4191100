import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Failure } from "./model";
import type { WireEntered, WireFact } from "./wire";

/** A socket whose other end is the test. */
class FakeSocket {
  connected = false;
  connects = 0;
  handlers = new Map<string, (...args: unknown[]) => void>();
  asked: { event: string; payload: unknown; answer: (answer: unknown) => void; fail: () => void }[] = [];

  on(event: string, handler: (...args: unknown[]) => void): this {
    this.handlers.set(event, handler);
    return this;
  }
  connect(): this {
    this.connects += 1;
    return this;
  }
  disconnect(): this {
    if (this.connected) this.drop();
    return this;
  }
  timeout(): this {
    return this;
  }
  emitWithAck(event: string, payload: unknown): Promise<unknown> {
    return new Promise((answer, reject) => this.asked.push({ event, payload, answer, fail: () => reject(new Error()) }));
  }
  tell(event: string, ...args: unknown[]): void {
    this.handlers.get(event)?.(...args);
  }
  up(): void {
    this.connected = true;
    this.tell("connect");
  }
  drop(): void {
    this.connected = false;
    for (const asked of this.asked.splice(0)) asked.fail();
    this.tell("disconnect");
  }
  async answer(ok: unknown): Promise<void> {
    this.asked.shift()?.answer(ok);
    await vi.advanceTimersByTimeAsync(0);
  }
}

let socket: FakeSocket;
vi.mock("socket.io-client", () => ({ io: () => socket }));
const { Connection, waitBefore } = await import("./connection");

const entered = (change: Partial<WireEntered> = {}): WireEntered => ({
  you: { person_id: "p", session_id: "s", secret: "x", role: "participant" },
  now_ms: 0,
  number: 10,
  snapshot: {},
  media: null,
  producers: [],
  loudness: {},
  ...change,
});
const fact = (number: number): WireFact => ({ number, at_ms: 0, kind: "ChatSaid" });

class Heard {
  log: string[] = [];
  entered = (_: WireEntered, resumed: boolean): void => void this.log.push(resumed ? "resumed" : "entered");
  facts = (facts: readonly WireFact[]): void => void this.log.push(...facts.map((one) => `fact ${one.number}`));
  hint = (): void => void this.log.push("hint");
  notes = (): void => void this.log.push("notes");
  waiting = (): void => void this.log.push("waiting");
  lost = (): void => void this.log.push("lost");
  over = (failure: Failure): void => void this.log.push(`over ${failure.code}`);
  mediaEpoch = (): string => "e1";
}

describe("connection", () => {
  let heard: Heard;
  let line: InstanceType<typeof Connection>;
  let opened: Promise<void>;

  beforeEach(() => {
    vi.useFakeTimers();
    socket = new FakeSocket();
    heard = new Heard();
    line = new Connection({ url: "", ticket: "t", language: "id", words: { "room.offline": "Terputus" } }, heard);
    opened = line.open();
    opened.catch(() => undefined);
    socket.up();
  });
  afterEach(() => vi.useRealTimers());

  it("enters, and hands on each fact once and in order", async () => {
    await socket.answer({ ok: entered() });
    await opened;
    const ack = vi.fn();
    socket.tell("facts", [fact(9), fact(10), fact(11)], ack);
    socket.tell("facts", [fact(11), fact(13)]);
    expect(heard.log).toEqual(["entered", "fact 11", "fact 13"]);
    expect(ack).toHaveBeenCalledOnce();
  });

  it("keeps facts that overtake the answer", async () => {
    socket.tell("facts", [fact(10), fact(11)]);
    socket.tell("hint", { kind: "speakers", values: {} });
    expect(heard.log).toEqual([]);
    await socket.answer({ ok: entered() });
    expect(heard.log).toEqual(["entered", "fact 11", "hint"]);
  });

  it("resumes from the last fact it saw", async () => {
    await socket.answer({ ok: entered() });
    socket.tell("facts", [fact(11)]);
    socket.drop();
    await vi.advanceTimersByTimeAsync(500);
    expect(socket.connects).toBe(2);
    socket.up();
    expect(socket.asked[0]?.payload).toEqual({ resume: { session_id: "s", secret: "x", after: 11, epoch: "e1" } });
    const { snapshot: _, ...resumed } = entered({ number: 14, facts: [fact(12), fact(14)], media: "kept" });
    await socket.answer({ ok: resumed });
    expect(heard.log).toEqual(["entered", "fact 11", "lost", "resumed", "fact 12", "fact 14"]);
  });

  it("says a command again whose answer was lost", async () => {
    await socket.answer({ ok: entered() });
    const said = line.command({ type: "say" });
    await vi.advanceTimersByTimeAsync(0);
    socket.drop();
    await vi.advanceTimersByTimeAsync(1_000);
    socket.up();
    await socket.answer({ ok: entered() });
    expect(socket.asked[0]?.payload).toEqual({ type: "say" });
    await socket.answer({ ok: { number: 12 } });
    expect(await said).toEqual({ number: 12 });
  });

  it("gives a command up after a while, with a sentence", async () => {
    await socket.answer({ ok: entered() });
    socket.drop();
    const said = line.command({ type: "say" });
    const refused = expect(said).rejects.toEqual({ code: "connection.lost", text: "Terputus" });
    await vi.advanceTimersByTimeAsync(31_000);
    await refused;
  });

  it("passes a refusal on and stays", async () => {
    await socket.answer({ ok: entered() });
    const said = line.command({ type: "say" });
    await vi.advanceTimersByTimeAsync(0);
    void socket.answer({ error: { code: "refused", text: "Tidak boleh" } });
    await expect(said).rejects.toEqual({ code: "refused", text: "Tidak boleh" });
    expect(heard.log).toEqual(["entered"]);
  });

  it("keeps trying while the server is away, at once when the network is back", async () => {
    await socket.answer({ ok: entered() });
    socket.drop();
    for (let attempt = 0; attempt < 8; attempt++) {
      await vi.advanceTimersByTimeAsync(4_000);
      socket.tell("connect_error", new Error("refused"));
    }
    const before = socket.connects;
    expect(before).toBe(9);
    window.dispatchEvent(new Event("online"));
    expect(socket.connects).toBe(before + 1);
  });

  it("waits, is admitted, and enters", async () => {
    await socket.answer({ ok: { waiting: true } });
    await opened;
    socket.tell("admitted", {});
    expect(socket.asked[0]?.event).toBe("enter");
    await socket.answer({ ok: entered() });
    expect(heard.log).toEqual(["waiting", "entered"]);
  });

  it("stays away after a goodbye", async () => {
    await socket.answer({ ok: entered() });
    socket.tell("bye", { code: "removed", text: "" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(heard.log).toEqual(["entered", "over removed"]);
    expect(socket.connects).toBe(1);
  });

  it("does not come back with a ticket that is not valid", async () => {
    socket.tell("connect_error", Object.assign(new Error(), { data: { code: "ticket.expired", text: "Kedaluwarsa" } }));
    await expect(opened).rejects.toMatchObject({ code: "ticket.expired" });
    expect(heard.log).toEqual(["over ticket.expired"]);
  });

  it("asks again where the room is only not ready yet", async () => {
    await socket.answer({ error: { code: "journal.leased", text: "" } });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(heard.log).toEqual([]);
    expect(socket.connects).toBe(2);
  });
});

describe("waiting between attempts", () => {
  it("starts short, grows and stays within bounds", () => {
    expect(waitBefore(0, 1)).toBe(300);
    expect(waitBefore(50, 1)).toBe(3_000);
    for (let attempt = 0; attempt < 10; attempt++) expect(waitBefore(attempt, 0)).toBeGreaterThanOrEqual(210);
  });
});
