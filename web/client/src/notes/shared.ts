// One item's text that many write at once: a Yjs document that keeps itself the same as the server's. It draws nothing.
// What was typed while the line was down stays in the document; coming back, both sides tell each other what lacks.
import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Failure } from "../room/model";
import type { NotesLine, WireCursor, WireNotes, WireOpened } from "../room/notes-line";

export type Standing = "opening" | "saved" | "saving" | "offline" | "refused";

export interface Writer {
  readonly personId: string;
  readonly name: string;
}

const AGAIN_MS = 700; // after "too much" or "not just now"
const CURSOR_MS = 250;
const LATER = /^(rate\.exceeded|notes\.busy|room\.|store\.|journal\.|unavailable)/; // asked again, it may go
const COLOURS = ["#0b5c6b", "#8a3b12", "#5b3a8c", "#1f6b3a", "#9a1f5a", "#3d4f9f"];

export class SharedNotes extends EventTarget {
  readonly doc = new Y.Doc();
  readonly fragment = this.doc.getXmlFragment("notes");
  readonly awareness = new Awareness(this.doc);
  readonly itemId: string;
  standing: Standing = "opening";
  why = ""; // a refusal's sentence
  writable = false;
  people: ReadonlyMap<string, string> = new Map(); // personId -> name, for the cursors of others

  #line: NotesLine;
  #keptAs: string; // a key of this tab's storage
  #pending: Uint8Array[] = [];
  #sending = false;
  #synced = false; // both sides know the same, but for what is pending or on its way
  #unsent = false; // something was typed that the server has not acknowledged
  #wanted = 0; // how many show it
  #known: Uint8Array | undefined; // the server's state vector, as last told
  #cursorTimer: ReturnType<typeof setTimeout> | undefined;
  #cursorMoved = false;

