import { describe, expect, it } from "vitest";
import contract from "../../../../tests/unit/signaling/fixtures/contract.json?raw";
import { applyFacts, fromSnapshot } from "./reducer";
import type { WireFact, WireSnapshot } from "./wire";

interface Case {
  readonly role: string;
  readonly snapshot: WireSnapshot;
  readonly facts: readonly WireFact[];
  readonly fresh: WireSnapshot;
}

const cases = JSON.parse(contract) as Case[];

describe("an old snapshot and the facts since", () => {
  it.each(cases.map((one, at) => [at, one.role, one] as const))("make a fresh snapshot (%i, %s)", (_, __, one) => {
    const made = applyFacts(fromSnapshot(one.snapshot), one.facts);
    const fresh = fromSnapshot(one.fresh);
    // The last facts may be invisible to this viewer: the number alone may then be behind.
    expect(made.number).toBeLessThanOrEqual(fresh.number);
    expect({ ...made, number: 0 }).toEqual({ ...fresh, number: 0 });
    expect([...made.people.keys()]).toEqual([...fresh.people.keys()]);
    expect([...made.sessions.keys()]).toEqual([...fresh.sessions.keys()]);
  });

  it("do so in two halves, and when some come twice", () => {
    for (const one of cases) {
      const half = Math.floor(one.facts.length / 2);
      const first = applyFacts(fromSnapshot(one.snapshot), one.facts.slice(0, half));
      expect(applyFacts(first, one.facts)).toEqual(applyFacts(fromSnapshot(one.snapshot), one.facts));
    }
  });
});

describe("the reducer", () => {
  const meeting = fromSnapshot(cases[0]?.snapshot ?? {});

  it("never changes what it was given", () => {
    const before = structuredClone(meeting);
    applyFacts(meeting, cases[0]?.facts ?? []);
    expect(meeting).toEqual(before);
  });

  it("passes over kinds that it does not know", () => {
    const fact = { number: meeting.number + 1, at_ms: 0, kind: "MotionOpened" };
    expect(applyFacts(meeting, [fact])).toEqual({ ...meeting, number: fact.number });
  });
});
