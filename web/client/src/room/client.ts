// The room as its face sees it: joins line, media, devices and the meeting's state into one RoomState.
// It draws nothing, and decides nothing that the server decides.
import { Ballots } from "./ballots";
import { Connection, type Listener } from "./connection";
import type { Choice, Motion } from "./deliberation";
import { DeviceTrouble, isThere, onDeviceChange } from "./devices";
import { LocalMediaControl } from "./local";
import { Media } from "./media";
import type { ChatLine, Devices, Failure, Line, Meeting, RoomClient, RoomPage, RoomState, Shown } from "./model";
import { LineOfNotes, type WireNotes } from "./notes-line";
import { NO_QUALITY } from "./quality";
import { applyFacts, fromSnapshot } from "./reducer";
import type { WireEntered, WireFact, WireHint, WireProducer } from "./wire";

const QUALITY_EVERY_MS = 2_000;
const HIDDEN_TAB_MS = 250; // animation frames rest in a hidden tab

export class Room extends EventTarget implements RoomClient, Listener {
  readonly notesLine: LineOfNotes;
  #page: RoomPage;
  #line: Connection;
  #media: Media;
  #local: LocalMediaControl;
  #ballots: Ballots;
  #meeting: Meeting | null = null; // as the server knows it
  #pending: ChatLine[] = [];
  #state: RoomState;
  #announced = false;
  #qualityTimer: ReturnType<typeof setInterval> | undefined;
  #stopWatchingDevices: () => void = () => undefined;