  constructor(line: NotesLine, meetingId: string, itemId: string) {
    super();
    this.#line = line;
    this.itemId = itemId;
    this.#keptAs = `balai.notes.${meetingId}.${itemId}`;
    this.#restore();
    this.doc.on("update", (update: Uint8Array, origin: unknown) => this.#written(update, origin));
    this.awareness.on("change", (_: unknown, origin: unknown) => origin === "local" && this.#moved());
    line.addEventListener("open", () => this.#wanted && void this.#open());
    line.addEventListener("lost", () => this.#lost());
    line.addEventListener("notes", (event) => this.#heard((event as CustomEvent<WireNotes>).detail));
    window.addEventListener("pagehide", () => this.#keep());
  }

  /** Shown from now on; say `release` when it is not any more. */
  acquire(): void {
    this.#wanted += 1;
    if (this.#wanted === 1 && this.#line.isOpen && !this.#synced) void this.#open();
  }

  release(): void {
    this.#wanted -= 1;
    this.awareness.setLocalState(null);
    this.#settleLater();
  }

  /** Forget what the server refused, and read anew what stands there. The caller has shown it to the writer. */
  get hasUnsent(): boolean {
    return this.#unsent;
  }

  /** Resolves when the server has all that was typed; rejects when it took it not. */
  saved(): Promise<void> {
    return new Promise((done, fail) => {
      const look = (): void => {
        if (this.#unsent && this.standing !== "refused") return;
        this.removeEventListener("change", look);
        if (this.standing === "refused") fail(new Error(this.why));
        else done();
      };
      this.addEventListener("change", look);
      look();
    });
  }

  // ---------------------------------------------------------------- out

  #written(update: Uint8Array, origin: unknown): void {
    if (origin === this) return;
    if (this.#synced && !this.writable) return; // nobody but a hostile text makes a reader's editor change anything
    this.#pending.push(update);
    this.#unsent = true;
    this.#stand(this.#line.isOpen ? "saving" : "offline");
    void this.#send();
  }

  async #send(): Promise<void> {
    if (this.#sending || !this.#synced || !this.#pending.length || this.standing === "refused") return;
    this.#sending = true;
    const update = Y.mergeUpdates(this.#pending.splice(0));
    try {
      await this.#line.request({ type: "update", item_id: this.itemId, update, cursor: this.#cursor() });
      this.#cursorMoved = false;
    } catch (failure) {
      this.#sending = false;
      this.#pending.unshift(update);
      this.#failed(failure as Failure);
      return;
    }
    this.#sending = false;
    if (this.#pending.length) {
      void this.#send();
      return;
    }
    this.#unsent = false;
    this.#forget();
    this.#stand("saved");
    if (!this.#wanted) this.#settleLater();
  }

  #failed(failure: Failure): void {
    if (failure.code === "connection.lost") this.#lost();
    else if (LATER.test(failure.code)) setTimeout(() => void this.#send(), AGAIN_MS);
    else if (failure.code === "notes.behind") void this.#open();
    else {
      this.why = failure.text;
      this.writable = false;
      this.#stand("refused");
    }
  }

  // ---------------------------------------------------------------- both

  async #open(): Promise<void> {
    this.#synced = false;
    if (!this.#unsent) this.#stand("opening");
    let opened: WireOpened;
    try {
      opened = (await this.#line.request({ type: "open", item_id: this.itemId, state: Y.encodeStateVector(this.doc) })) as WireOpened;
    } catch (failure) {
      const { code, text } = failure as Failure;
      if (code === "connection.lost") return;
      if (LATER.test(code)) {
        setTimeout(() => this.#line.isOpen && void this.#open(), AGAIN_MS);
        return;
      }
      this.why = text;
      this.#stand("refused");
      return;
    }
    Y.applyUpdate(this.doc, bytes(opened.update), this);
    this.#known = bytes(opened.state);
    this.writable = opened.writable;
    this.#sending = false;
    this.#pending = this.#unsent && opened.writable ? [Y.encodeStateAsUpdate(this.doc, this.#known)] : [];
    this.#synced = true;
    for (const clientId of [...this.awareness.getStates().keys()]) if (clientId !== this.doc.clientID) this.awareness.states.delete(clientId);
    this.#point(opened.cursors);
    if (this.#unsent && !opened.writable) {
      this.#stand("refused"); // approved meanwhile: what was typed is still in the editor, to be copied
      return;
    }
    this.#stand(this.#pending.length ? "saving" : "saved");
    void this.#send();
  }

  #lost(): void {
    this.#synced = false;
    this.#sending = false;
    if (this.standing !== "refused") this.#stand(this.#unsent ? "offline" : "opening");
  }

  // ---------------------------------------------------------------- in

  #heard(notes: WireNotes): void {
    if (notes.item_id !== this.itemId) return;
    if (notes.stale) {
      void this.#open();
      return;
    }
    for (const update of notes.updates) Y.applyUpdate(this.doc, bytes(update), this);
    this.#point(notes.cursors);
  }

  #point(cursors: readonly WireCursor[]): void {
    const changed: number[] = [];
    for (const cursor of cursors) {
      if (cursor.client === this.doc.clientID) continue;
      changed.push(cursor.client);
      const anchor = position(cursor.anchor);
      const head = position(cursor.head);
      if (anchor && head) this.awareness.states.set(cursor.client, { user: this.#user(cursor.person_id), cursor: { anchor, head } });
      else this.awareness.states.delete(cursor.client);
    }
    if (changed.length) this.awareness.emit("change", [{ added: [], updated: changed, removed: [] }, "remote"]);
  }

  /** The name comes from the meeting, not from the writer: nobody writes under somebody else's. */
  #user(personId: string): { name: string; color: string; look: number } {
    const look = [...personId].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % COLOURS.length;
    return { name: this.people.get(personId) ?? "", color: COLOURS[look] ?? "#0b5c6b", look };
  }

  // ---------------------------------------------------------------- one's own cursor

  #cursor(): { client: number; anchor: string; head: string } | null {
    const cursor = this.awareness.getLocalState()?.["cursor"] as { anchor: Y.RelativePosition; head: Y.RelativePosition } | undefined;
    if (!cursor) return null;
    return { client: this.doc.clientID, anchor: encoded(cursor.anchor), head: encoded(cursor.head) };
  }

  /** Soon, and with the next update if that comes first. */
  #moved(): void {
    this.#cursorMoved = true;
    this.#cursorTimer ??= setTimeout(() => {
      this.#cursorTimer = undefined;
      if (!this.#cursorMoved || !this.#synced || !this.writable) return;
      this.#cursorMoved = false;
      this.#line.request({ type: "point", item_id: this.itemId, cursor: this.#cursor() }).catch(() => undefined);
    }, CURSOR_MS);
  }

  // ---------------------------------------------------------------- resting and keeping

  /** Shown nowhere, and all of it acknowledged: the server need not tell us more. */
  #settleLater(): void {
    if (this.#wanted || this.#unsent || !this.#synced) return;
    this.#synced = false;
    this.#line.request({ type: "close", item_id: this.itemId }).catch(() => undefined);
  }

  /** What a reload of the page interrupts is sent afterwards; kept in this tab only. */
  #keep(): void {
    if (!this.#unsent) return;
    try {
      sessionStorage.setItem(this.#keptAs, base64(Y.encodeStateAsUpdate(this.doc, this.#known)));
    } catch {
      // A browser that keeps nothing.
    }
  }

  #restore(): void {
    try {
      const kept = sessionStorage.getItem(this.#keptAs);
      if (!kept) return;
      Y.applyUpdate(this.doc, unbase64(kept), this);
      this.#unsent = true;
    } catch {
      this.#forget();
    }
  }

  #forget(): void {
    try {
      sessionStorage.removeItem(this.#keptAs);
    } catch {
      // A browser that keeps nothing.
    }
  }

  #stand(standing: Standing): void {
    this.standing = standing;
    this.dispatchEvent(new Event("change"));
  }
}

/** The text of one item on this line, the same for everybody who shows it on this page. */
export function sharedNotes(line: NotesLine, meetingId: string, itemId: string): SharedNotes {
  const known = all.get(line) ?? new Map<string, SharedNotes>();
  all.set(line, known);
  const notes = known.get(itemId) ?? new SharedNotes(line, meetingId, itemId);
  known.set(itemId, notes);
  return notes;
}

const all = new WeakMap<NotesLine, Map<string, SharedNotes>>();

function bytes(value: ArrayBuffer | Uint8Array): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(value);
}

function base64(value: Uint8Array): string {
  return btoa(Array.from(value, (byte) => String.fromCharCode(byte)).join(""));
}

function unbase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function encoded(position: Y.RelativePosition): string {
  return base64(Y.encodeRelativePosition(Y.createRelativePositionFromJSON(position)));
}

export function position(text: string): Y.RelativePosition | null {
  if (!text) return null;
  try {
    return Y.decodeRelativePosition(unbase64(text));
  } catch {
    return null; // whoever sent that
  }
}
