// What a key means in the room: pure, so that "never while typing" can be tested.

export type Wish = "microphone" | "camera" | "hand" | "screen" | "region" | "region-back" | "keys" | "speak" | `rail-${1 | 2 | 3 | 4 | 5}`;

export interface Pressed {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly repeat: boolean;
}

const LETTERS: Readonly<Record<string, Wish>> = { m: "microphone", v: "camera", h: "hand", s: "screen", "?": "keys" };

/** `within`: the elements under the key, innermost first (composedPath). */
export function wishOf(pressed: Pressed, within: readonly EventTarget[]): Wish | null {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  if (pressed.key === "F6") return pressed.shiftKey ? "region-back" : "region";
  if (within.some(isTyping)) return null;
  if (pressed.key === " ") return within.some(takesSpace) || pressed.repeat ? null : "speak";
  if (pressed.repeat) return null;
  if (/^[1-5]$/.test(pressed.key)) return `rail-${pressed.key}` as Wish;
  return LETTERS[pressed.key.toLowerCase()] ?? null;
}

export function isTyping(target: EventTarget): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button", "submit", "range"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable || target.localName === "wa-dialog" || target.getAttribute("role") === "menu";
}

function takesSpace(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.matches("button, a[href], input, summary, [role='button'], [role='tab'], [role='menuitem'], video[controls]");
}
