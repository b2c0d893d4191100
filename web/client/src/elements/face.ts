// What every element of the room gets from <balai-room>, and the class they all stem from.
import { LitElement } from "lit";
import { property } from "lit/decorators.js";
import type { Failure, Meeting, Person, Role, RoomClient, RoomPage, RoomState } from "../room/model";
import { language } from "../words";
import type { Settings } from "./settings";

export type Tab = "people" | "agenda" | "notes" | "chat" | "votes";
export const TABS: readonly Tab[] = ["people", "agenda", "notes", "chat", "votes"];

export type RoomDialog = "settings" | "keys" | "recording";

export interface Question {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly danger?: boolean;
}

/** What an element may ask of the room around it. */
export interface Face {
  readonly client: RoomClient;
  readonly page: RoomPage;
  readonly settings: Settings;
  readonly phone: boolean;
  /** True when it was done; otherwise the failure has been shown. */
  act(doing: Promise<void>): Promise<boolean>;
  ask(question: Question): Promise<boolean>;
  toast(text: string, kind?: "" | "accent" | "danger"): void;
  change(settings: Partial<Settings>): void;
  openTab(tab: Tab): void;
  openDialog(dialog: RoomDialog): void;
  switchLanguage(): Promise<void>;
  toggle(what: "microphone" | "camera" | "screen" | "hand"): Promise<void>;
}

export abstract class Piece extends LitElement {
  @property({ attribute: false }) face!: Face;
  @property({ attribute: false }) state!: RoomState;

  readonly #anew = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    language.addEventListener("change", this.#anew);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    language.removeEventListener("change", this.#anew);
  }

  /** Server time, ms. */
  protected now(): number {
    return Date.now() + this.state.clockSkewMs;
  }

  protected get meeting(): Meeting {
    const meeting = this.state.meeting;
    if (!meeting) throw new Error("the meeting is shown before it was entered");
    return meeting;
  }

  protected get leads(): boolean {
    const role = this.state.you?.role;
    return role === "chair" || role === "secretary";
  }
}

/** Redraws an element every second while it is there: running times. */
export abstract class TickingPiece extends Piece {
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }
}

export function nameOf(meeting: Meeting, personId: string): string {
  return meeting.people.get(personId)?.name ?? personId;
}

/** Those who are in the room now, each once, in the order they came; not the public. */
export function presentPeople(meeting: Meeting): Person[] {
  return inRoom(meeting).filter((person) => person.role !== "watcher");
}

/** How many of the public watch now. */
export function watcherCount(meeting: Meeting): number {
  return inRoom(meeting).filter((person) => person.role === "watcher").length;
}

function inRoom(meeting: Meeting): Person[] {
  const ids = new Set([...meeting.sessions.values()].map((session) => session.personId));
  return [...ids].flatMap((id) => meeting.people.get(id) ?? []);
}

/** Who may be seen and heard; the others only look and listen. */
export function speaks(role: RoomPage["role"] | undefined): boolean {
  return role !== "observer" && role !== "watcher";
}

/** The public sees neither the chat nor the minutes while they are written. */
export function tabsOf(role: Role | undefined): readonly Tab[] {
  return role === "watcher" ? TABS.filter((tab) => tab !== "chat" && tab !== "notes") : TABS;
}

export function isFailure(value: unknown): value is Failure {
  return typeof value === "object" && value !== null && "code" in value && "text" in value;
}
