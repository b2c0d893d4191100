// The seam between the room's client (connection, state, media) and its face (Lit elements): shapes only, no code that
// talks or draws. Names follow the facts of server/meeting/facts.py; the state is replaced, never changed in place.

import type { OwnBallot } from "./ballots";
import type { Choice, Deliberation, Motion } from "./deliberation";
import type { NotesLine } from "./notes-line";
import type { Recording } from "./recording";

export type Role = "chair" | "secretary" | "participant" | "observer" | "guest" | "watcher";
export type Source = "microphone" | "camera" | "screen" | "screen_audio";
export type Method = "mufakat" | "vote" | "chair";
export type Status = "planned" | "open" | "closed" | "cancelled";

export interface Person {
  readonly personId: string;
  readonly name: string;
  readonly role: Role;
  readonly function: string;
  readonly office: string;
}

export interface Session {
  readonly sessionId: string;
  readonly personId: string;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly present: boolean; // presence confirmed
}

export interface AgendaItem {
  readonly itemId: string;
  readonly title: string;
  readonly minutes: number;
}

export interface ChatLine {
  readonly chatId: string;
  readonly personId: string;
  readonly atMs: number;
  readonly text: string;
  readonly pending?: boolean; // said here, not yet acknowledged
}

export interface Notes {
  readonly itemId: string;
  readonly version: number;
  readonly text: string;
}

export interface Decision {
  readonly decisionId: string;
  readonly number: number;
  readonly itemId: string;
  readonly text: string;
  readonly method: Method;
  readonly atMs: number;
  readonly motionId: string; // what was adopted; "": recorded by hand
  readonly withdrawn: boolean;
}

export interface ActionLine {
  readonly actionId: string;
  readonly number: number;
  readonly itemId: string;
  readonly what: string;
  readonly who: string; // a personId, or free text
  readonly due: string; // ISO date or ""
  readonly atMs: number;
  readonly withdrawn: boolean;
}

/** A statement for the record, a motion or an objection, as it was made. It decides nothing. */
/** What was attached to the meeting, or to one of its agenda items; fetched from the meeting's page. */
export interface MeetingDocument {
  readonly documentId: string;
  readonly itemId: string;
  readonly name: string;
  readonly sizeBytes: number;
}

export type StatementKind = "statement" | "motion" | "objection";

export interface Statement {
  readonly statementId: string;
  readonly what: StatementKind;
  readonly number: number;
  readonly itemId: string;
  readonly who: string; // a personId, or free text
  readonly text: string;
  readonly atMs: number;
  readonly withdrawn: boolean;
}

/** A comment or a suggestion to a passage of the shared notes. `anchor`, `head`: Yjs' relative positions, base64. */
export interface Remark {
  readonly remarkId: string;
  readonly what: "comment" | "suggestion";
  readonly personId: string;
  readonly itemId: string;
  readonly anchor: string;
  readonly head: string;
  readonly quoted: string;
  readonly text: string;
  readonly atMs: number;
  readonly standing: "open" | "accepted" | "refused" | "withdrawn";
}

export type RemarkRule = "nobody" | "comment" | "suggest";

export interface Waiting {
  readonly waitingId: string;
  readonly name: string;
  readonly office: string;
  readonly function: string;
  readonly atMs: number;
  readonly known: "name" | "code" | "link" | "account"; // how it is known who it is
}

/** What everybody in the room knows; made from the snapshot and the facts since. */
export interface Meeting {
  readonly meetingId: string;
  readonly number: number;
  readonly title: string;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly zone: string;
  readonly place: string;
  readonly status: Status;
  readonly openedMs: number; // 0: not yet
  readonly locked: boolean;
  readonly items: readonly AgendaItem[];
  readonly currentItemId: string;
  readonly currentItemSinceMs: number;
  readonly people: ReadonlyMap<string, Person>;
  readonly sessions: ReadonlyMap<string, Session>;
  readonly hands: readonly string[]; // personIds in the order they were raised
  readonly waiting: readonly Waiting[]; // empty unless chair or secretary
  readonly chat: readonly ChatLine[];
  readonly notes: ReadonlyMap<string, Notes>;
  readonly decisions: readonly Decision[];
  readonly actions: readonly ActionLine[];
  readonly statements: readonly Statement[];
  readonly remarks: readonly Remark[];
  readonly documents: readonly MeetingDocument[];
  readonly mediaDownSinceMs: number; // 0: media works
  readonly deliberation: Deliberation;
  readonly recording: Recording | null;
}

export interface You {
  readonly personId: string;
  readonly sessionId: string;
  readonly role: Role;
}

