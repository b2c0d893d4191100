// Secret ballots of this browser, from the choice to the box (signaling/PROTOCOL.md, Secret ballots). What is under way is
// kept in this tab until it is in, so that neither a reload nor a dropped line takes a vote away. Nothing here is drawn.
import type { Choice, Motion } from "./deliberation";
import type { Failure } from "./model";

/** wanted: made, its paper not there yet; signed: on its way to the box; in: the server has it; late: it came too late. */
export type Step = "wanted" | "signed" | "in" | "late";

export interface OwnBallot {
  readonly motionId: string;
  readonly memberId: string;
  readonly receipt: string;
  readonly step: Step;
}

/** What is kept while it is under way; once it is in, only the receipt is left. */
interface Kept extends OwnBallot {
  readonly choice?: Choice;
  readonly prepared?: string; // hex, as all bytes here: the prefix and what is signed
  readonly blinded?: string;
  readonly inverse?: string;
  readonly signature?: string;
}

export interface Way {
  /** `take_ballot`: the blind signature, in hex; said again when the line drops before the answer. */
  take(fields: Readonly<Record<string, unknown>>): Promise<string>;
  changed(own: ReadonlyMap<string, OwnBallot>): void;
}

const PREFIX_BYTES = 32; // RFC 9474, section 4.1
const RECEIPT_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const AGAIN_MS = [500, 1_000, 2_000, 3_000] as const;

export const ballotKey = (motionId: string, memberId: string): string => `${motionId} ${memberId}`;

export class Ballots {
  readonly #name: string;
  readonly #own = new Map<string, Kept>();
  readonly #busy = new Set<string>();
  #motions: readonly Motion[] = [];

  constructor(
    private readonly meetingId: string,
    private readonly way: Way,
    private readonly storage: Storage = sessionStorage,
  ) {
    this.#name = `balai.ballots.${meetingId}`;
    for (const one of remembered(storage.getItem(this.#name))) this.#own.set(ballotKey(one.motionId, one.memberId), one);
  }

  get own(): ReadonlyMap<string, OwnBallot> {
    return this.#own;
  }

  /** Resolves once the paper is there and the ballot on its way; rejects with a Failure when no paper is given. */
  async cast(motion: Motion, memberId: string, choice: Choice): Promise<void> {
    const key = ballotKey(motion.motionId, memberId);
    if (this.#own.has(key)) return;
    const receipt = newReceipt();
    const message = ["balai.ballot.1", this.meetingId, motion.motionId, choice, receipt].join("\n");
    const { suite, publicKey } = await signer(motion.key);
    const prepared = suite.prepare(new TextEncoder().encode(message));
    const { blindedMsg, inv } = await suite.blind(publicKey, prepared);
    if (this.#own.has(key)) return;
    this.#keep({ motionId: motion.motionId, memberId, receipt, step: "wanted", choice, prepared: hex(prepared), blinded: hex(blindedMsg), inverse: hex(inv) });
    await this.#advance(key, motion);
  }

  /** The record moved, or the line is back: what is under way goes on. */
  follow(motions: readonly Motion[]): void {
    this.#motions = motions;
    for (const [key, one] of this.#own) {
      const motion = motions.find(({ motionId }) => motionId === one.motionId);
      if (!motion || one.step === "in") continue;
      if (takes(motion)) {
        if (one.step !== "late") void this.#advance(key, motion).catch(() => undefined); // shown by its step
      } else if (motion.receipts.some(([receipt]) => receipt === one.receipt)) this.#keep(done(one, "in"));
      else if (one.step !== "late") this.#keep(done(one, "late"));
    }
  }

  async #advance(key: string, motion: Motion): Promise<void> {
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    try {
      const one = this.#own.get(key);
      if (one?.step === "wanted") await this.#paper(one, motion);
    } finally {
      this.#busy.delete(key);
    }
    if (this.#own.get(key)?.step === "signed") void this.#putIn(key);
  }

  async #paper(one: Kept, motion: Motion): Promise<void> {
    let blindSignature: string;
    try {
      blindSignature = await this.way.take({ motion_id: one.motionId, member_id: one.memberId, blinded: one.blinded });
    } catch (failure) {
      if ((failure as Failure).code !== "connection.lost") this.#forget(one); // no paper was given: nothing to keep
      throw failure;
    }
    const { suite, publicKey } = await signer(motion.key);
    const signature = await suite.finalize(publicKey, bytes(one.prepared), bytes(blindSignature), bytes(one.inverse));
    this.#keep({ ...one, step: "signed", signature: hex(signature) });
  }

  /** A request of its own, without cookie or session: the box does not ask whose ballot it is. */
  async #putIn(key: string): Promise<void> {
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    try {
      for (let attempt = 0; ; attempt += 1) {
        const one = this.#own.get(key);
        if (one?.step !== "signed") return;
        const status = await post(this.meetingId, one);
        if (status === 200) return this.#keep(done(one, "in"));
        if (status >= 400 && status < 500) return this.#refused(one);
        await new Promise((later) => setTimeout(later, AGAIN_MS[Math.min(attempt, AGAIN_MS.length - 1)]));
      }
    } finally {
      this.#busy.delete(key);
    }
  }

  /** The box is closed. Whether an earlier try had reached it, the published list will say. */
  #refused(one: Kept): void {
    const motion = this.#motions.find(({ motionId }) => motionId === one.motionId);
    const counted = motion?.receipts.some(([receipt]) => receipt === one.receipt) ?? false;
    this.#keep(done(one, counted ? "in" : "late"));
  }

  #keep(one: Kept): void {
    this.#own.set(ballotKey(one.motionId, one.memberId), one);
    this.#tell();
  }

  #forget(one: Kept): void {
    this.#own.delete(ballotKey(one.motionId, one.memberId));
    this.#tell();
  }

  #tell(): void {
    this.storage.setItem(this.#name, JSON.stringify([...this.#own.values()]));
    this.way.changed(new Map(this.#own));
  }
}

/** Whether the box of this motion still takes ballots. */
const takes = (motion: Motion): boolean => motion.phase === "vote" || motion.phase === "counting";

const done = ({ motionId, memberId, receipt }: Kept, step: "in" | "late"): Kept => ({ motionId, memberId, receipt, step });

async function post(meetingId: string, one: Kept): Promise<number> {
  const prepared = one.prepared ?? "";
  const body = {
    meeting_id: meetingId,
    motion_id: one.motionId,
    choice: one.choice,
    receipt: one.receipt,
    prefix: prepared.slice(0, 2 * PREFIX_BYTES),
    signature: one.signature,
  };
  try {
    const answer = await fetch("/ballot", {
      method: "POST",
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return answer.status;
  } catch {
    return 0; // no line: it may have arrived nevertheless, and is the same when it comes again
  }
}

/** The library is fetched by who votes in secret, and by nobody else. */
async function signer(key: string) {
  const { RSABSSA } = await import("@cloudflare/blindrsa-ts");
  const suite = RSABSSA.SHA384.PSS.Randomized();
  const publicKey = await crypto.subtle.importKey("spki", bytes(key), { name: "RSA-PSS", hash: "SHA-384" }, true, ["verify"]);
  return { suite, publicKey };
}

/** 80 random bits in Crockford's base 32. */
export function newReceipt(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => RECEIPT_LETTERS[byte % 32]).join("");
}

function remembered(text: string | null): Kept[] {
  try {
    const kept: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(kept) ? (kept as Kept[]) : [];
  } catch {
    return [];
  }
}

function hex(some: Uint8Array): string {
  return [...some].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytes(text = ""): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
