// What this session receives: which streams there are, which of them are worth receiving, and how large they are shown.
// Everybody is always heard; pictures beyond what a grid can show are received once they are shown.
import type { types } from "mediasoup-client";
import { AudioOutput } from "./audio-output";
import type { RemoteStream, Shown } from "./model";
import { Patience } from "./patience";
import type { Ask } from "./senders";
import type { WireConsumer, WireProducer } from "./wire";

const EAGER_PICTURES = 25; // as many as the grid shows at once
const VIEW_DELAY_MS = 120; // a window being resized says many sizes
const TRIES = 2;
const MOST_PX = 16_384;
const ECONOMY_FACE_PX = 180;
const ECONOMY_SCREEN_PX = 720;
const MOST_EARLY = 400;
const LISTEN_EVERY_MS = 1_000;

interface Received {
  producer: WireProducer;
  readonly stream: MediaStream;
  consumer: types.Consumer | null;
  asked: boolean;
  failures: number;
  pausedFor: RemoteStream["pausedFor"];
  sentView: string;
}

export class Receivers {
  #ask: Ask;
  #changed: () => void;
  #received = new Map<string, Received>();
  #byConsumer = new Map<string, string>();
  #early = new Map<string, RemoteStream["pausedFor"]>(); // what was told of consumers whose answer is still on its way
  #economy = false;
  #shown: ReadonlyMap<string, Shown> | null = null; // null: nobody said yet
  #judged: ReadonlySet<string> = new Set(); // what there was when the face last said what it shows
  #ownSessionId = "";
  #device: types.Device | null = null;
  #transport: types.Transport | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #listening: ReturnType<typeof setInterval> | undefined;
  #patience = new Patience();
  #output = new AudioOutput();

