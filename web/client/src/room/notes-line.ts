// The line of the shared notes: requests go out, what others wrote comes in. Small: the editor itself is loaded when it is
// wanted. What travels is stated in signaling/PROTOCOL.md.

export interface WireCursor {
  readonly person_id: string;
  readonly client: number;
  readonly anchor: string; // base64; "": it is gone
  readonly head: string;
}

export interface WireNotes {
  readonly item_id: string;
  readonly updates: readonly (ArrayBuffer | Uint8Array)[];
  readonly cursors: readonly WireCursor[];
  readonly stale: boolean;
}

export interface WireOpened {
  readonly update: ArrayBuffer | Uint8Array;
  readonly state: ArrayBuffer | Uint8Array;
  readonly writable: boolean;
  readonly cursors: readonly WireCursor[];
}

/** Tells "open" and "lost" of the line, and "notes" (a CustomEvent of WireNotes). A request rejects with a Failure. */
export interface NotesLine extends EventTarget {
  readonly isOpen: boolean;
  request(payload: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export class LineOfNotes extends EventTarget implements NotesLine {
  #ask: (payload: Readonly<Record<string, unknown>>) => Promise<unknown>;
  #isOpen: () => boolean;

  constructor(ask: (payload: Readonly<Record<string, unknown>>) => Promise<unknown>, isOpen: () => boolean) {
    super();
    this.#ask = ask;
    this.#isOpen = isOpen;
  }

  get isOpen(): boolean {
    return this.#isOpen();
  }

  request(payload: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#ask(payload);
  }

  opened(): void {
    this.dispatchEvent(new Event("open"));
  }

  lost(): void {
    this.dispatchEvent(new Event("lost"));
  }

  written(notes: WireNotes): void {
    this.dispatchEvent(new CustomEvent<WireNotes>("notes", { detail: notes }));
  }
}
