// The line to the server: one Socket.IO connection that comes back by itself, enters the room anew or resumes, and
// hands on facts in order, each once. It knows neither the meeting's state nor media.
import { io, type Socket } from "socket.io-client";
import type { Failure } from "./model";
import type { WireNotes } from "./notes-line";
import type { WireAnswer, WireEntered, WireError, WireFact, WireHint } from "./wire";

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 3_000;
const GROWTH = 1.7;
const CONNECT_TIMEOUT_MS = 8_000;
const ANSWER_TIMEOUT_MS = 15_000;
const RETRY_WITHIN_MS = 30_000; // a command waits this long for the line to come back

export interface Listener {
  /** The line is up and the room entered; `resumed` facts are handed on separately through facts(). */
  entered(entered: WireEntered, resumed: boolean): void;
  facts(facts: readonly WireFact[]): void;
  hint(hint: WireHint): void;
  notes(notes: WireNotes): void;
  waiting(told: string): void;
  lost(): void;
  over(failure: Failure): void;
  /** The epoch of the media ticket that is still in use, "" when none is. */
  mediaEpoch(): string;
}

export interface Line {
  readonly url: string;
  readonly ticket: string;
  readonly language: string;
  readonly words: Readonly<Record<string, string>>;
}

/** How long to wait before attempt number `attempt` (from 0); `chance` in 0..1 spreads the clients of a restarted server. */
export function waitBefore(attempt: number, chance: number): number {
  const planned = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * GROWTH ** attempt);
  return Math.round(planned * (0.7 + 0.3 * chance));
}

class LostAnswer extends Error {}

export class Connection {
  #socket: Socket;
  #listener: Listener;
  #words: Readonly<Record<string, string>>;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #you: WireEntered["you"] | null = null;
  #last = 0; // the number of the last fact handed on
  #entered = false;
  #over = false;
  #early: (readonly WireFact[])[] = []; // facts that overtook the answer to `enter`
  #earlyHints: WireHint[] = [];
  #whenOpen: (() => void)[] = [];
  #first: { resolve: () => void; reject: (failure: Failure) => void } | null = null;
  #stop = new AbortController();

