// What is new between two states of the meeting: for toasts, sounds, badges and what is read aloud. Pure.
import { openMotion } from "../room/deliberation";
import type { Meeting } from "../room/model";

export type News =
  | { readonly kind: "joined" | "left" | "hand" | "removed" | "floor"; readonly personId: string }
  | { readonly kind: "chat"; readonly personId: string; readonly text: string }
  | { readonly kind: "waiting"; readonly name: string }
  | { readonly kind: "item"; readonly title: string; readonly number: number }
  | { readonly kind: "decision" | "action"; readonly number: number }
  | { readonly kind: "consensus" | "vote" | "adopted" | "rejected" | "void" | "objected" | "tied"; readonly text: string }
  | { readonly kind: "quorum-lost" | "quorum-reached" | "adjourned" | "resumed" | "your-floor" }
  | { readonly kind: "recording" | "recording-paused" | "recording-resumed" | "recording-stopped" }
  | { readonly kind: "opened" | "closed" | "locked" | "unlocked" | "notes" | "muted" | "camera-off" };

/** News for the session `own` of the person `me`; nothing of what one did oneself. */
export function newsOf(before: Meeting, after: Meeting, me: string, own: string): News[] {
  if (before === after) return [];
  return [
    ...comings(before, after, me),
    ...handsUp(before, after, me),
    ...waitings(before, after),
    ...standing(before, after),
    ...record(before, after),
    ...said(before, after, me),
    ...motions(before, after),
    ...floor(before, after, me),
    ...ownDevices(before, after, own),
    ...recording(before, after),
  ];
}

function present(meeting: Meeting): Set<string> {
  return new Set([...meeting.sessions.values()].map((session) => session.personId));
}

function comings(before: Meeting, after: Meeting, me: string): News[] {
  const [was, is] = [present(before), present(after)];
  const came = [...is].filter((id) => !was.has(id) && id !== me);
  const went = [...was].filter((id) => !is.has(id) && id !== me);
  return [...came.map((personId): News => ({ kind: "joined", personId })), ...went.map((personId): News => ({ kind: "left", personId }))];
}

function handsUp(before: Meeting, after: Meeting, me: string): News[] {
  return after.hands.filter((id) => id !== me && !before.hands.includes(id)).map((personId): News => ({ kind: "hand", personId }));
}

function waitings(before: Meeting, after: Meeting): News[] {
  const known = new Set(before.waiting.map((guest) => guest.waitingId));
  return after.waiting.filter((guest) => !known.has(guest.waitingId)).map(({ name }): News => ({ kind: "waiting", name }));
}

function standing(before: Meeting, after: Meeting): News[] {
  const news: News[] = [];
  if (before.status !== after.status && after.status === "open") news.push({ kind: "opened" });
  if (before.status !== after.status && after.status === "closed") news.push({ kind: "closed" });
  if (before.locked !== after.locked) news.push({ kind: after.locked ? "locked" : "unlocked" });
  const index = after.items.findIndex((item) => item.itemId === after.currentItemId);
  const item = after.items[index];
  if (item && before.currentItemId !== after.currentItemId) news.push({ kind: "item", title: item.title, number: index + 1 });
  return news;
}

function record(before: Meeting, after: Meeting): News[] {
  const decided = new Set(before.decisions.map((one) => one.decisionId));
  const agreed = new Set(before.actions.map((one) => one.actionId));
  const written = [...after.notes.values()].some((notes) => (before.notes.get(notes.itemId)?.version ?? 0) < notes.version);
  return [
    ...after.decisions.filter((one) => !decided.has(one.decisionId)).map(({ number }): News => ({ kind: "decision", number })),
    ...after.actions.filter((one) => !agreed.has(one.actionId)).map(({ number }): News => ({ kind: "action", number })),
    ...(written ? [{ kind: "notes" } as const] : []),
  ];
}

function motions(before: Meeting, after: Meeting): News[] {
  const [was, is] = [before.deliberation, after.deliberation];
  if (was === is) return [];
  const news: News[] = [];
  if (was.quorate !== null && is.quorate !== null && was.quorate !== is.quorate) news.push({ kind: is.quorate ? "quorum-reached" : "quorum-lost" });
  if (!was.adjourned !== !is.adjourned && after.status === "open") news.push({ kind: is.adjourned ? "adjourned" : "resumed" });
  const phases = new Map(was.motions.map((one) => [one.motionId, one.phase]));
  const open = openMotion(is);
  for (const one of is.motions) {
    if (phases.get(one.motionId) === one.phase) continue;
    if (one === open && (one.phase === "consensus" || one.phase === "vote" || one.phase === "tied")) news.push({ kind: one.phase, text: one.text });
    if (one.phase === "adopted" || one.phase === "rejected" || one.phase === "void" || one.phase === "objected") news.push({ kind: one.phase, text: one.text });
  }
  return news;
}

function floor(before: Meeting, after: Meeting, me: string): News[] {
  const now = after.deliberation.floor;
  if (!now || before.deliberation.floor?.personId === now.personId) return [];
  return [now.personId === me ? { kind: "your-floor" } : { kind: "floor", personId: now.personId }];
}

function recording(before: Meeting, after: Meeting): News[] {
  const [was, is] = [before.recording, after.recording];
  if (was === is) return [];
  if (is && was?.recordingId !== is.recordingId) return [{ kind: "recording" }];
  if (!is) return [{ kind: "recording-stopped" }];
  if (was?.paused === is.paused) return [];
  return [{ kind: is.paused ? "recording-paused" : "recording-resumed" }];
}

function said(before: Meeting, after: Meeting, me: string): News[] {
  const known = new Set(before.chat.map((line) => line.chatId));
  return after.chat.filter((line) => line.personId !== me && !known.has(line.chatId)).map(({ personId, text }): News => ({ kind: "chat", personId, text }));
}

function ownDevices(before: Meeting, after: Meeting, own: string): News[] {
  const [was, is] = [before.sessions.get(own), after.sessions.get(own)];
  if (!was || !is) return [];
  const news: News[] = [];
  if (was.microphone && !is.microphone) news.push({ kind: "muted" });
  if (was.camera && !is.camera) news.push({ kind: "camera-off" });
  return news;
}
