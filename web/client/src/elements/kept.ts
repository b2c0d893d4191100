// Notes that are typed and not yet saved survive a reload of the page: kept in this tab only, gone once they are saved.
import type { Draft } from "./drafts";

const key = (meetingId: string, itemId: string): string => `balai.notes.${meetingId}.${itemId}`;

export function keepDraft(meetingId: string, draft: Draft): void {
  try {
    if (draft.saving === "clean") sessionStorage.removeItem(key(meetingId, draft.itemId));
    else sessionStorage.setItem(key(meetingId, draft.itemId), draft.text);
  } catch {
    // A browser that keeps nothing: the text still stands in the field.
  }
}

export function keptDraft(meetingId: string, itemId: string): string | null {
  try {
    return sessionStorage.getItem(key(meetingId, itemId));
  } catch {
    return null;
  }
}
