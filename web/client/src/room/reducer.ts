// The meeting as this client knows it: a snapshot, and then facts applied with the same meaning as
// server/meeting/state.py and views.py. Pure: an old snapshot and the facts since give what a fresh snapshot gives.
import { deliberate, deliberationFrom } from "./deliberation";
import { record, recordingFrom } from "./recording";
import { count, flag, list, text, type Fields } from "./fields";
import type { ActionLine, AgendaItem, Decision, Meeting, MeetingDocument, Method, Notes, Person, Remark, Role, Session, Statement, StatementKind, Status, Waiting } from "./model";
import type { WireFact, WireSnapshot } from "./wire";

type Apply = (meeting: Meeting, fact: WireFact) => Partial<Meeting>;

// ---------------------------------------------------------------- one thing of each kind

const item = (fields: Fields): AgendaItem => ({
  itemId: text(fields, "item_id"),
  title: text(fields, "title"),
  minutes: count(fields, "minutes"),
});

const person = (fields: Fields): Person => ({
  personId: text(fields, "person_id"),
  name: text(fields, "name"),
  role: text(fields, "role") as Role,
  function: text(fields, "function"),
  office: text(fields, "office"),
});

const session = (fields: Fields): Session => ({
  sessionId: text(fields, "session_id"),
  personId: text(fields, "person_id"),
  microphone: flag(fields, "microphone"),
  camera: flag(fields, "camera"),
  screen: flag(fields, "screen"),
  present: flag(fields, "present"),
});

const waiting = (fields: Fields, atMs: number) => ({
  waitingId: text(fields, "waiting_id"),
  name: text(fields, "name"),
  office: text(fields, "office"),
  function: text(fields, "function"),
  atMs,
  known: text(fields, "known") as Waiting["known"],
});

const chatLine = (fields: Fields, atMs: number) => ({
  chatId: text(fields, "chat_id"),
  personId: text(fields, "person_id"),
  atMs,
  text: text(fields, "text"),
});

const notes = (fields: Fields): Notes => ({
  itemId: text(fields, "item_id"),
  version: count(fields, "version"),
  text: text(fields, "text"),
});

const decision = (fields: Fields, atMs: number): Decision => ({
  decisionId: text(fields, "decision_id"),
  number: count(fields, "number"),
  itemId: text(fields, "item_id"),
  text: text(fields, "text"),
  method: text(fields, "method") as Method,
  atMs,
  motionId: text(fields, "motion_id"),
  withdrawn: flag(fields, "withdrawn"),
});

const action = (fields: Fields, atMs: number): ActionLine => ({
  actionId: text(fields, "action_id"),
  number: count(fields, "number"),
  itemId: text(fields, "item_id"),
  what: text(fields, "what"),
  who: text(fields, "who"),
  due: text(fields, "due"),
  atMs,
  withdrawn: flag(fields, "withdrawn"),
});

const attached = (fields: Fields): MeetingDocument => ({
  documentId: text(fields, "document_id"),
  itemId: text(fields, "item_id"),
  name: text(fields, "name"),
  sizeBytes: count(fields, "size_bytes"),
});

const statement = (fields: Fields, atMs: number): Statement => ({
  statementId: text(fields, "statement_id"),
  what: text(fields, "what") as StatementKind,
  number: count(fields, "number"),
  itemId: text(fields, "item_id"),
  who: text(fields, "who"),
  text: text(fields, "text"),
  atMs,
  withdrawn: flag(fields, "withdrawn"),
});

const remark = (fields: Fields, atMs: number): Remark => ({
  remarkId: text(fields, "remark_id"),
  what: text(fields, "what") as Remark["what"],
  personId: text(fields, "person_id"),
  itemId: text(fields, "item_id"),
  anchor: text(fields, "anchor"),
  head: text(fields, "head"),
  quoted: text(fields, "quoted"),
  text: text(fields, "text"),
  atMs,
  standing: (text(fields, "standing") || "open") as Remark["standing"],
});

// ---------------------------------------------------------------- the snapshot

const keyed = <T>(things: readonly T[], key: (thing: T) => string): ReadonlyMap<string, T> =>
  new Map(things.map((thing) => [key(thing), thing]));

