// How long sound and pictures wait before they are played, so that what was lost can come again in time. A browser finds
// that out by itself, after a minute of frozen pictures; from how often it asks again it can be known at once. No timers.

type Stat = Readonly<Record<string, unknown>>;

/** What was counted of one sender's streams, since the start. */
export interface Counts {
  readonly received: number; // packets
  readonly asked: number; // times that something was asked for again
  readonly frozen: number; // times that a picture stood still
}

/** One sender. waitMs 0: as the browser likes. calm: looks since anything was missing, or since a picture stood still. */
export interface Wait {
  readonly waitMs: number;
  readonly calm: number;
  readonly unfrozen: number;
  readonly seen: readonly Counts[]; // the newest last
}

export const UNTROUBLED: Wait = { waitMs: 0, calm: 0, unfrozen: 0, seen: [] };

const LOOKS = 4; // compared with each other, a second apart
const LOSSY = 0.005; // questions per packet
const VERY_LOSSY = 0.1;
const FEWEST_ASKED = 2;
const LEAST_ROUND_TRIP_MS = 100; // the sender's line is not known here, and browsers ask again after so long
const LATE_NOTICED_MS = 50; // a lost packet is missed when the next one comes
const FROZEN_MORE_MS = 50;
const MOST_MS = 450; // people begin to talk over each other
const CALM_LOOKS = 10;
const LESS_MS = 50;

/** One look later. roundTripMs: of the viewer's own line, 0 when unknown. */
export function waits(before: Wait, now: Counts, roundTripMs: number): Wait {
  const last = before.seen.at(-1);
  const restarted = last !== undefined && (now.received < last.received || now.asked < last.asked);
  const seen = [...(restarted ? [] : before.seen), now].slice(-LOOKS - 1);
  const first = seen[0]!;
  const asked = now.asked - first.asked;
  const share = asked / Math.max(1, now.received - first.received);
  const lossy = asked >= FEWEST_ASKED && share > LOSSY;
  const froze = last !== undefined && !restarted && now.frozen > last.frozen;
  const calm = lossy ? 0 : before.calm + 1;
  const unfrozen = froze ? 0 : before.unfrozen + 1;
  const rounds = share > VERY_LOSSY ? 3 : 2; // a question or its answer may be lost too
  const needed = lossy ? rounds * Math.max(roundTripMs, LEAST_ROUND_TRIP_MS) + LATE_NOTICED_MS : 0;
  let waitMs = Math.max(before.waitMs, needed);
  if (lossy && froze && before.waitMs > 0) waitMs = Math.max(needed, before.waitMs + FROZEN_MORE_MS);
  else if (Math.max(calm, lossy ? unfrozen : calm) >= CALM_LOOKS) waitMs = Math.max(needed, before.waitMs - LESS_MS);
  return { waitMs: Math.min(MOST_MS, waitMs), calm, unfrozen, seen };
}

/** Whom a stream belongs to, and what plays it. */
export interface Played {
  readonly sender: string;
  readonly trackId: string;
  readonly receiver: Pick<RTCRtpReceiver, "jitterBufferTarget"> | undefined;
}

/** Sound and picture of one sender wait equally long: they are played in step anyhow. */
export class Patience {
  #waits = new Map<string, Wait>();

  /** Once a second, with what the receiving transport counted. */
  look(report: Iterable<readonly [string, Stat]>, played: readonly Played[]): void {
    const senders = new Map(played.map((one) => [one.trackId, one.sender]));
    const counts = new Map<string, Counts>();
    let roundTripMs = 0;
    for (const [, stat] of report) {
      if (stat["type"] === "candidate-pair" && stat["nominated"] === true) {
        roundTripMs = Math.max(roundTripMs, 1_000 * number(stat["currentRoundTripTime"]));
      }
      const sender = stat["type"] === "inbound-rtp" ? senders.get(String(stat["trackIdentifier"])) : undefined;
      if (sender === undefined) continue;
      const { received, asked, frozen } = counts.get(sender) ?? { received: 0, asked: 0, frozen: 0 };
      counts.set(sender, {
        received: received + number(stat["packetsReceived"]),
        asked: asked + number(stat["nackCount"]),
        frozen: frozen + number(stat["freezeCount"]),
      });
    }
    for (const sender of this.#waits.keys()) if (!counts.has(sender)) this.#waits.delete(sender);
    for (const [sender, count] of counts) {
      this.#waits.set(sender, waits(this.#waits.get(sender) ?? UNTROUBLED, count, roundTripMs));
    }
    for (const { sender, receiver } of played) this.#apply(sender, receiver);
  }

  #apply(sender: string, receiver: Played["receiver"]): void {
    const waitMs = this.#waits.get(sender)?.waitMs;
    if (waitMs === undefined || !receiver || !("jitterBufferTarget" in receiver)) return; // Safari decides alone
    const target = waitMs ? Math.round(waitMs / 10) * 10 : null;
    if (receiver.jitterBufferTarget !== target) receiver.jitterBufferTarget = target;
  }
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}
