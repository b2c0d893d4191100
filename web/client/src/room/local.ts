// One's own microphone, camera and screen: device, what is sent of it and what the others are told, kept in step.
// For each device one thing happens after the other, so that two quick clicks end where the second one wanted.
import * as devices from "./devices";
import type { Media } from "./media";
import type { Devices, LocalMedia, Source } from "./model";

type Own = "microphone" | "camera" | "screen";

export interface LocalPort {
  /** Tells the room: set_microphone, set_camera, set_screen. Rejects when the room says no. */
  tell(type: string, on: boolean): Promise<void>;
  changed(local: LocalMedia): void;
}

const OFF: LocalMedia = {
  microphone: "off",
  camera: "off",
  screen: "off",
  cameraStream: null,
  screenStream: null,
  microphoneLevel: 0,
};
const LEVEL_STEP = 0.02; // a smaller change nobody sees

export class LocalMediaControl {
  devices: Devices;
  state: LocalMedia = OFF;
  #media: Media;
  #port: LocalPort;
  #level = new devices.Level();
  #turns: Record<Own, Promise<unknown>> = {
    microphone: Promise.resolve(),
    camera: Promise.resolve(),
    screen: Promise.resolve(),
  };

  constructor(chosen: Devices, media: Media, port: LocalPort) {
    this.devices = chosen;
    this.#media = media;
    this.#port = port;
    if (!devices.screenSupported()) this.state = { ...OFF, screen: "unsupported" };
  }

  setMicrophone(on: boolean): Promise<void> {
    if (!on) void this.#hush();
    return this.#inTurn("microphone", () => (on ? this.#microphoneOn() : this.#microphoneOff()));
  }

  setCamera(on: boolean): Promise<void> {
    return this.#inTurn("camera", () => (on ? this.#cameraOn() : this.#cameraOff(true)));
  }

  setScreen(on: boolean): Promise<void> {
    return this.#inTurn("screen", () => (on ? this.#screenOn() : this.#screenOff(true)));
  }

  /** Off by somebody else's will: they told the room already. */
  silence(own: Own): Promise<void> {
    if (own === "microphone") {
      void this.#hush();
      return this.#inTurn(own, () => this.#microphoneIsOff());
    }
    return this.#inTurn(own, () => (own === "camera" ? this.#cameraOff(false) : this.#screenOff(false)));
  }

  /** A new session in the room knows nothing of what is on here. */
  async tellAgain(): Promise<void> {
    if (this.state.microphone === "on") await this.#port.tell("set_microphone", true).catch(() => this.silence("microphone"));
    if (this.state.camera === "on") await this.#port.tell("set_camera", true).catch(() => this.silence("camera"));
    if (this.state.screen === "on") await this.#port.tell("set_screen", true).catch(() => this.silence("screen"));
  }

  async useDevices(chosen: Devices): Promise<void> {
    const before = this.devices;
    this.devices = chosen;
    if (before.microphoneId !== chosen.microphoneId && this.#media.senders.track("microphone")) {
      await this.#inTurn("microphone", () => this.#newMicrophone());
    }
    if (before.cameraId !== chosen.cameraId && this.state.camera === "on") {
      await this.#inTurn("camera", () => this.#newCamera());
    }
  }

  /** Something was plugged in or out: a device whose track ended is replaced by another one, if there is any. */
  async devicesChanged(): Promise<void> {
    if (this.#media.senders.track("microphone")?.readyState === "ended") {
      await this.#inTurn("microphone", () => this.#newMicrophone()).catch(() => this.#unplugged("microphone"));
    }
    if (this.state.camera === "on" && this.#media.senders.track("camera")?.readyState === "ended") {
      await this.#inTurn("camera", () => this.#newCamera()).catch(() => this.#unplugged("camera"));
    }
  }

  stop(): void {
    this.#level.stop();
    this.#set({ ...OFF, screen: this.state.screen === "unsupported" ? "unsupported" : "off" });
  }

  // ---------------------------------------------------------------- microphone

  async #microphoneOn(): Promise<void> {
    if (this.state.microphone === "on") return;
    this.#set({ microphone: "starting" });
    const senders = this.#media.senders;
    const kept = senders.track("microphone");
    const track = kept?.readyState === "live" ? kept : await this.#open("microphone");
    await this.#tell("microphone", true, () => kept === track || track.stop());
    if (kept === track) await senders.pause("microphone", false).catch(() => undefined);
    else await this.#sendMicrophone(track);
    this.#set({ microphone: "on" });
    this.#listen(track);
  }

  async #microphoneOff(): Promise<void> {
    const wasOn = this.state.microphone === "on";
    await this.#microphoneIsOff();
    if (wasOn) await this.#port.tell("set_microphone", false);
  }

  async #microphoneIsOff(): Promise<void> {
    this.#level.stop();
    this.#set({ microphone: "off", microphoneLevel: 0 });
    await this.#hush();
  }

  /** Before anything else, and without waiting for anybody: nothing more is heard. */
  async #hush(): Promise<void> {
    await this.#media.senders.pause("microphone", true).catch(() => undefined); // the room's fact pauses it there too
  }

  async #newMicrophone(): Promise<void> {
    const track = await this.#open("microphone");
    track.enabled = this.state.microphone === "on";
    await this.#sendMicrophone(track);
    if (this.state.microphone === "on") this.#listen(track);
  }

  async #sendMicrophone(track: MediaStreamTrack): Promise<void> {
    track.onended = () => void this.devicesChanged();
    await this.#send("microphone", track);
    if (this.state.microphone !== "off") await this.#media.senders.pause("microphone", false).catch(() => undefined);
  }

  #listen(track: MediaStreamTrack): void {
    this.#level.start(track, (level) => {
      if (Math.abs(level - this.state.microphoneLevel) >= LEVEL_STEP) this.#set({ microphoneLevel: level });
    });
  }

  // ---------------------------------------------------------------- camera

  async #cameraOn(): Promise<void> {
    if (this.state.camera === "on") return;
    this.#set({ camera: "starting" });
    const track = await this.#open("camera");
    await this.#tell("camera", true, () => track.stop());
    this.#set({ camera: "on", cameraStream: new MediaStream([track]) });
    await this.#sendCamera(track);
  }

  async #cameraOff(tell: boolean): Promise<void> {
    const wasOn = this.state.camera === "on";
    this.#set({ camera: "off", cameraStream: null });
    await this.#media.senders.drop("camera").catch(() => undefined); // the server forgets it with the transport at the latest
    if (tell && wasOn) await this.#port.tell("set_camera", false);
  }

  async #newCamera(): Promise<void> {
    const track = await this.#open("camera");
    this.#set({ cameraStream: new MediaStream([track]) });
    await this.#sendCamera(track);
  }

  async #sendCamera(track: MediaStreamTrack): Promise<void> {
    track.onended = () => void this.devicesChanged();
    await this.#send("camera", track);
  }

  // ---------------------------------------------------------------- screen

  async #screenOn(): Promise<void> {
    if (this.state.screen === "on" || this.state.screen === "unsupported") return;
    this.#set({ screen: "starting" });
    const { picture, sound } = await this.#orTrouble("screen", devices.screen());
    await this.#tell("screen", true, () => {
      picture.stop();
      sound?.stop();
    });
    picture.onended = () => void this.setScreen(false); // the browser's own "stop sharing"
    this.#set({ screen: "on", screenStream: new MediaStream([picture]) });
    await this.#send("screen", picture);
    if (sound) await this.#send("screen_audio", sound);
  }

  async #screenOff(tell: boolean): Promise<void> {
    if (this.state.screen === "unsupported") return;
    const wasOn = this.state.screen === "on";
    this.#set({ screen: "off", screenStream: null });
    await this.#media.senders.drop("screen").catch(() => undefined);
    await this.#media.senders.drop("screen_audio").catch(() => undefined);
    if (tell && wasOn) await this.#port.tell("set_screen", false);
  }

  // ---------------------------------------------------------------- all of them

  /** Nothing to replace it: the state already says why, the room hears that it is off. */
  async #unplugged(own: "microphone" | "camera"): Promise<void> {
    if (own === "microphone") this.#level.stop();
    else this.#set({ cameraStream: null });
    await this.#media.senders.drop(own).catch(() => undefined);
    await this.#port.tell(`set_${own}`, false);
  }

  #open(own: "microphone" | "camera"): Promise<MediaStreamTrack> {
    const chosen = this.devices;
    const opening = own === "microphone" ? devices.microphone(chosen.microphoneId) : devices.camera(chosen.cameraId);
    return this.#orTrouble(own, opening);
  }

  async #orTrouble<T>(own: Own, opening: Promise<T>): Promise<T> {
    try {
      return await opening;
    } catch (error) {
      if (error instanceof devices.DeviceTrouble) {
        if (own === "screen") this.#set({ screen: error.trouble === "denied" ? "denied" : "off" });
        else this.#set({ [own]: error.trouble });
      }
      throw error;
    }
  }

  async #tell(own: Own, on: boolean, undo: () => unknown): Promise<void> {
    try {
      await this.#port.tell(`set_${own}`, on);
    } catch (failure) {
      undo();
      this.#set({ [own]: "off" });
      throw failure;
    }
  }

  /** Failing now is no reason to let go of the device: it is sent as soon as the line or the media process is back. */
  async #send(source: Source, track: MediaStreamTrack): Promise<void> {
    await this.#media.senders.put(source, track).catch(() => undefined);
  }

  #inTurn(own: Own, act: () => Promise<void>): Promise<void> {
    const turn = this.#turns[own].then(act, act);
    this.#turns[own] = turn.catch(() => undefined);
    return turn;
  }

  #set(change: Partial<LocalMedia>): void {
    this.state = { ...this.state, ...change };
    this.#port.changed(this.state);
  }
}
