// Whether the meeting is being recorded and who agreed to it, as this client knows it: made from the snapshot and changed
// by facts, with the same meaning as server/meeting/recording.py. Pure.
import { count, flag, list, text, type Fields } from "./fields";
import type { WireFact, WireSnapshot } from "./wire";

export type Scope = "audio" | "audio_screen" | "everything";
export type Refusal = "unrecorded" | "leave";

export interface Recording {
  readonly recordingId: string;
  readonly scope: Scope;
  readonly refusal: Refusal; // what becomes of who does not agree
  readonly paused: boolean;
  readonly beganMs: number;
  readonly answers: ReadonlyMap<string, boolean>; // personId -> agrees; who is not in it is not recorded
}

const recording = (fields: Fields, beganMs: number): Recording => ({
  recordingId: text(fields, "recording_id"),
  scope: text(fields, "scope") as Scope,
  refusal: text(fields, "refusal") as Refusal,
  paused: flag(fields, "paused"),
  beganMs,
  answers: new Map(list(fields, "answers").map((row) => [text(row, "person_id"), flag(row, "consents")])),
});

export function recordingFrom(snapshot: WireSnapshot): Recording | null {
  const standing = snapshot["recording"] as Fields | null | undefined;
  return standing ? recording(standing, count(standing, "began_ms")) : null;
}

const APPLY: Record<string, (before: Recording | null, fact: WireFact) => Recording | null> = {
  RecordingStarted: (_, fact) => recording(fact, fact.at_ms),
  RecordingAnswered: (before, fact) => before && { ...before, answers: new Map(before.answers).set(text(fact, "person_id"), flag(fact, "consents")) },
  RecordingPaused: (before) => before && { ...before, paused: true },
  RecordingResumed: (before) => before && { ...before, paused: false },
  RecordingStopped: () => null,
};

export function record(before: Recording | null, fact: WireFact): Recording | null {
  const change = APPLY[fact.kind];
  return change ? change(before, fact) : before;
}
