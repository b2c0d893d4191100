// What this reader chose on this machine: devices, sounds, what is read aloud. Kept in the browser only.
import type { Devices } from "../room/model";
import type { ChosenSound } from "../sounds";

export interface Settings {
  readonly devices: Devices;
  readonly microphone: boolean; // on when joining
  readonly camera: boolean;
  readonly sounds: Readonly<Record<ChosenSound, boolean>>;
  readonly economy: boolean; // receive as little as possible
  readonly announce: boolean; // who came, whose hand is up: shown and read aloud
}

export const DEFAULTS: Settings = {
  devices: { microphoneId: "", cameraId: "", speakerId: "" },
  microphone: true,
  camera: true,
  sounds: { join: true, hand: true, chat: true, vote: true },
  economy: false,
  announce: true,
};

const KEY = "balai.room";

export function readSettings(): Settings {
  try {
    return understand(JSON.parse(localStorage.getItem(KEY) ?? "null"));
  } catch {
    return DEFAULTS; // nothing kept, or not ours: as on the first day
  }
}

export function keepSettings(settings: Settings): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(settings));
  } catch {
    // A browser that keeps nothing: the choice holds until the page goes.
  }
}

function understand(kept: unknown): Settings {
  if (typeof kept !== "object" || kept === null) return DEFAULTS;
  const from = kept as Partial<Record<keyof Settings, unknown>>;
  const flag = (value: unknown, otherwise: boolean): boolean => (typeof value === "boolean" ? value : otherwise);
  const devices = (typeof from.devices === "object" ? from.devices : null) as Partial<Record<keyof Devices, unknown>> | null;
  const sounds = (typeof from.sounds === "object" ? from.sounds : null) as Partial<Record<ChosenSound, unknown>> | null;
  const id = (value: unknown): string => (typeof value === "string" ? value : "");
  return {
    devices: { microphoneId: id(devices?.microphoneId), cameraId: id(devices?.cameraId), speakerId: id(devices?.speakerId) },
    microphone: flag(from.microphone, true),
    camera: flag(from.camera, true),
    sounds: { join: flag(sounds?.join, true), hand: flag(sounds?.hand, true), chat: flag(sounds?.chat, true), vote: flag(sounds?.vote, true) },
    economy: flag(from.economy, false),
    announce: flag(from.announce, true),
  };
}
