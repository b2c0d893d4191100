import { describe, expect, it } from "vitest";
import { deliberationFrom } from "../room/deliberation";
import type { Meeting, Session } from "../room/model";
import { newsOf } from "./news";

const session = (id: string, more: Partial<Session> = {}): [string, Session] => [
  `s-${id}`,
  { sessionId: `s-${id}`, personId: id, microphone: true, camera: true, screen: false, present: true, ...more },
];
const meeting = (more: Partial<Meeting> = {}): Meeting => ({
  meetingId: "m", number: 1, title: "Rapat", startsMs: 0, endsMs: 0, zone: "WIB", place: "", status: "open", openedMs: 1, locked: false,
  items: [{ itemId: "i1", title: "Pembukaan", minutes: 5 }], currentItemId: "", currentItemSinceMs: 0, people: new Map(),
  sessions: new Map([session("me"), session("a")]), hands: [], waiting: [], chat: [], notes: new Map(), decisions: [], actions: [], statements: [], remarks: [], documents: [], mediaDownSinceMs: 0, deliberation: deliberationFrom({}), recording: null,
  ...more,
});
const news = (before: Partial<Meeting>, after: Partial<Meeting>) => newsOf(meeting(before), meeting(after), "me", "s-me");

describe("newsOf", () => {
  it("tells who came and who left", () => {
    expect(news({}, { sessions: new Map([session("me"), session("b")]) })).toEqual([
      { kind: "joined", personId: "b" },
      { kind: "left", personId: "a" },
    ]);
  });
  it("does not take a new device of somebody present for somebody new", () => {
    const [, other] = session("a");
    expect(news({}, { sessions: new Map([session("me"), ["s-other", { ...other, sessionId: "s-other" }]]) })).toEqual([]);
  });
  it("says nothing of what one did oneself", () => {
    expect(news({}, { hands: ["me"], chat: [{ chatId: "c", personId: "me", atMs: 1, text: "halo" }] })).toEqual([]);
  });
  it("tells of hands, chat, guests, items, the lock and decisions", () => {
    const kinds = news(
      {},
      {
        hands: ["a"],
        chat: [{ chatId: "c", personId: "a", atMs: 1, text: "halo" }],
        waiting: [{ waitingId: "w", name: "Tamu", office: "", function: "", atMs: 1, known: "name" }],
        currentItemId: "i1",
        locked: true,
        decisions: [{ decisionId: "d", number: 1, itemId: "i1", text: "x", method: "mufakat", atMs: 1, motionId: "", withdrawn: false }],
      },
    ).map((one) => one.kind);
    expect(kinds).toEqual(["hand", "waiting", "locked", "item", "decision", "chat"]);
  });
  it("tells when one's own microphone was turned off", () => {
    expect(news({}, { sessions: new Map([session("me", { microphone: false }), session("a")]) })).toEqual([{ kind: "muted" }]);
  });
});