  constructor(page: RoomPage, devices: Devices, url = "") {
    super();
    this.#page = page;
    this.#line = new Connection({ url, ticket: page.ticket, language: page.language, words: page.words }, this);
    this.notesLine = new LineOfNotes((request) => this.#line.request("notes", request), () => this.#line.isOpen);
    this.#media = new Media((request) => this.#line.request("media", request), () => this.#mediaChanged());
    this.#local = new LocalMediaControl(devices, this.#media, {
      tell: (type, on) => this.#tellOwn(type, on),
      changed: (local) => this.#set({ local }),
    });
    this.#media.receivers.useSpeaker(devices.speakerId);
    this.#ballots = new Ballots(page.meetingId, {
      take: async (fields) => (await this.#line.command<{ signature: string }>({ ...fields, type: "take_ballot" })).signature,
      changed: (ballots) => this.#set({ ballots }),
    });
    this.#state = {
      connection: "connecting",
      told: "",
      over: null,
      mediaUp: true,
      meeting: null,
      you: null,
      remote: new Map(),
      local: this.#local.state,
      speakers: new Map(),
      lines: new Map(),
      quality: NO_QUALITY,
      spoken: new Map(),
      ballots: this.#ballots.own,
      clockSkewMs: 0,
    };
  }

  get state(): RoomState {
    return this.#state;
  }

  // ---------------------------------------------------------------- what the face asks for

  async enter(): Promise<void> {
    this.#stopWatchingDevices = onDeviceChange(() => void this.#devicesChanged());
    this.#qualityTimer = setInterval(() => void this.#measure(), QUALITY_EVERY_MS);
    await this.#line.open();
  }

  async leave(): Promise<void> {
    await this.#line.leave();
    this.#close();
    this.#set({ connection: "over" });
  }

  setMicrophone(on: boolean): Promise<void> {
    return this.#orSentence(this.#local.setMicrophone(on));
  }

  setCamera(on: boolean): Promise<void> {
    return this.#orSentence(this.#local.setCamera(on));
  }

  setScreen(on: boolean): Promise<void> {
    return this.#orSentence(this.#local.setScreen(on));
  }

  async useDevices(devices: Devices): Promise<void> {
    this.#media.receivers.useSpeaker(devices.speakerId);
    await this.#orSentence(this.#local.useDevices(devices));
  }

  setHand(up: boolean): Promise<void> {
    return up ? this.command("raise_hand") : this.command("lower_hand", { person_id: this.#state.you?.personId ?? "" });
  }

  async say(text: string): Promise<void> {
    const you = this.#state.you;
    const line = { chatId: crypto.randomUUID(), personId: you?.personId ?? "", atMs: this.#serverNow(), text, pending: true };
    this.#pending.push(line);
    this.#showMeeting();
    try {
      await this.command("say", { chat_id: line.chatId, text });
    } catch (failure) {
      this.#pending = this.#pending.filter((one) => one !== line);
      this.#showMeeting();
      throw failure;
    }
  }

  show(shown: readonly Shown[]): void {
    this.#media.receivers.show(shown);
  }

  save(economy: boolean): void {
    this.#media.receivers.save(economy);
  }

  castSecretly(motion: Motion, memberId: string, choice: Choice): Promise<void> {
    return this.#ballots.cast(motion, memberId, choice);
  }

  confirmPresence(): Promise<void> {
    return this.command("confirm_presence");
  }

  async command(type: string, fields: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const clean = Object.entries(fields).map(([name, value]) => [name, typeof value === "string" ? cleaned(value) : value]);
    await this.#line.command({ ...Object.fromEntries(clean), type });
  }

  // ---------------------------------------------------------------- what the line tells

  mediaEpoch(): string {
    return this.#media.epoch;
  }

  entered(entered: WireEntered, resumed: boolean): void {
    const { person_id: personId, session_id: sessionId, role } = entered.you;
    if (entered.snapshot) this.#meeting = fromSnapshot(entered.snapshot);
    this.#media.receivers.list(entered.producers, sessionId);
    this.#set({
      connection: "open",
      you: { personId, sessionId, role },
      clockSkewMs: entered.now_ms - Date.now(),
      speakers: levels(entered.loudness),
    });
    this.#showMeeting();
    if (entered.media === "kept") this.#media.check();
    else if (entered.media) void this.#negotiate(this.#media.use(entered.media));
    else this.#media.down();
    if (!resumed) void this.#local.tellAgain();
    this.notesLine.opened();
  }

  notes(notes: WireNotes): void {
    this.notesLine.written(notes);
  }

  facts(facts: readonly WireFact[]): void {
    if (!this.#meeting) return;
    this.#meeting = applyFacts(this.#meeting, facts);
    this.#pending = this.#pending.filter((line) => !this.#meeting?.chat.some((said) => said.chatId === line.chatId));
    this.#showMeeting();
    if (facts.some((fact) => fact.kind === "ItemOpened" || fact.kind === "ItemClosed")) this.#set({ spoken: new Map() });
    for (const fact of facts) this.#obey(fact);
  }

  hint({ kind, values }: WireHint): void {
    const receivers = this.#media.receivers;
    switch (kind) {
      case "producer_opened":
      case "producer_changed":
        receivers.opened(values as unknown as WireProducer);
        break;
      case "producer_closed":
        receivers.closed(String(values["producer_id"]));
        break;
      case "speakers":
        this.#set({ speakers: levels(values["levels"] as Readonly<Record<string, number>>) });
        break;
      case "spoken":
        this.#set({ spoken: new Map(Object.entries(values["times"] as Readonly<Record<string, number>>)) });
        break;
      case "line":
        this.#set({ lines: withLine(this.#state.lines, values) });
        break;
      case "consumer":
        receivers.consumerChanged(String(values["consumer_id"]), values["paused"] === true, String(values["reason"]));
        break;
      case "plane_down":
        receivers.list([], this.#state.you?.sessionId ?? "");
        this.#media.down();
        this.#set({ lines: new Map() });
        break;
      case "plane_up":
        if (values["epoch"] === this.#media.epoch) break; // it came with the answer to `enter` already
        receivers.list([], this.#state.you?.sessionId ?? ""); // of an epoch whose end was not heard of
        void this.#negotiate(this.#media.renew());
        break;
    }
  }

  waiting(told: string): void {
    this.#set({ connection: "waiting", told });
  }

  lost(): void {
    this.notesLine.lost();
    this.#set({ connection: "reconnecting" });
  }

  over(failure: Failure): void {
    this.#close();
    this.#set({ connection: "over", over: failure });
  }

  // ---------------------------------------------------------------- inside

  /** Somebody with the right turned us off: believe it at once. One's own wish was carried out before it was told. */
  #obey(fact: WireFact): void {
    const you = this.#state.you;
    if (!you || fact["session_id"] !== you.sessionId || fact["on"] !== false || fact["by"] === you.personId) return;
    if (fact.kind === "MicrophoneSet") void this.#local.silence("microphone");
    if (fact.kind === "CameraSet") void this.#local.silence("camera");
    if (fact.kind === "ScreenSet") void this.#local.silence("screen");
  }

  async #tellOwn(type: string, on: boolean): Promise<void> {
    await this.#line.command({ type, session_id: this.#state.you?.sessionId ?? "", on });
  }

  /** A device's trouble as a Failure with a sentence from the page's catalogue. */
  async #orSentence(act: Promise<void>): Promise<void> {
    try {
      await act;
    } catch (error) {
      if (!(error instanceof DeviceTrouble)) throw error;
      const code = `device.${error.device}.${error.trouble}`;
      throw { code, text: this.#page.words[`room.${code}`] ?? "" } satisfies Failure;
    }
  }

  /** Media that cannot be negotiated now are negotiated at the next ticket; the meeting goes on without them. */
  async #negotiate(act: Promise<void>): Promise<void> {
    await act.catch((error: unknown) => {
      if (this.#line.isOpen) console.warn("media", error);
    });
  }

  async #devicesChanged(): Promise<void> {
    await this.#local.devicesChanged();
    const speakerId = this.#local.devices.speakerId;
    this.#media.receivers.useSpeaker((await isThere(speakerId)) ? speakerId : "");
  }

  #mediaChanged(): void {
    this.#set({ remote: this.#media.receivers.streams(), mediaUp: this.#media.up });
  }

  async #measure(): Promise<void> {
    if (this.#state.connection === "open") this.#set({ quality: await this.#media.quality() });
  }

  #serverNow(): number {
    return Date.now() + this.#state.clockSkewMs;
  }

  #showMeeting(): void {
    const meeting = this.#meeting;
    if (!meeting) return;
    this.#ballots.follow(meeting.deliberation.motions);
    this.#set({ meeting: this.#pending.length ? { ...meeting, chat: [...meeting.chat, ...this.#pending] } : meeting });
  }

  #close(): void {
    this.#stopWatchingDevices();
    clearInterval(this.#qualityTimer);
    this.#media.stop();
    this.#local.stop();
  }

  #set(change: Partial<RoomState>): void {
    this.#state = { ...this.#state, ...change };
    if (this.#announced) return;
    this.#announced = true;
    const announce = (): void => {
      this.#announced = false;
      this.dispatchEvent(new Event("change"));
    };
    if (document.hidden) setTimeout(announce, HIDDEN_TAB_MS);
    else requestAnimationFrame(announce);
  }
}

/** What cannot be stored or printed goes before it is sent: half characters, and control characters that pasting from a
 * word processor brings along (its line and page breaks become line ends). */
export function cleaned(text: string): string {
  return text.replace(/[\x0b\x0c]/g, "\n").replace(/[\x00-\x08\x0e-\x1f\x7f\ufffe\uffff]|\p{Surrogate}/gu, "");
}

/** The lines that are not good, after what the server told of one of them. */
export function withLine(lines: ReadonlyMap<string, Line>, told: Readonly<Record<string, unknown>>): ReadonlyMap<string, Line> {
  const { session_id: sessionId, level, reason } = told;
  const after = new Map(lines);
  if (level !== "fair" && level !== "poor") after.delete(String(sessionId));
  else after.set(String(sessionId), { level, reason: reason === "delay" || reason === "bandwidth" ? reason : "loss" });
  return after;
}

function levels(loudness: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(loudness).sort(([, a], [, b]) => b - a));
}