export function fromSnapshot(snapshot: WireSnapshot): Meeting {
  const all = <T>(name: string, one: (fields: Fields, atMs: number) => T): T[] =>
    list(snapshot, name).map((fields) => one(fields, count(fields, "at_ms")));
  return {
    meetingId: text(snapshot, "meeting_id"),
    number: count(snapshot, "number"),
    title: text(snapshot, "title"),
    startsMs: count(snapshot, "starts_ms"),
    endsMs: count(snapshot, "ends_ms"),
    zone: text(snapshot, "zone"),
    place: text(snapshot, "place"),
    status: text(snapshot, "status") as Status,
    openedMs: count(snapshot, "opened_ms"),
    locked: flag(snapshot, "locked"),
    items: all("items", item),
    currentItemId: text(snapshot, "current_item_id"),
    currentItemSinceMs: count(snapshot, "current_item_since_ms"),
    people: keyed(all("people", person), (one) => one.personId),
    sessions: keyed(all("sessions", session), (one) => one.sessionId),
    hands: (snapshot["hands"] ?? []) as readonly string[],
    waiting: all("waiting", waiting),
    chat: all("chat", chatLine),
    notes: keyed(all("notes", notes), (one) => one.itemId),
    decisions: all("decisions", decision),
    actions: all("actions", action),
    statements: all("statements", statement),
    remarks: all("remarks", remark),
    documents: list(snapshot, "documents").map(attached),
    mediaDownSinceMs: count(snapshot, "media_down_since_ms"),
    deliberation: deliberationFrom(snapshot),
    recording: recordingFrom(snapshot),
  };
}

// ---------------------------------------------------------------- the facts

const plan: Apply = (_, fact) => ({
  title: text(fact, "title"),
  startsMs: count(fact, "starts_ms"),
  endsMs: count(fact, "ends_ms"),
  zone: text(fact, "zone"),
  place: text(fact, "place"),
});

const setPerson: Apply = ({ people }, fact) => ({ people: new Map(people).set(text(fact, "person_id"), person(fact)) });

function changed<T>(things: ReadonlyMap<string, T>, key: string, change: Partial<T>): ReadonlyMap<string, T> {
  const thing = things.get(key);
  return thing ? new Map(things).set(key, { ...thing, ...change }) : things;
}

function without<T>(things: ReadonlyMap<string, T>, key: string): ReadonlyMap<string, T> {
  const kept = new Map(things);
  kept.delete(key);
  return kept;
}

const setSession =
  (change: (fact: WireFact) => Partial<Session>): Apply =>
  ({ sessions }, fact) => ({ sessions: changed(sessions, text(fact, "session_id"), change(fact)) });

const noLongerWaiting: Apply = (meeting, fact) => ({
  waiting: meeting.waiting.filter((one) => one.waitingId !== text(fact, "waiting_id")),
});

const setDecision =
  (change: (fact: WireFact) => Partial<Decision>): Apply =>
  ({ decisions }, fact) => ({
    decisions: decisions.map((one) => (one.decisionId === text(fact, "decision_id") ? { ...one, ...change(fact) } : one)),
  });

const setAction =
  (change: (fact: WireFact) => Partial<ActionLine>): Apply =>
  ({ actions }, fact) => ({
    actions: actions.map((one) => (one.actionId === text(fact, "action_id") ? { ...one, ...change(fact) } : one)),
  });

const setStatement =
  (change: (fact: WireFact) => Partial<Statement>): Apply =>
  ({ statements }, fact) => ({
    statements: statements.map((one) => (one.statementId === text(fact, "statement_id") ? { ...one, ...change(fact) } : one)),
  });

const setRemark =
  (standing: (fact: WireFact) => Remark["standing"]): Apply =>
  ({ remarks }, fact) => ({
    remarks: remarks.map((one) => (one.remarkId === text(fact, "remark_id") ? { ...one, standing: standing(fact) } : one)),
  });

const leave: Apply = ({ sessions, hands }, fact) => {
  const gone = sessions.get(text(fact, "session_id"));
  if (!gone) return {};
  const replaced = text(fact, "reason") === "replaced"; // the same person goes on with another device
  return {
    sessions: without(sessions, gone.sessionId),
    hands: replaced ? hands : hands.filter((personId) => personId !== gone.personId),
  };
};

const unconfirmed: Apply = ({ sessions }) => ({
  sessions: new Map([...sessions].map(([key, one]) => [key, { ...one, present: false }])),
  mediaDownSinceMs: 0,
});

const revoke: Apply = ({ people, hands }, fact) => ({
  people: without(people, text(fact, "person_id")),
  hands: hands.filter((personId) => personId !== text(fact, "person_id")),
});

const giveFloor: Apply = ({ hands }, fact) => ({
  hands: hands.filter((personId) => personId !== text(fact, "person_id")),
});

const close: Apply = () => ({
  status: "closed",
  locked: false,
  currentItemId: "",
  currentItemSinceMs: 0,
  hands: [],
  waiting: [],
});

