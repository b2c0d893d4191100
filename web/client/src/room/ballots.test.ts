// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import { RSABSSA } from "@cloudflare/blindrsa-ts";
import { Ballots, newReceipt, type OwnBallot } from "./ballots";
import type { Motion } from "./deliberation";

const suite = RSABSSA.SHA384.PSS.Randomized();
const hex = (some: Uint8Array): string => [...some].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const keys = await suite.generateKey({ publicExponent: Uint8Array.from([1, 0, 1]), modulusLength: 2048 });
const secret = await crypto.subtle.exportKey("jwk", keys.privateKey);
const [modulus, exponent] = [secret.n, secret.d].map((part) => {
  const raw = atob((part ?? "").replace(/-/g, "+").replace(/_/g, "/"));
  return BigInt(`0x${hex(Uint8Array.from(raw, (letter) => letter.charCodeAt(0)))}`);
}) as [bigint, bigint];

/** What the server does with the blinded message: RSA's private operation, and nothing else. */
function blindSign(blinded: string): string {
  let [result, base, left] = [1n, BigInt(`0x${blinded}`), exponent];
  for (; left; left >>= 1n, base = (base * base) % modulus) if (left & 1n) result = (result * base) % modulus;
  return result.toString(16).padStart(512, "0");
}

const key = hex(new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey)));

const SOON = { timeout: 5_000 }; // blinding is arithmetic, and other tests run beside it

/** What a tab keeps. */
class Kept implements Storage {
  readonly items = new Map<string, string>();
  get length(): number { return this.items.size; }
  getItem = (name: string): string | null => this.items.get(name) ?? null;
  setItem = (name: string, value: string): void => void this.items.set(name, value);
  removeItem = (name: string): void => void this.items.delete(name);
  clear = (): void => this.items.clear();
  key = (): null => null;
}

const motion = (change: Partial<Motion> = {}): Motion => ({ motionId: "m1", phase: "vote", ballot: "secret", key, receipts: [], eligible: ["p1"], ...change }) as Motion;

describe("a secret ballot", () => {
  let tab: Kept;
  let box: Record<string, string>[];
  let answers: number[]; // of the slot, in turn; then 200
  let told: ReadonlyMap<string, OwnBallot>;
  let papers: string[];

  const browser = (take?: () => Promise<string>): Ballots => {
    const sign = (fields: Readonly<Record<string, unknown>>): Promise<string> => {
      papers.push(String(fields["blinded"]));
      return Promise.resolve(blindSign(String(fields["blinded"])));
    };
    return new Ballots("meeting", { take: take ?? sign, changed: (own) => (told = own) }, tab);
  };
  const step = (): string | undefined => told.get("m1 p1")?.step;

  beforeEach(() => {
    tab = new Kept();
    [box, answers, told, papers] = [[], [], new Map(), []];
    vi.stubGlobal("fetch", (_: string, request: RequestInit) => {
      const status = answers.shift() ?? 200;
      expect(request.credentials).toBe("omit");
      if (status === 200) box.push(JSON.parse(String(request.body)) as Record<string, string>);
      return status ? Promise.resolve({ status }) : Promise.reject(new TypeError("no line"));
    });
  });

  it("is signed without being seen, put in, and forgotten but for its receipt", async () => {
    await browser().cast(motion(), "p1", "yes");
    await vi.waitFor(() => expect(step()).toBe("in"), SOON);
    const [ballot] = box;
    expect(ballot?.["receipt"]).toMatch(/^[0-9A-HJKMNP-TV-Z]{16}$/);
    const message = `balai.ballot.1\nmeeting\nm1\nyes\n${ballot?.["receipt"]}`;
    const signed = Uint8Array.from([...bytes(ballot?.["prefix"] ?? ""), ...new TextEncoder().encode(message)]);
    expect(await suite.verify(keys.publicKey, bytes(ballot?.["signature"] ?? ""), signed)).toBe(true);
    expect([...tab.items.values()].join("")).not.toContain("yes");
    expect(papers.join("")).not.toContain(ballot?.["signature"]);
  });

  it("is cast once, however often the button is pressed", async () => {
    const one = browser();
    await Promise.all([one.cast(motion(), "p1", "yes"), one.cast(motion(), "p1", "no")]);
    await one.cast(motion(), "p1", "no");
    await vi.waitFor(() => expect(step()).toBe("in"), SOON);
    expect(papers).toHaveLength(1);
    expect(box).toHaveLength(1);
  });

  it("goes on after a reload between paper and box, with the same ballot", async () => {
    answers = [503];
    vi.useFakeTimers();
    const before = browser();
    await before.cast(motion(), "p1", "no");
    await vi.waitFor(() => expect(answers).toHaveLength(0), SOON);
    vi.clearAllTimers(); // the page is gone, and what waited in it
    vi.useRealTimers();
    browser().follow([motion()]);
    await vi.waitFor(() => expect(step()).toBe("in"), SOON);
    expect(papers).toHaveLength(1);
    expect(box).toHaveLength(1);
  });

  it("asks for the same paper again when the line dropped before the answer", async () => {
    const lost = (): Promise<string> => Promise.reject({ code: "connection.lost", text: "" });
    await expect(browser(lost).cast(motion(), "p1", "abstain")).rejects.toMatchObject({ code: "connection.lost" });
    expect(step()).toBe("wanted");
    browser().follow([motion()]);
    await vi.waitFor(() => expect(step()).toBe("in"), SOON);
    expect(box[0]?.["choice"]).toBe("abstain");
  });

  it("is not kept when no paper was given", async () => {
    const refuse = (): Promise<string> => Promise.reject({ code: "vote.already", text: "" });
    await expect(browser(refuse).cast(motion(), "p1", "yes")).rejects.toMatchObject({ code: "vote.already" });
    expect(told.size).toBe(0);
  });

  it("says when it came too late, unless the list shows that it did not", async () => {
    answers = [400];
    const one = browser();
    await one.cast(motion(), "p1", "yes");
    await vi.waitFor(() => expect(step()).toBe("late"), SOON);
    const receipt = told.get("m1 p1")?.receipt ?? "";
    one.follow([motion({ phase: "adopted", receipts: [[receipt, "yes"]] })]);
    expect(step()).toBe("in");
  });
});

it("makes receipts that nobody guesses", () => {
  expect(new Set(Array.from({ length: 100 }, newReceipt)).size).toBe(100);
});
