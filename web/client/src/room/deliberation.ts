// Rules of procedure, presence that the secretary saw, motions and votes, and the floor, as this client knows them: made
// from the snapshot and changed by facts, with the same meaning as server/meeting/deliberation.py. Pure.
import { count, flag, list, text, texts, type Fields } from "./fields";
import type { Person, RemarkRule, Role, Session } from "./model";
import type { WireFact, WireSnapshot } from "./wire";

export const QUORUMS = ["none", "half", "at_least_half", "two_thirds", "three_quarters", "number"] as const;
export type Quorum = (typeof QUORUMS)[number];
/** Kinds of meeting whose quorum is known, as server/meeting/quorum.py has them. */
export const PRESETS = ["coordination", "working", "council_ordinary", "council_bylaw", "council_inquiry"] as const;
export type Ballot = "hands" | "roll_call" | "secret";
export type Share = "half" | "two_thirds" | "three_quarters";
export type ShareOf = "cast" | "present" | "members";
export type Tie = "rejected" | "chair";
export type Choice = "yes" | "no" | "abstain";
export type Place = "room" | "online";
export type Phase =
  | "consensus" // objections are heard until untilMs
  | "objected" // somebody stood by one: a vote may follow
  | "vote"
  | "counting"
  | "tied" // the chair decides
  | "adopted"
  | "rejected"
  | "void" // no quorum at the close
  | "withdrawn";

export interface Procedure {
  readonly quorum: Quorum;
  readonly quorumNumber: number;
  readonly votesNeedQuorum: boolean;
  readonly turnSeconds: number;
  readonly firstSpeechesFirst: boolean;
  readonly preset: string; // "": rules of the meeting's own
  readonly secretaryCounts: boolean;
  readonly remarks: RemarkRule; // what who does not write may do in the notes
}