  constructor(line: Line, listener: Listener) {
    this.#listener = listener;
    this.#words = line.words;
    this.#socket = io(`${line.url}/room`, {
      auth: { ticket: line.ticket, language: line.language, protocol: 1 },
      autoConnect: false,
      reconnection: false,
      forceNew: true,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      timeout: CONNECT_TIMEOUT_MS,
    });
    this.#socket.on("connect", () => void this.#enter());
    this.#socket.on("connect_error", (error: Error & { data?: Partial<WireError> | null }) => this.#refused(error.data));
    this.#socket.on("disconnect", () => this.#dropped());
    this.#socket.on("facts", (facts: readonly WireFact[], ack?: () => void) => this.#facts(facts, ack));
    this.#socket.on("hint", (hint: WireHint, ack?: () => void) => this.#hint(hint, ack));
    this.#socket.on("notes", (notes: WireNotes, ack?: () => void) => {
      ack?.();
      this.#listener.notes(notes);
    });
    this.#socket.on("admitted", (_nothing: unknown, ack?: () => void) => {
      ack?.();
      void this.#enter();
    });
    this.#socket.on("told", ({ text }: { text: string }, ack?: () => void) => {
      ack?.();
      this.#listener.waiting(text);
    });
    this.#socket.on("bye", (bye: WireError) => this.#end(bye));
    const signal = this.#stop.signal;
    window.addEventListener("pagehide", (event) => event.persisted || this.#goodbye(), { signal });
    window.addEventListener("online", () => this.#hurry(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry(), { signal });
  }

  get isOpen(): boolean {
    return this.#entered && this.#socket.connected;
  }

  /** Resolves once entered or waiting to be let in; rejects only when the room refuses for good. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#first = { resolve, reject };
      this.#socket.connect();
    });
  }

  /** Say goodbye and stay away. */
  async leave(): Promise<void> {
    if (this.isOpen) await this.#ask("command", { type: "leave" }).catch(() => undefined);
    this.#finish();
  }

  /** A request that makes sense only now. Rejects with a Failure, also when the line drops. */
  async request<T>(event: "media" | "command" | "notes", payload: object): Promise<T> {
    if (!this.isOpen) throw this.#offline();
    try {
      return (await this.#ask(event, payload)) as T;
    } catch (error) {
      throw error instanceof LostAnswer ? this.#offline() : error;
    }
  }

  /** A command that means the same when it is said twice: said again when the line drops before the answer. */
  async command<T = { number: number }>(payload: object): Promise<T> {
    const until = Date.now() + RETRY_WITHIN_MS;
    do {
      if (!this.isOpen) await this.#untilOpen(until);
      try {
        return (await this.#ask("command", payload)) as T;
      } catch (error) {
        if (!(error instanceof LostAnswer)) throw error;
      }
    } while (Date.now() < until);
    throw this.#offline();
  }

  async #enter(): Promise<void> {
    const you = this.#you;
    const resume = you && {
      session_id: you.session_id,
      secret: you.secret,
      after: this.#last,
      epoch: this.#listener.mediaEpoch(),
    };
    try {
      const answer = await this.#ask("enter", resume ? { resume } : {});
      if ("waiting" in (answer as object)) {
        this.#attempt = 0;
        this.#listener.waiting((answer as { told?: string }).told ?? "");
        this.#begun();
        return;
      }
      this.#welcome(answer as WireEntered);
    } catch (error) {
      if (error instanceof LostAnswer) {
        if (this.#socket.connected) this.#socket.disconnect();
        return;
      }
      this.#notEntered(error as Failure);
    }
  }

  #welcome(entered: WireEntered): void {
    this.#attempt = 0;
    const resumed = entered.snapshot === undefined;
    this.#you = entered.you;
    if (!resumed) this.#last = entered.number;
    this.#entered = true;
    this.#listener.entered(entered, resumed);
    if (entered.facts) this.#handOn(entered.facts);
    this.#last = Math.max(this.#last, entered.number);
    for (const facts of this.#early.splice(0)) this.#handOn(facts);
    for (const hint of this.#earlyHints.splice(0)) this.#listener.hint(hint);
    this.#begun();
    for (const open of this.#whenOpen.splice(0)) open();
  }

  #begun(): void {
    this.#first?.resolve();
    this.#first = null;
  }

  #notEntered(failure: Failure): void {
    // A room that is only not ready yet (its lease moves, the store restarts) is asked again; anything else is final.
    if (failure.code.startsWith("unavailable") || failure.code.startsWith("journal.") || failure.code === "rate.exceeded") {
      this.#socket.disconnect();
      return;
    }
    this.#end(failure);
  }

  #facts(facts: readonly WireFact[], ack?: () => void): void {
    if (this.#entered) this.#handOn(facts);
    else this.#early.push(facts);
    ack?.();
  }

  #handOn(facts: readonly WireFact[]): void {
    const fresh = facts.filter((fact) => fact.number > this.#last);
    const last = fresh.at(-1);
    if (!last) return;
    this.#last = last.number;
    this.#listener.facts(fresh);
  }

  #hint(hint: WireHint, ack?: () => void): void {
    if (this.#entered) this.#listener.hint(hint);
    else this.#earlyHints.push(hint);
    ack?.();
  }

  async #ask(event: string, payload: object): Promise<unknown> {
    const socket = this.#socket;
    if (!socket.connected) throw new LostAnswer();
    let answer: WireAnswer<unknown>;
    try {
      answer = (await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(event, payload)) as WireAnswer<unknown>;
    } catch {
      throw new LostAnswer(); // the line dropped, or the server fell silent
    }
    if ("error" in answer) throw { code: answer.error.code, text: answer.error.text } satisfies Failure;
    return answer.ok;
  }

  #untilOpen(until: number): Promise<void> {
    if (this.#over) return Promise.reject(this.#offline());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#offline()), Math.max(0, until - Date.now()));
      this.#whenOpen.push(() => {
        clearTimeout(timer);
        if (this.isOpen) resolve();
        else reject(this.#offline());
      });
    });
  }

  #offline(): Failure {
    return { code: "connection.lost", text: this.#words["room.offline"] ?? "" };
  }

  #refused(data: Partial<WireError> | null | undefined): void {
    if (data?.code && !data.code.startsWith("unavailable")) {
      this.#end({ code: data.code, text: data.text ?? "" });
      return;
    }
    this.#again();
  }

  #dropped(): void {
    if (this.#over) return;
    const was = this.#entered;
    this.#entered = false;
    this.#early = [];
    this.#earlyHints = [];
    if (was) this.#listener.lost();
    this.#again();
  }

  #again(): void {
    if (this.#over || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#connect(), waitBefore(this.#attempt, Math.random()));
    this.#attempt += 1;
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#over) this.#socket.connect();
  }

  /** The tab is closed: nobody will wait for an answer, and nobody need wait for the grace to end. */
  #goodbye(): void {
    if (this.isOpen) this.#socket.emit("command", { type: "leave" });
  }

  /** Something says the network is back: do not wait for the timer. */
  #hurry(): void {
    if (this.#timer === undefined) return;
    this.#attempt = 0;
    this.#connect();
  }

  #end(failure: Failure): void {
    if (this.#over) return;
    this.#finish();
    this.#listener.over({ code: failure.code, text: failure.text });
    this.#first?.reject(failure);
    this.#first = null;
  }

  #finish(): void {
    this.#over = true;
    this.#entered = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stop.abort();
    this.#socket.disconnect();
    for (const open of this.#whenOpen.splice(0)) open();
  }
}