export type Connection = "connecting" | "waiting" | "open" | "reconnecting" | "over";

export interface Failure {
  readonly code: string;
  readonly text: string; // a sentence in the reader's language
}

/** One stream of somebody else as it can be shown or heard now. */
export interface RemoteStream {
  readonly producerId: string;
  readonly sessionId: string;
  readonly source: Source;
  readonly stream: MediaStream;
  readonly paused: boolean; // by its sender (muted, camera off)
  readonly pausedFor: "" | "bandwidth" | "sender" | "limit" | "codec" | "economy"; // towards this viewer; economy: by its own wish
}

export interface LocalMedia {
  readonly microphone: "off" | "starting" | "on" | "denied" | "missing" | "busy";
  readonly camera: "off" | "starting" | "on" | "denied" | "missing" | "busy";
  readonly screen: "off" | "starting" | "on" | "denied" | "unsupported";
  readonly cameraStream: MediaStream | null; // own picture, mirrored by the face
  readonly screenStream: MediaStream | null;
  readonly microphoneLevel: number; // 0..1
}

export interface Quality {
  readonly roundTripMs: number;
  readonly lossPercent: number;
  readonly level: "good" | "fair" | "poor" | "none";
}

/** A line that is not good, and what it suffers from. */
export interface Line {
  readonly level: "fair" | "poor";
  readonly reason: "loss" | "delay" | "bandwidth";
}

export interface RoomState {
  readonly connection: Connection;
  readonly told: string; // the last word to those who wait, of whom this is one
  readonly over: Failure | null; // why it is over, when it is
  readonly mediaUp: boolean;
  readonly meeting: Meeting | null; // null until entered
  readonly you: You | null;
  readonly remote: ReadonlyMap<string, RemoteStream>; // by producerId
  readonly local: LocalMedia;
  readonly speakers: ReadonlyMap<string, number>; // sessionId -> 0..100, loudest first
  readonly lines: ReadonlyMap<string, Line>; // sessionId -> whose line is not good, as the server sees it
  readonly quality: Quality;
  readonly spoken: ReadonlyMap<string, number>; // personId -> ms since the item began, as the server heard; for who leads
  readonly ballots: ReadonlyMap<string, OwnBallot>; // this browser's secret ballots, by ballotKey()
  readonly clockSkewMs: number; // server time minus this machine's
}

export interface Shown {
  readonly producerId: string;
  readonly widthPx: number; // device pixels; 0 x 0: not shown, may be paused
  readonly heightPx: number;
  readonly priority: 0 | 1 | 2;
}

export interface Devices {
  readonly microphoneId: string;
  readonly cameraId: string;
  readonly speakerId: string;
}

/** What the face may ask for. Every promise rejects with a Failure; nothing typed is lost by a rejection. */
export interface RoomClient extends EventTarget {
  readonly notesLine: NotesLine; // of the shared notes; open from the moment that one is inside
  readonly state: RoomState; // a "change" event follows each replacement, at most one per animation frame
  enter(): Promise<void>;
  leave(): Promise<void>;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  setScreen(on: boolean): Promise<void>;
  useDevices(devices: Devices): Promise<void>;
  setHand(up: boolean): Promise<void>;
  say(text: string): Promise<void>;
  show(shown: readonly Shown[]): void; // what is visible now and how large
  save(economy: boolean): void; // receive as little as the meeting can be followed with
  /** Once per member; the ballot is on its way when it resolves, and `state.ballots` tells when it is in. */
  castSecretly(motion: Motion, memberId: string, choice: Choice): Promise<void>;
  confirmPresence(): Promise<void>;
  /** Chair and secretary: any command of signaling/PROTOCOL.md by its type and fields (snake_case). */
  command(type: string, fields?: Readonly<Record<string, unknown>>): Promise<void>;
}

/** What the page hands to the client (JSON in a script element of type application/json with id "room"). */
/** A set phrase of the office. */
export interface Phrase {
  readonly name: string;
  readonly text: string; // with placeholders like {butir}
}

export interface RoomPage {
  readonly ticket: string;
  readonly language: "id" | "en";
  readonly meetingId: string;
  readonly title: string;
  readonly startsMs: number;
  readonly endsMs: number;
  readonly zone: string;
  readonly name: string; // the reader's own name
  readonly function: string; // the reader's own function in the office, "" when unknown
  readonly role: Role | "waiting";
  readonly office: { readonly name: string; readonly logo: string };
  readonly words: Readonly<Record<string, string>>; // the catalogue's room.* and common.* texts
  readonly phrases: readonly Phrase[]; // of the office, for those who write
  readonly leaveUrl: string; // where to go afterwards
}