const APPLY: Readonly<Record<string, Apply>> = {
  MeetingPlanned: plan,
  MeetingReplanned: plan,
  MeetingCancelled: () => ({ status: "cancelled", waiting: [] }),
  AgendaSet: (_, fact) => ({ items: list(fact, "items").map(item) }),
  Invited: setPerson,
  InvitationChanged: setPerson,
  InvitationRevoked: revoke,
  MeetingOpened: (_, fact) => ({ status: "open", openedMs: fact.at_ms }),
  MeetingClosed: close,
  RoomLocked: () => ({ locked: true }),
  RoomUnlocked: () => ({ locked: false }),
  ItemOpened: (_, fact) => ({ currentItemId: text(fact, "item_id"), currentItemSinceMs: fact.at_ms }),
  ItemClosed: () => ({ currentItemId: "", currentItemSinceMs: 0 }),
  GuestWaiting: (meeting, fact) => ({ waiting: [...meeting.waiting, waiting(fact, fact.at_ms)] }),
  GuestAdmitted: noLongerWaiting,
  GuestRefused: noLongerWaiting,
  GuestGone: noLongerWaiting,
  Joined: ({ sessions }, fact) => ({ sessions: new Map(sessions).set(text(fact, "session_id"), session(fact)) }),
  PresenceConfirmed: setSession(() => ({ present: true })),
  PresenceLost: setSession(() => ({ present: false })),
  Left: leave,
  ServiceInterrupted: unconfirmed,
  MediaInterrupted: (_, fact) => ({ mediaDownSinceMs: count(fact, "since_ms") }),
  MediaRestored: () => ({ mediaDownSinceMs: 0 }),
  MicrophoneSet: setSession((fact) => ({ microphone: flag(fact, "on") })),
  CameraSet: setSession((fact) => ({ camera: flag(fact, "on") })),
  ScreenSet: setSession((fact) => ({ screen: flag(fact, "on") })),
  HandRaised: ({ hands }, fact) => ({ hands: [...hands, text(fact, "person_id")] }),
  HandLowered: ({ hands }, fact) => ({ hands: hands.filter((personId) => personId !== text(fact, "person_id")) }),
  ChatSaid: ({ chat }, fact) => ({ chat: [...chat, chatLine(fact, fact.at_ms)] }),
  NotesAdopted: (meeting, fact) => ({ notes: new Map(meeting.notes).set(text(fact, "item_id"), notes(fact)) }),
  NotesWritten: (meeting, fact) => ({ notes: new Map(meeting.notes).set(text(fact, "item_id"), notes(fact)) }),
  DecisionRecorded: ({ decisions }, fact) => ({
    decisions: [...decisions, { ...decision(fact, fact.at_ms), number: count(fact, "decision_number") }],
  }),
  DecisionCorrected: setDecision((fact) => ({ text: text(fact, "text"), method: text(fact, "method") as Method })),
  DecisionWithdrawn: setDecision(() => ({ withdrawn: true })),
  ActionRecorded: ({ actions }, fact) => ({
    actions: [...actions, { ...action(fact, fact.at_ms), number: count(fact, "action_number") }],
  }),
  ActionCorrected: setAction((fact) => ({ what: text(fact, "what"), who: text(fact, "who"), due: text(fact, "due") })),
  ActionWithdrawn: setAction(() => ({ withdrawn: true })),
  StatementRecorded: ({ statements }, fact) => ({
    statements: [...statements, { ...statement(fact, fact.at_ms), number: count(fact, "statement_number") }],
  }),
  StatementCorrected: setStatement((fact) => ({ who: text(fact, "who"), text: text(fact, "text") })),
  DocumentAttached: ({ documents }, fact) => ({ documents: [...documents, attached(fact)] }),
  DocumentWithdrawn: ({ documents }, fact) => ({ documents: documents.filter((one) => one.documentId !== text(fact, "document_id")) }),
  StatementWithdrawn: setStatement(() => ({ withdrawn: true })),
  RemarkMade: ({ remarks }, fact) => ({ remarks: [...remarks, remark(fact, fact.at_ms)] }),
  RemarkAnswered: setRemark((fact) => (flag(fact, "accepted") ? "accepted" : "refused")),
  RemarkWithdrawn: setRemark(() => "withdrawn"),
  FloorGiven: giveFloor, // the rest of it, and what is decided, is in deliberation.ts
};

/** A kind that this client does not know (a newer server) changes nothing but the number. */
export function applyFacts(meeting: Meeting, facts: readonly WireFact[]): Meeting {
  let next = meeting;
  for (const fact of facts) {
    if (fact.number <= next.number) continue;
    const deliberation = deliberate(next.deliberation, fact);
    const recording = record(next.recording, fact);
    next = { ...next, ...APPLY[fact.kind]?.(next, fact), number: fact.number, deliberation, recording };
  }
  return next;
}
