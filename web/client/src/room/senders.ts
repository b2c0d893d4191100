// What this session sends: one producer per source, made again by itself whenever there is a new transport.
// It never opens a device; it is given tracks and keeps them.
import type { types } from "mediasoup-client";
import { cameraEncodings, layered, pictureCodec, screenEncodings } from "./encodings";
import type { Source } from "./model";
import type { WireProducer } from "./wire";

export type Ask = <T>(request: Readonly<Record<string, unknown>>) => Promise<T>;

interface Sent {
  readonly track: MediaStreamTrack;
  paused: boolean;
  producer: types.Producer | null;
}

export class Senders {
  #ask: Ask;
  #sent = new Map<Source, Sent>();
  #transport: types.Transport | null = null;
  #device: types.Device | null = null;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  track(source: Source): MediaStreamTrack | null {
    return this.#sent.get(source)?.track ?? null;
  }

  /** A transport to send on; everything that is wanted is produced on it. */
  async attach(device: types.Device, transport: types.Transport): Promise<void> {
    this.#device = device;
    this.#transport = transport;
    transport.on("produce", ({ kind, rtpParameters, appData }, done, failed) => {
      this.#ask<WireProducer>({ type: "produce", source: appData["source"], kind, rtp_parameters: rtpParameters }).then(
        (producer) => done({ id: producer.producer_id }),
        (failure: unknown) => failed(failure as Error),
      );
    });
    await this.again();
  }

  /** Produce what is wanted and is not produced: what failed when the line or the media process was away. */
  async again(): Promise<void> {
    const outcomes = await Promise.allSettled([...this.#sent.keys()].map((source) => this.#produce(source)));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason; // the others are sent
  }

  detach(): void {
    this.#transport = null;
    for (const sent of this.#sent.values()) sent.producer = null;
  }

  /** Send this track from now on; a track of the same source that was sent before is stopped. */
  async put(source: Source, track: MediaStreamTrack): Promise<void> {
    const before = this.#sent.get(source);
    if (before && before.track !== track) {
      before.track.stop();
      const producer = before.producer;
      const kept = { track, paused: before.paused, producer };
      this.#sent.set(source, kept);
      if (producer && !producer.closed && source === "microphone") {
        await producer.replaceTrack({ track });
        track.enabled = !kept.paused;
        return;
      }
      if (producer) await this.#unproduce(producer);
      kept.producer = null;
    } else if (!before) {
      this.#sent.set(source, { track, paused: false, producer: null });
    }
    await this.#produce(source);
  }

  /** Silence at once, here and at the server; the device stays open. */
  async pause(source: Source, paused: boolean): Promise<void> {
    const sent = this.#sent.get(source);
    if (!sent) return;
    sent.paused = paused;
    sent.track.enabled = !paused;
    const producer = sent.producer;
    if (!producer || producer.closed || producer.paused === paused) return;
    if (paused) producer.pause();
    else producer.resume();
    await this.#ask({ type: "pause", producer_id: producer.id, paused });
  }

  /** Stop sending and let go of the device. */
  async drop(source: Source): Promise<void> {
    const sent = this.#sent.get(source);
    if (!sent) return;
    this.#sent.delete(source);
    sent.track.stop();
    if (sent.producer) await this.#unproduce(sent.producer);
  }

  stop(): void {
    for (const sent of this.#sent.values()) sent.track.stop();
    this.#sent.clear();
    this.detach();
  }

  async #unproduce(producer: types.Producer): Promise<void> {
    if (producer.closed) return;
    producer.close();
    await this.#ask({ type: "unproduce", producer_id: producer.id });
  }

  async #produce(source: Source): Promise<void> {
    const sent = this.#sent.get(source);
    const transport = this.#transport;
    if (!sent || !transport || transport.closed || sent.track.readyState !== "live") return;
    if (sent.producer && !sent.producer.closed) return;
    const producer = await transport.produce({
      track: sent.track,
      stopTracks: false,
      appData: { source },
      ...this.#options(source, sent.track),
    });
    if (this.#transport !== transport || this.#sent.get(source) !== sent) {
      if (!producer.closed) await this.#unproduce(producer);
      return;
    }
    sent.producer = producer;
    if (source === "screen") await keepSharp(producer);
    if (sent.paused) await this.pause(source, true);
  }

  #options(source: Source, track: MediaStreamTrack): types.ProducerOptions {
    if (source === "microphone") return { codecOptions: { opusDtx: true, opusFec: true, opusNack: true } };
    if (source === "screen_audio") return { codecOptions: { opusStereo: true, opusFec: true, opusNack: true } };
    const codec = pictureCodec(this.#device?.sendRtpCapabilities.codecs ?? []);
    const { width = 0, height = 0 } = track.getSettings();
    const wanted = source === "screen" ? screenEncodings(width, height) : cameraEncodings(width, height);
    // Chromium and its kin; Firefox and Safari take no layers within a stream. A screen's two sizes have two frame rates.
    const scalable = source === "camera" && (this.#device?.handlerName ?? "").startsWith("Chrome");
    const encodings = layered(wanted, codec?.mimeType ?? "", scalable);
    return { encodings, ...(codec ? { codec } : {}), codecOptions: { videoGoogleStartBitrate: 1_000 } };
  }
}

/** Fewer frames before fewer pixels. The track's contentHint says the same; browsers differ in which one they heed. */
async function keepSharp(producer: types.Producer): Promise<void> {
  const sender = producer.rtpSender;
  if (!sender) return;
  const parameters = sender.getParameters();
  parameters.degradationPreference = "maintain-resolution";
  await sender.setParameters(parameters).catch(() => undefined); // a browser that does not know it has the hint
}
