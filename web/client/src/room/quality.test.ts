import { describe, expect, it } from "vitest";
import { levelOf, qualityOf, receivedBytes, Silence } from "./quality";

const report = (...stats: Record<string, unknown>[]) => stats.map((stat, at) => [String(at), stat] as const);

describe("a path", () => {
  it("is silent when nothing came for four seconds after something did, and says so once", () => {
    const silence = new Silence();
    expect(silence.hears(0, 10_000)).toBe(false); // nothing ever came: nobody is there yet
    expect(silence.hears(500, 12_000)).toBe(false);
    expect(silence.hears(500, 14_000)).toBe(false);
    expect(silence.hears(500, 16_000)).toBe(true);
    expect(silence.hears(500, 18_000)).toBe(false);
    expect(silence.hears(20, 20_000)).toBe(false); // another path counts from the beginning
    expect(silence.hears(20, 24_000)).toBe(true);
  });

  it("counts media and the path in use", () => {
    const stats = report(
      { type: "inbound-rtp", bytesReceived: 100 },
      { type: "candidate-pair", nominated: true, bytesReceived: 20 },
      { type: "candidate-pair", nominated: false, bytesReceived: 7 },
      { type: "outbound-rtp", bytesReceived: 9 },
    );
    expect(receivedBytes(stats)).toBe(120);
  });
});

describe("quality", () => {
  it("knows nothing without transports", () => {
    expect(qualityOf([], { received: 0, lost: 0 }).quality.level).toBe("none");
  });

  it("counts only what was lost since the last look", () => {
    const now = report(
      { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.05 },
      { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
      { type: "inbound-rtp", packetsReceived: 1_095, packetsLost: 105 },
    );
    const { quality, totals } = qualityOf([now], { received: 1_000, lost: 100 });
    expect(quality).toEqual({ roundTripMs: 50, lossPercent: 5, level: "fair" });
    expect(totals).toEqual({ received: 1_095, lost: 105 });
  });

  it("counts what the server misses of what we send", () => {
    const { quality } = qualityOf([report({ type: "remote-inbound-rtp", fractionLost: 0.2 })], { received: 0, lost: 0 });
    expect(quality.lossPercent).toBeCloseTo(20);
    expect(quality.level).toBe("poor");
  });

  it("does not take a consumer that went away for loss", () => {
    const { quality } = qualityOf([report({ type: "inbound-rtp", packetsReceived: 5, packetsLost: 0 })], { received: 900, lost: 40 });
    expect(quality.lossPercent).toBe(0);
  });

  it.each([
    [50, 0, "good"],
    [250, 0, "fair"],
    [50, 4, "fair"],
    [500, 0, "poor"],
    [50, 11, "poor"],
  ] as const)("%i ms and %i %% is %s", (roundTrip, loss, level) => {
    expect(levelOf(roundTrip, loss)).toBe(level);
  });
});