  constructor(ask: Ask, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  streams(): ReadonlyMap<string, RemoteStream> {
    const streams = new Map<string, RemoteStream>();
    for (const [producerId, { producer, stream, pausedFor: told }] of this.#received) {
      const pausedFor = told || (this.#saved(producer, this.#shown?.get(producerId)) ? "economy" : "");
      const { session_id: sessionId, source, paused } = producer;
      streams.set(producerId, { producerId, sessionId, source, stream, paused, pausedFor });
    }
    return streams;
  }

  /** All streams there are now; those that are no longer named are gone. */
  list(producers: readonly WireProducer[], ownSessionId: string): void {
    this.#ownSessionId = ownSessionId;
    const named = new Set(producers.map((producer) => producer.producer_id));
    for (const producerId of [...this.#received.keys()]) if (!named.has(producerId)) this.#forget(producerId);
    for (const producer of producers) this.#keep(producer);
    this.#update();
  }

  opened(producer: WireProducer): void {
    this.#keep(producer);
    this.#update();
  }

  closed(producerId: string): void {
    this.#forget(producerId);
    this.#update();
  }

  /** The server paused or resumed one consumer of ours. */
  consumerChanged(consumerId: string, paused: boolean, reason: string): void {
    const pausedFor = paused ? whyPaused(reason) : "";
    const received = this.#received.get(this.#byConsumer.get(consumerId) ?? "");
    if (received) received.pausedFor = pausedFor;
    else if (this.#early.size < MOST_EARLY) this.#early.set(consumerId, pausedFor);
    this.#changed();
  }

  attach(device: types.Device, transport: types.Transport): void {
    this.#device = device;
    this.#transport = transport;
    this.#patience = new Patience();
    this.#listening ??= setInterval(() => void this.#listen(), LISTEN_EVERY_MS);
    this.#update();
  }

  /** The transport is gone and with it every consumer; the list of streams stays until list() is called. */
  detach(): void {
    this.#transport = null;
    clearInterval(this.#listening);
    this.#listening = undefined;
    for (const received of this.#received.values()) this.#unbind(received);
    this.#byConsumer.clear();
    this.#early.clear();
    this.#changed();
  }

  show(shown: readonly Shown[]): void {
    this.#shown = new Map(shown.map((one) => [one.producerId, one]));
    this.#judged = new Set(this.#received.keys());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#consumeWorthy();
      this.#sendViews();
    }, VIEW_DELAY_MS);
  }

  /** Receive as little as a meeting can be followed with: the screen, and small pictures of who speaks or is pinned. */
  save(economy: boolean): void {
    if (economy === this.#economy) return;
    this.#economy = economy;
    this.#sendViews();
    this.#changed();
  }

  useSpeaker(deviceId: string): void {
    this.#output.use(deviceId);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.detach();
    for (const producerId of [...this.#received.keys()]) this.#forget(producerId);
    this.#output.close();
  }

  #keep(producer: WireProducer): void {
    if (producer.session_id === this.#ownSessionId) return;
    const known = this.#received.get(producer.producer_id);
    if (known) {
      known.producer = producer;
      hush(known);
      return;
    }
    const stream = new MediaStream();
    const fresh = { producer, stream, consumer: null, asked: false, failures: 0, pausedFor: "", sentView: "" } as const;
    this.#received.set(producer.producer_id, { ...fresh });
  }

  #forget(producerId: string): void {
    const received = this.#received.get(producerId);
    if (!received) return;
    if (received.consumer) this.#byConsumer.delete(received.consumer.id);
    this.#unbind(received);
    this.#received.delete(producerId);
    this.#output.stop(producerId);
  }

  #unbind(received: Received): void {
    received.consumer?.close();
    received.consumer = null;
    received.asked = false;
    received.pausedFor = "";
    received.sentView = "";
    for (const track of received.stream.getTracks()) received.stream.removeTrack(track);
  }

  #update(): void {
    this.#consumeWorthy();
    this.#changed();
  }

  #consumeWorthy(): void {
    if (!this.#transport) return;
    let pictures = 0;
    for (const one of this.#received.values()) if (one.producer.kind === "video" && one.asked) pictures += 1;
    for (const one of this.#received.values()) {
      if (one.asked) continue;
      const eager = one.producer.kind === "audio" || one.producer.source === "screen";
      if (eager || this.#isShown(one.producer.producer_id) || pictures < EAGER_PICTURES) {
        if (one.producer.kind === "video") pictures += 1;
        one.asked = true;
        void this.#consume(one);
      }
    }
  }

  async #consume(received: Received): Promise<void> {
    const transport = this.#transport;
    const capabilities = this.#device?.recvRtpCapabilities;
    if (!transport || !capabilities) return;
    const producerId = received.producer.producer_id;
    try {
      const wire = await this.#ask<WireConsumer>({ type: "consume", producer_id: producerId, capabilities });
      if (transport.closed) return;
      const consumer = await transport.consume({
        id: wire.consumer_id,
        producerId,
        kind: wire.kind,
        rtpParameters: wire.rtp_parameters,
        streamId: streamId(received.producer),
      });
      if (this.#transport !== transport || this.#received.get(producerId) !== received) {
        consumer.close();
        return;
      }
      this.#bind(received, consumer);
    } catch (failure) {
      // The stream may have ended meanwhile (then it is no longer in the list), or the line dropped (a new transport
      // follows): asking once more settles what is neither.
      if (this.#transport !== transport || this.#received.get(producerId) !== received) return;
      if (cannotDecode(failure)) {
        received.pausedFor = "codec"; // asking again would not help
        this.#changed();
        return;
      }
      received.failures += 1;
      received.asked = received.failures >= TRIES;
      if (!received.asked) this.#consumeWorthy();
    }
  }

  #bind(received: Received, consumer: types.Consumer): void {
    received.consumer = consumer;
    received.failures = 0;
    received.pausedFor = this.#early.get(consumer.id) ?? "";
    this.#early.delete(consumer.id);
    this.#byConsumer.set(consumer.id, consumer.producerId);
    received.stream.addTrack(consumer.track);
    hush(received);
    if (consumer.kind === "audio") this.#output.play(consumer.producerId, received.stream);
    this.#sendViews();
    this.#changed();
  }

  /** What is lost on the way comes again in time when one waits for it. */
  async #listen(): Promise<void> {
    const transport = this.#transport;
    if (!transport || transport.closed) return;
    const report = await transport.getStats().catch(() => null); // it was closed meanwhile
    if (!report || this.#transport !== transport) return;
    const playing = [...this.#received.values()].flatMap(({ producer, consumer }) => (consumer ? [{ producer, consumer }] : []));
    this.#patience.look(
      report,
      playing.map(({ producer, consumer: { track, rtpReceiver } }) => ({ sender: streamId(producer), trackId: track.id, receiver: rtpReceiver })),
    );
  }

  #isShown(producerId: string): boolean {
    const shown = this.#shown?.get(producerId);
    return shown !== undefined && shown.widthPx > 0 && shown.heightPx > 0;
  }

  #sendViews(): void {
    if (!this.#shown) return;
    const views = [];
    for (const [producerId, received] of this.#received) {
      const consumer = received.consumer;
      if (!consumer || consumer.kind !== "video") continue;
      if (!this.#judged.has(producerId) && !this.#shown.has(producerId)) continue; // new: the face will say
      const view = this.#view(received.producer, consumer.id, this.#shown.get(producerId));
      const text = JSON.stringify(view);
      if (text === received.sentView) continue;
      received.sentView = text;
      views.push(view);
    }
    if (views.length) void this.#ask({ type: "view", views }).catch(() => this.#forgetViews());
  }

  /** A face that is shown, and not received to save data. */
  #saved(producer: WireProducer, shown: Shown | undefined): boolean {
    return this.#economy && producer.source === "camera" && shown?.priority === 0 && shown.widthPx > 0;
  }

  #view(producer: WireProducer, consumerId: string, shown: Shown | undefined): Record<string, unknown> {
    const most = !this.#economy ? MOST_PX : producer.source === "screen" ? ECONOMY_SCREEN_PX : ECONOMY_FACE_PX;
    const shrink = Math.min(1, most / Math.max(1, shown?.heightPx ?? 0));
    const width = Math.min(MOST_PX, Math.round((shown?.widthPx ?? 0) * shrink));
    const height = Math.min(MOST_PX, Math.round((shown?.heightPx ?? 0) * shrink));
    const hidden = width <= 0 || height <= 0 || this.#saved(producer, shown);
    return {
      consumer_id: consumerId,
      paused: hidden,
      width_px: hidden ? 0 : width,
      height_px: hidden ? 0 : height,
      priority: shown?.priority ?? 0,
    };
  }

  /** What was said last did not arrive: the next show() says everything again. */
  #forgetViews(): void {
    for (const received of this.#received.values()) received.sentView = "";
  }
}

/** A reason that a newer server has is still a reason: better a name card than a frozen face. */
function whyPaused(reason: string): RemoteStream["pausedFor"] {
  return reason === "bandwidth" || reason === "sender" ? reason : "limit";
}

/** The sender uses a codec that this browser does not have. */
function cannotDecode(failure: unknown): boolean {
  return typeof failure === "object" && failure !== null && "code" in failure && failure.code === "media.codec";
}

/** Who was muted is silent here at once: what is on its way still, and a decoder's fading repetition, are not heard. */
function hush({ producer, consumer }: Received): void {
  if (consumer?.kind === "audio") consumer.track.enabled = !producer.paused;
}

/** Microphone and camera keep step (lips and voice), a screen with its own sound likewise. */
function streamId({ session_id, source }: WireProducer): string {
  return source === "screen" || source === "screen_audio" ? `${session_id}-screen` : session_id;
}
