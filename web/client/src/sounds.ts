// Short soft sounds made on the spot by WebAudio: joining, a raised hand, a line of chat, a vote. No sound files.

/** What one may switch off; that a recording begins is always heard. */
export type ChosenSound = "join" | "hand" | "chat" | "vote";
export type Sound = ChosenSound | "recording";

// [frequency in Hz, start in s, length in s]: two soft notes each, up for somebody coming, one high for a hand.
const NOTES: Readonly<Record<Sound, readonly (readonly [number, number, number])[]>> = {
  join: [
    [392, 0, 0.16],
    [523.25, 0.09, 0.26],
  ],
  hand: [
    [659.25, 0, 0.14],
    [659.25, 0.16, 0.22],
  ],
  chat: [[783.99, 0, 0.18]],
  recording: [
    [440, 0, 0.3],
    [440, 0.36, 0.5],
  ],
  vote: [
    [523.25, 0, 0.14],
    [659.25, 0.12, 0.14],
    [783.99, 0.24, 0.3],
  ],
};
const LOUDEST = 0.07; // of full scale: heard beside a voice, never over it
const APART_MS = 1500; // a crowd coming in rings once

let context: AudioContext | null = null;
const last = new Map<Sound, number>();

/** Plays one, unless the same just rang or the browser does not allow sound yet. */
export function play(sound: Sound, nowMs: number = performance.now()): void {
  if (nowMs - (last.get(sound) ?? -Infinity) < APART_MS) return;
  last.set(sound, nowMs);
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume().catch(() => undefined);
  for (const [frequencyHz, startS, lengthS] of NOTES[sound]) note(context, frequencyHz, startS, lengthS);
}

function note(at: AudioContext, frequencyHz: number, startS: number, lengthS: number): void {
  const begins = at.currentTime + startS;
  const tone = at.createOscillator();
  const volume = at.createGain();
  tone.type = "sine";
  tone.frequency.value = frequencyHz;
  volume.gain.setValueAtTime(0, begins);
  volume.gain.linearRampToValueAtTime(LOUDEST, begins + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0001, begins + lengthS);
  tone.connect(volume).connect(at.destination);
  tone.start(begins);
  tone.stop(begins + lengthS + 0.02);
}
