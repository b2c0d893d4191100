// Notes being typed: what is kept, what is saved, and what happens when somebody else wrote meanwhile. Pure.
import type { Notes } from "../room/model";

export type Saving = "clean" | "dirty" | "saving" | "failed" | "conflict";

export interface Draft {
  readonly itemId: string;
  readonly text: string; // what stands in the field
  readonly base: number; // the version it stems from
  readonly sent: string; // what is being saved
  readonly saving: Saving;
  readonly why: string; // the failure in words, when there is one
  readonly theirs: string; // the other text, in a conflict
}

const NONE = { version: 0, text: "" };

export function draftOf(itemId: string, notes: Notes | undefined): Draft {
  const { version, text } = notes ?? NONE;
  return { itemId, text, base: version, sent: text, saving: "clean", why: "", theirs: "" };
}

export function typed(draft: Draft, text: string): Draft {
  if (draft.saving === "conflict" || draft.saving === "saving") return { ...draft, text };
  return { ...draft, text, saving: "dirty", why: "" };
}

/** Is there something to send, now? */
export function isDue(draft: Draft): boolean {
  return draft.saving === "dirty" || draft.saving === "failed";
}

export function sending(draft: Draft): Draft {
  return { ...draft, sent: draft.text, saving: "saving", why: "" };
}

/** The server wrote it down; the version follows with the fact. */
export function saved(draft: Draft): Draft {
  if (draft.saving !== "saving") return draft;
  return { ...draft, saving: draft.text === draft.sent ? "clean" : "dirty" };
}

export function failed(draft: Draft, why: string): Draft {
  if (draft.saving === "conflict") return draft; // the reason is known already, and stands beside it
  return { ...draft, saving: "failed", why };
}

/** The server's notes moved on: they are what we sent, or somebody else's. */
export function heard(draft: Draft, notes: Notes | undefined): Draft {
  const { version, text } = notes ?? NONE;
  if (version <= draft.base) return draft;
  if (text === draft.text) return { ...draft, base: version, sent: text, saving: "clean", why: "", theirs: "" };
  if (text === draft.sent && draft.saving !== "conflict") {
    return { ...draft, base: version, saving: draft.saving === "failed" ? "dirty" : draft.saving };
  }
  if (draft.saving === "clean") return draftOf(draft.itemId, notes);
  return { ...draft, saving: "conflict", theirs: text, base: version, why: "" };
}

/** Ends a conflict with one's own text, theirs, or both one below the other. */
export function settle(draft: Draft, choice: "own" | "theirs" | "both"): Draft {
  const text = choice === "own" ? draft.text : choice === "theirs" ? draft.theirs : `${draft.theirs.trimEnd()}\n\n${draft.text.trimStart()}`;
  const settled = { ...draft, text, sent: draft.theirs, theirs: "", why: "" };
  return { ...settled, saving: text === draft.theirs ? "clean" : "dirty" };
}