/** Put off for want of a quorum. */
export interface Adjournment {
  readonly times: number;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface Mark {
  readonly markId: string;
  readonly personId: string;
  readonly place: Place;
  readonly fromMs: number;
  readonly untilMs: number; // 0: still
}

export interface InRoom {
  readonly roomId: string;
  readonly markId: string;
}

export interface Motion {
  readonly motionId: string;
  readonly number: number;
  readonly itemId: string;
  readonly text: string;
  readonly phase: Phase;
  readonly openedMs: number;
  readonly untilMs: number;
  readonly objections: ReadonlyMap<string, string>; // personId -> reason
  readonly ballot: Ballot;
  readonly share: Share;
  readonly of: ShareOf;
  readonly abstentionsCount: boolean;
  readonly tie: Tie;
  readonly eligible: readonly string[];
  readonly voted: readonly string[]; // in the order of `eligible`
  readonly yes: number;
  readonly no: number;
  readonly abstain: number;
  readonly present: number;
  readonly votes: readonly (readonly [string, Choice])[]; // by name, after a roll call only
  readonly digest: string;
  readonly key: string; // of a secret ballot's box, hex
  readonly receipts: readonly (readonly [string, Choice])[]; // the secret ballots that were counted
}

export interface Floor {
  readonly personId: string;
  readonly sinceMs: number;
  readonly untilMs: number; // 0: no limit
}

export interface Deliberation {
  readonly procedure: Procedure;
  readonly quorate: boolean | null; // as last told
  readonly adjourned: Adjournment | null;
  readonly adjournments: number;
  readonly marks: ReadonlyMap<string, Mark>;
  readonly rooms: readonly string[]; // personIds of meeting rooms whose people share one device
  readonly checkIns: ReadonlyMap<string, InRoom>; // personId -> where they are, by their own phone
  readonly excused: ReadonlyMap<string, string>; // personId -> reason; empty unless chair or secretary
  readonly standIns: ReadonlyMap<string, string>; // personId -> who is there for them
  readonly motions: readonly Motion[];
  readonly floor: Floor | null;
  readonly speeches: ReadonlyMap<string, number>; // personId -> times on the current item
}

type Apply = (before: Deliberation, fact: WireFact) => Partial<Deliberation>;

const pairs = (fields: Fields, name: string, value: string): ReadonlyMap<string, string> =>
  new Map(list(fields, name).map((row) => [text(row, "person_id"), text(row, value)]));

const procedure = (fields: Fields): Procedure => ({
  quorum: (text(fields, "quorum") || "half") as Quorum,
  quorumNumber: count(fields, "quorum_number"),
  votesNeedQuorum: flag(fields, "votes_need_quorum"),
  turnSeconds: count(fields, "turn_seconds"),
  firstSpeechesFirst: flag(fields, "first_speeches_first"),
  preset: text(fields, "preset"),
  secretaryCounts: flag(fields, "secretary_counts"),
  remarks: (text(fields, "remarks") || "nobody") as RemarkRule,
});

/** All rules as `set_rules` wants them: whoever changes one says the others as they stand. */
export function asWish(rules: Procedure): Readonly<Record<string, unknown>> {
  return {
    quorum: rules.quorum,
    quorum_number: rules.quorumNumber,
    votes_need_quorum: rules.votesNeedQuorum,
    turn_seconds: rules.turnSeconds,
    first_speeches_first: rules.firstSpeechesFirst,
    preset: rules.preset,
    secretary_counts: rules.secretaryCounts,
    remarks: rules.remarks,
  };
}

const adjournment = (fields: Fields, sinceMs: number): Adjournment => ({
  times: count(fields, "times"),
  sinceMs,
  untilMs: count(fields, "until_ms"),
});

const mark = (fields: Fields): Mark => ({
  markId: text(fields, "mark_id"),
  personId: text(fields, "person_id"),
  place: text(fields, "place") as Place,
  fromMs: count(fields, "from_ms"),
  untilMs: count(fields, "until_ms"),
});

const motion = (fields: Fields, phase: Phase, openedMs: number): Motion => ({
  motionId: text(fields, "motion_id"),
  number: count(fields, "motion_number"),
  itemId: text(fields, "item_id"),
  text: text(fields, "text"),
  phase,
  openedMs,
  untilMs: count(fields, "until_ms"),
  objections: pairs(fields, "objections", "reason"),
  ballot: (text(fields, "ballot") || "hands") as Ballot,
  share: (text(fields, "share") || "half") as Share,
  of: (text(fields, "of") || "cast") as ShareOf,
  abstentionsCount: flag(fields, "abstentions_count"),
  tie: (text(fields, "tie") || "rejected") as Tie,
  eligible: texts(fields, "eligible"),
  voted: texts(fields, "voted"),
  yes: count(fields, "yes"),
  no: count(fields, "no"),
  abstain: count(fields, "abstain"),
  present: count(fields, "present"),
  votes: chosen(fields, "votes"),
  digest: text(fields, "digest"),
  key: text(fields, "key"),
  receipts: chosen(fields, "receipts"),
});

const chosen = (fields: Fields, name: string): readonly (readonly [string, Choice])[] =>
  Array.isArray(fields[name]) ? (fields[name] as readonly (readonly [string, Choice])[]) : [];

const inRoom = (fields: Fields): InRoom => ({ roomId: text(fields, "room_id"), markId: text(fields, "mark_id") });

const floor = (fields: Fields, sinceMs: number): Floor => ({
  personId: text(fields, "person_id"),
  sinceMs,
  untilMs: count(fields, "until_ms"),
});

export function deliberationFrom(snapshot: WireSnapshot): Deliberation {
  const held = snapshot["floor"] as Fields | null | undefined;
  const put = snapshot["adjourned"] as Fields | null | undefined;
  return {
    procedure: procedure((snapshot["procedure"] ?? {}) as Fields),
    adjourned: put ? adjournment(put, count(put, "since_ms")) : null,
    adjournments: count(snapshot, "adjournments"),
    quorate: typeof snapshot["quorate"] === "boolean" ? snapshot["quorate"] : null,
    marks: new Map(list(snapshot, "marks").map((row) => [text(row, "mark_id"), mark(row)])),
    rooms: texts(snapshot, "rooms"),
    checkIns: new Map(list(snapshot, "check_ins").map((row) => [text(row, "person_id"), inRoom(row)])),
    excused: pairs(snapshot, "excused", "reason"),
    standIns: pairs(snapshot, "stand_ins", "stand_in_id"),
    motions: list(snapshot, "motions").map((row) => motion(row, text(row, "phase") as Phase, count(row, "opened_ms"))),
    floor: held ? floor(held, count(held, "since_ms")) : null,
    speeches: new Map(list(snapshot, "speeches").map((row) => [text(row, "person_id"), count(row, "times")])),
  };
}

// ---------------------------------------------------------------- the facts

/** A person's one entry: an empty value takes it away, a new one stands last. */
function named(names: ReadonlyMap<string, string>, key: string, value: string): ReadonlyMap<string, string> {
  const changed = new Map(names);
  changed.delete(key);
  return value ? changed.set(key, value) : changed;
}

const onMotion =
  (change: (one: Motion, fact: WireFact) => Partial<Motion>): Apply =>
  ({ motions }, fact) => ({
    motions: motions.map((one) => (one.motionId === text(fact, "motion_id") ? { ...one, ...change(one, fact) } : one)),
  });

const phase = (next: Phase): Apply => onMotion(() => ({ phase: next }));

const openVote: Apply = ({ motions }, fact) => {
  const opened = motion(fact, "vote", fact.at_ms);
  const earlier = motions.find((one) => one.motionId === opened.motionId);
  if (!earlier) return { motions: [...motions, opened] };
  const again = { ...opened, objections: earlier.objections };
  return { motions: motions.map((one) => (one === earlier ? again : one)) };
};

const oneMoreVoted = onMotion(({ eligible, voted }, fact) => ({
  voted: eligible.filter((memberId) => memberId === text(fact, "member_id") || voted.includes(memberId)),
}));

const result = onMotion((_, fact) => ({
  phase: text(fact, "outcome") as Phase,
  yes: count(fact, "yes"),
  no: count(fact, "no"),
  abstain: count(fact, "abstain"),
  present: count(fact, "present"),
  votes: chosen(fact, "votes"),
  digest: text(fact, "digest"),
}));

const giveFloor: Apply = ({ speeches }, fact) => {
  const personId = text(fact, "person_id");
  return {
    floor: floor(fact, fact.at_ms),
    speeches: new Map(speeches).set(personId, (speeches.get(personId) ?? 0) + 1),
  };
};

const revoke: Apply = ({ excused, standIns }, fact) => {
  const gone = text(fact, "person_id");
  return {
    excused: named(excused, gone, ""),
    standIns: new Map([...standIns].filter((pair) => !pair.includes(gone))),
  };
};

const APPLY: Readonly<Record<string, Apply>> = {
  RulesSet: (_, fact) => ({ procedure: procedure(fact) }),
  MeetingAdjourned: (_, fact) => ({ adjourned: adjournment(fact, fact.at_ms), adjournments: count(fact, "times") }),
  MeetingResumed: () => ({ adjourned: null }),
  MeetingClosed: () => ({ adjourned: null }),
  QuorumReached: () => ({ quorate: true }),
  QuorumLost: () => ({ quorate: false }),
  PresenceMarked: ({ marks, checkIns }, fact) => ({
    marks: new Map(marks).set(text(fact, "mark_id"), mark(fact)),
    checkIns: count(fact, "until_ms") ? new Map([...checkIns].filter(([, one]) => one.markId !== text(fact, "mark_id"))) : checkIns,
  }),
  RoomDeviceAdded: ({ rooms }, fact) => ({ rooms: [...rooms, text(fact, "person_id")] }),
  CheckedIn: ({ checkIns }, fact) => ({ checkIns: new Map(checkIns).set(text(fact, "person_id"), inRoom(fact)) }),
  AbsenceExcused: ({ excused }, fact) => ({
    excused: named(excused, text(fact, "person_id"), text(fact, "reason")),
  }),
  StandInNamed: ({ standIns }, fact) => ({
    standIns: named(standIns, text(fact, "person_id"), text(fact, "stand_in_id")),
  }),
  InvitationRevoked: revoke,
  ConsensusCalled: ({ motions }, fact) => ({ motions: [...motions, motion(fact, "consensus", fact.at_ms)] }),
  Objected: onMotion(({ objections }, fact) => ({
    objections: new Map(objections).set(text(fact, "person_id"), text(fact, "reason")),
  })),
  ObjectionWithdrawn: onMotion(({ objections }, fact) => ({
    objections: named(objections, text(fact, "person_id"), ""),
  })),
  ConsensusReached: onMotion((_, fact) => ({ phase: "adopted", present: texts(fact, "present").length })),
  ConsensusFailed: phase("objected"),
  VoteOpened: openVote,
  VoteCast: oneMoreVoted,
  BallotGranted: oneMoreVoted,
  BallotsSealed: onMotion((_, fact) => ({ phase: "counting", present: count(fact, "present") })),
  BallotsPublished: onMotion((_, fact) => ({
    receipts: list(fact, "ballots").map((one) => [text(one, "receipt"), text(one, "choice") as Choice] as const),
  })),
  VoteClosed: result,
  TieBroken: onMotion((_, fact) => ({ phase: text(fact, "choice") === "yes" ? "adopted" : "rejected" })),
  MotionWithdrawn: phase("withdrawn"),
  FloorGiven: giveFloor,
  FloorEnded: () => ({ floor: null }),
  ItemOpened: () => ({ speeches: new Map() }),
};

/** After one more fact; the same object where it says nothing here. */
export function deliberate(before: Deliberation, fact: WireFact): Deliberation {
  const apply = APPLY[fact.kind];
  return apply ? { ...before, ...apply(before, fact) } : before;
}

// ---------------------------------------------------------------- what the face asks

const MEMBERS: readonly Role[] = ["chair", "secretary", "participant"];
const SHARES: Readonly<Record<Exclude<Quorum, "none" | "number">, readonly [number, number]>> = {
  half: [1, 2],
  at_least_half: [1, 2],
  two_thirds: [2, 3],
  three_quarters: [3, 4],
};

export interface QuorumNow {
  readonly present: number;
  readonly members: number;
  readonly needed: number; // 0: none is asked for
  readonly reached: boolean;
}

/** As server/meeting/motions.py counts it: members who are there themselves or by a stand-in who is. */
export function quorumNow(
  people: Iterable<Person>,
  sessions: Iterable<Session>,
  { procedure: rules, marks, standIns }: Deliberation,
): QuorumNow {
  const here = new Set([...sessions].filter((one) => one.present).map((one) => one.personId));
  for (const one of marks.values()) if (!one.untilMs) here.add(one.personId);
  const members = [...people].filter((one) => MEMBERS.includes(one.role) && (rules.secretaryCounts || one.role !== "secretary"));
  const present = members.filter((one) => here.has(one.personId) || here.has(standIns.get(one.personId) ?? "")).length;
  const needed = neededFor(rules, members.length);
  return { present, members: members.length, needed, reached: present >= needed };
}

function neededFor(rules: Procedure, members: number): number {
  if (rules.quorum === "none") return 0;
  if (rules.quorum === "number") return rules.quorumNumber;
  const [numerator, denominator] = SHARES[rules.quorum];
  const share = (members * numerator) / denominator;
  return rules.quorum === "half" ? Math.floor(share) + 1 : Math.ceil(share);
}

/** Raised hands in the order in which they get the floor. */
export function speakingList(hands: readonly string[], { procedure: rules, speeches }: Deliberation): readonly string[] {
  if (!rules.firstSpeechesFirst) return hands;
  const times = (personId: string): number => speeches.get(personId) ?? 0;
  return [...hands].sort((one, other) => times(one) - times(other));
}

/** The question that is before the meeting, if any. */
export function openMotion(now: Deliberation): Motion | null {
  const open: readonly Phase[] = ["consensus", "vote", "counting", "tied"];
  return now.motions.find((one) => open.includes(one.phase)) ?? null;
}

/** As server/meeting/quorum.py has it; 0: not once more. */
export function longestAdjournmentHours({ preset }: Procedure, before: number): number {
  if (!preset.startsWith("council")) return 24;
  if (before < 2) return 1;
  return before === 2 ? 72 : 0;
}

/** What a council's plenary decides by (UU 23/2014 art. 183 (3)), as a vote's form offers it first. */
export function usualShare({ preset }: Procedure): string {
  if (preset === "council_inquiry") return "two_thirds.present";
  return preset === "council_bylaw" ? "half.present" : "half.cast";
}
