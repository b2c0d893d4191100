import { describe, expect, it } from "vitest";
import { Patience, UNTROUBLED, type Wait, waits } from "./patience";

/** So many seconds of a camera: 60 packets a second, of which so many were asked for again, and so many freezes. */
function after(wait: Wait, seconds: number, asked: number, frozen = 0, roundTripMs = 90): Wait {
  let now = wait;
  for (let at = 0; at < seconds; at += 1) {
    const last = now.seen.at(-1) ?? { received: 0, asked: 0, frozen: 0 };
    const counts = { received: last.received + 60, asked: last.asked + asked, frozen: last.frozen + frozen };
    now = waits(now, counts, roundTripMs);
  }
  return now;
}

describe("waits", () => {
  it("leaves a good line alone", () => {
    expect(after(UNTROUBLED, 60, 0).waitMs).toBe(0);
    expect(after(UNTROUBLED, 60, 0, 1).waitMs).toBe(0); // a picture that stands still because its sender does
  });

  it("does not take one lost packet for a bad line", () => {
    expect(after(after(after(UNTROUBLED, 5, 0), 1, 1), 5, 0).waitMs).toBe(0);
  });

  it("waits for a question and its answer, and once more, as soon as packets are missing", () => {
    expect(after(after(UNTROUBLED, 5, 0), 1, 3).waitMs).toBe(250);
    expect(after(after(UNTROUBLED, 5, 0), 1, 3, 0, 180).waitMs).toBe(410);
    expect(after(UNTROUBLED, 5, 12).waitMs).toBe(350); // much is lost: also what was sent again
  });

  it("waits longer when pictures still stand still, up to where talking gets hard", () => {
    const lossy = after(UNTROUBLED, 5, 3);
    expect(after(lossy, 1, 3, 1).waitMs).toBe(300);
    expect(after(lossy, 9, 3, 1).waitMs).toBe(450);
    expect(after(UNTROUBLED, 3, 9, 0, 2_000).waitMs).toBe(450);
  });

  it("comes back from that when pictures move, and forgets it all when nothing is lost any more", () => {
    const long = after(after(UNTROUBLED, 5, 3), 9, 3, 1);
    expect(after(long, 9, 3).waitMs).toBe(450);
    expect(after(long, 12, 3).waitMs).toBeLessThan(450);
    expect(after(long, 40, 3).waitMs).toBe(250);
    expect(after(long, 40, 0).waitMs).toBe(0);
  });

  it("does not count what a stream had before it was replaced", () => {
    const before = waits(UNTROUBLED, { received: 9_000, asked: 500, frozen: 9 }, 50);
    expect(waits(before, { received: 10, asked: 0, frozen: 0 }, 50).waitMs).toBe(0);
  });
});

describe("patience", () => {
  const receiver = () => ({ jitterBufferTarget: null as number | null });
  const inbound = (trackIdentifier: string, packetsReceived: number, nackCount: number) => ({
    type: "inbound-rtp",
    trackIdentifier,
    packetsReceived,
    nackCount,
    freezeCount: 0,
  });
  const report = (...stats: Record<string, unknown>[]) => stats.map((stat, at) => [String(at), stat] as const);

  it("lets sound and picture of one sender wait equally long, and nobody else", () => {
    const [camera, voice, other] = [receiver(), receiver(), receiver()];
    const played = [
      { sender: "a", trackId: "v1", receiver: camera },
      { sender: "a", trackId: "a1", receiver: voice },
      { sender: "b", trackId: "v2", receiver: other },
      { sender: "c", trackId: "v3", receiver: undefined },
    ];
    const patience = new Patience();
    const pair = { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.104 };
    for (const seconds of [1, 2]) {
      const stats = [inbound("v1", 60 * seconds, 2 * seconds), inbound("a1", 50 * seconds, 1), inbound("v2", 60 * seconds, 0), inbound("x", 9, 9)];
      patience.look(report(pair, ...stats), played);
    }
    expect([camera, voice, other].map((one) => one.jitterBufferTarget)).toEqual([260, 260, null]);
  });

  it("asks nothing of a browser that cannot do it", () => {
    const old = {} as { jitterBufferTarget: number | null };
    const patience = new Patience();
    for (const seconds of [1, 2, 3]) patience.look(report(inbound("v1", 60 * seconds, 9 * seconds)), [{ sender: "a", trackId: "v1", receiver: old }]);
    expect(old).toEqual({});
  });
});
