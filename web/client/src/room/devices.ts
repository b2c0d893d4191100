// Microphone, camera and screen of this machine: getting them, and saying in one word why they cannot be had.
// Nothing here sends or remembers anything.

export type Trouble = "denied" | "missing" | "busy";

export class DeviceTrouble extends Error {
  constructor(
    readonly device: "microphone" | "camera" | "screen",
    readonly trouble: Trouble,
  ) {
    super(`${device}: ${trouble}`);
  }
}

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
// Text needs pixels, not frames: up to 1080p, which is as much as two cores encode beside a camera.
const SCREEN = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { ideal: 15, max: 15 } };
const MICROPHONE = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

/** What a browser's refusal means to a person. */
export function troubleOf(error: unknown): Trouble {
  const name = typeof error === "object" && error !== null && "name" in error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError" || name === "PermissionDeniedError") return "denied";
  if (name === "NotFoundError" || name === "OverconstrainedError" || name === "DevicesNotFoundError") return "missing";
  return "busy";
}

export function microphone(deviceId: string): Promise<MediaStreamTrack> {
  return open("audio", deviceId, MICROPHONE);
}

export function camera(deviceId: string): Promise<MediaStreamTrack> {
  return open("video", deviceId, CAMERA);
}

/** The wanted device; any other of its kind when that one is no longer there. */
async function open(kind: "audio" | "video", deviceId: string, wish: MediaTrackConstraints): Promise<MediaStreamTrack> {
  if (deviceId) {
    try {
      return await first(kind, { ...wish, deviceId: { exact: deviceId } });
    } catch (error) {
      if (!(error instanceof DeviceTrouble) || error.trouble !== "missing") throw error;
    }
  }
  return first(kind, wish);
}

async function first(kind: "audio" | "video", constraints: MediaTrackConstraints): Promise<MediaStreamTrack> {
  const device = kind === "audio" ? "microphone" : "camera";
  const devices = navigator.mediaDevices as MediaDevices | undefined; // absent where the page is not a secure context
  if (!devices) throw new DeviceTrouble(device, "denied");
  let stream: MediaStream;
  try {
    stream = await devices.getUserMedia({ [kind]: constraints });
  } catch (error) {
    throw new DeviceTrouble(device, troubleOf(error));
  }
  const track = stream.getTracks()[0];
  if (!track) throw new DeviceTrouble(device, "missing");
  return track;
}

export interface Screen {
  readonly picture: MediaStreamTrack;
  readonly sound: MediaStreamTrack | null;
}

export function screenSupported(): boolean {
  const devices = navigator.mediaDevices as Partial<MediaDevices> | undefined;
  return typeof devices?.getDisplayMedia === "function";
}

/** Asks the person which screen or window; DeviceTrouble("denied") when they think better of it. */
export async function screen(): Promise<Screen> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getDisplayMedia({ video: SCREEN, audio: true });
  } catch (error) {
    throw new DeviceTrouble("screen", troubleOf(error));
  }
  const picture = stream.getVideoTracks()[0];
  if (!picture) throw new DeviceTrouble("screen", "missing");
  picture.contentHint = "detail";
  return { picture, sound: stream.getAudioTracks()[0] ?? null };
}

/** Calls back when devices come or go; returns how to stop that. */
export function onDeviceChange(changed: () => void): () => void {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  devices?.addEventListener("devicechange", changed);
  return () => devices?.removeEventListener("devicechange", changed);
}

/** Is this device still plugged in? The browser's choice ("") always is. */
export async function isThere(deviceId: string): Promise<boolean> {
  if (!deviceId) return true;
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.some((device) => device.deviceId === deviceId);
}

/** Loudness of a track, 0..1, about ten times a second until stopped. */
export class Level {
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  start(track: MediaStreamTrack, heard: (level: number) => void): void {
    this.stop();
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    void context.resume();
    const samples = new Float32Array(analyser.fftSize);
    this.#context = context;
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      heard(loudness(samples));
    }, 100);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    void this.#context?.close();
    this.#context = null;
  }
}

/** Root mean square on a scale a person would agree with: -60 dB is 0, -6 dB is 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 60) / 54));
}
