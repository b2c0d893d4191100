// How good the line is, from what the browser counts. Pure.
import type { Quality } from "./model";

export interface Totals {
  readonly received: number;
  readonly lost: number;
}

export const NO_QUALITY: Quality = { roundTripMs: 0, lossPercent: 0, level: "none" };

/** From all transports' reports and the packet counts at the last look. */
export function qualityOf(
  reports: readonly Iterable<readonly [string, Readonly<Record<string, unknown>>]>[],
  before: Totals,
): { quality: Quality; totals: Totals } {
  let roundTripMs = 0;
  let received = 0;
  let lost = 0;
  let sentLossPercent = 0;
  for (const report of reports) {
    for (const [, stat] of report) {
      if (stat["type"] === "candidate-pair" && stat["nominated"] === true) {
        roundTripMs = Math.max(roundTripMs, number(stat["currentRoundTripTime"]) * 1_000);
      } else if (stat["type"] === "inbound-rtp") {
        received += number(stat["packetsReceived"]);
        lost += number(stat["packetsLost"]);
      } else if (stat["type"] === "remote-inbound-rtp") {
        sentLossPercent = Math.max(sentLossPercent, number(stat["fractionLost"]) * 100);
      }
    }
  }
  if (!reports.length) return { quality: NO_QUALITY, totals: before };
  const newlyLost = Math.max(0, lost - before.lost);
  const newly = Math.max(0, received - before.received) + newlyLost;
  const lossPercent = Math.max(newly ? (100 * newlyLost) / newly : 0, sentLossPercent);
  return { quality: { roundTripMs, lossPercent, level: levelOf(roundTripMs, lossPercent) }, totals: { received, lost } };
}

/** Bytes that one transport ever got: media and reports on it, over the path in use. */
export function receivedBytes(report: Iterable<readonly [string, Readonly<Record<string, unknown>>]>): number {
  let bytes = 0;
  for (const [, stat] of report) {
    const counts = stat["type"] === "inbound-rtp" || (stat["type"] === "candidate-pair" && stat["nominated"] === true);
    if (counts) bytes += number(stat["bytesReceived"]);
  }
  return bytes;
}

/** A path that carried something and then nothing for so long is dead, whatever the browser thinks of it: some notice only
 * after half a minute that their own address is gone. */
const SILENT_MS = 4_000;

export class Silence {
  #bytes = 0;
  #sinceMs = 0;
  #flowed = false;

  /** True once, when it has fallen silent. */
  hears(bytes: number, nowMs: number): boolean {
    if (bytes !== this.#bytes) {
      [this.#bytes, this.#sinceMs, this.#flowed] = [bytes, nowMs, true];
      return false;
    }
    const silent = this.#flowed && nowMs - this.#sinceMs >= SILENT_MS;
    if (silent) this.#flowed = false;
    return silent;
  }
}

/** Above 400 ms round trip people talk over each other (ITU-T G.114: 200 ms one way); 3 % loss is heard, 10 % hurts. */
export function levelOf(roundTripMs: number, lossPercent: number): Quality["level"] {
  if (roundTripMs > 400 || lossPercent > 10) return "poor";
  if (roundTripMs > 200 || lossPercent > 3) return "fair";
  return "good";
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
