// The two transports of a session, and their life: made from a ticket, healed when the path breaks, made anew when the
// media process was. It knows no devices and no meeting.
import { Device, type types } from "mediasoup-client";
import { qualityOf, receivedBytes, Silence, type Totals } from "./quality";
import type { Quality } from "./model";
import { Receivers } from "./receivers";
import { type Ask, Senders } from "./senders";
import type { WireTicket, WireTransport } from "./wire";

type Direction = "send" | "receive";

const HEAL_AFTER_MS = 6_000; // an ICE restart that does not help by then never will
const ADMIT_AGAIN_MS = 2_000;
const MOVED_AGAIN_MS = 1_000; // a change of network is told several times over

export class Media {
  readonly senders: Senders;
  readonly receivers: Receivers;
  #ask: Ask;
  #changed: () => void;
  #device: Device | null = null;
  #transports: Partial<Record<Direction, types.Transport>> = {};
  #epoch = "";
  #turn = 0; // which ticket's turn it is
  #timers = new Set<ReturnType<typeof setTimeout>>();
  #renewing: Promise<void> | null = null;
  #totals: Totals = { received: 0, lost: 0 };
  #movedMs = Number.NEGATIVE_INFINITY;
  #stop = new AbortController();
  #silences: Record<Direction, Silence> = { send: new Silence(), receive: new Silence() };

  constructor(ask: Ask, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
    const signal = this.#stop.signal;
    window.addEventListener("online", () => this.#moved(), { signal });
    network()?.addEventListener("change", () => this.#moved(), { signal });
    this.senders = new Senders(ask);
    this.receivers = new Receivers(ask, changed);
  }

  /** The epoch of the ticket in use, "" when there is none. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Does the path to the server stand, or is it just being made? */
  get up(): boolean {
    if (!this.#epoch) return false;
    return Object.values(this.#transports).every(
      (transport) => transport.connectionState !== "failed" && transport.connectionState !== "disconnected",
    );
  }

  /** Begin anew with this ticket: everything sent and received before is made again on new transports. */
  async use(ticket: WireTicket): Promise<void> {
    this.down();
    const turn = this.#turn;
    const device = await Device.factory();
    await device.load({ routerRtpCapabilities: ticket.router_capabilities });
    if (turn !== this.#turn) return; // a newer ticket came meanwhile, or media went down
    this.#device = device;
    this.#epoch = ticket.epoch;
    const receive = device.createRecvTransport(options(ticket.receive, ticket.ice_servers));
    const send = device.createSendTransport(options(ticket.send, ticket.ice_servers));
    this.#watch("receive", receive);
    this.#watch("send", send);
    this.receivers.attach(device, receive);
    this.#changed();
    await Promise.all([this.#keepOpen(receive), this.senders.attach(device, send)]);
  }

  /** The media process is gone, or the session is: nothing is sent or received. */
  down(): void {
    this.#epoch = "";
    this.#turn += 1;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.receivers.detach();
    this.senders.detach();
    for (const transport of Object.values(this.#transports)) transport.close();
    this.#transports = {};
    this.#totals = { received: 0, lost: 0 };
    this.#silences = { send: new Silence(), receive: new Silence() };
    this.#changed();
  }

  stop(): void {
    this.#stop.abort();
    this.down();
    this.senders.stop();
    this.receivers.stop();
  }

  /** Ask for new transports and begin anew on them. Rejects when there are none to be had. */
  async renew(): Promise<void> {
    this.#renewing ??= this.#ask<WireTicket>({ type: "admit" })
      .then((ticket) => this.use(ticket))
      .finally(() => {
        this.#renewing = null;
      });
    await this.#renewing;
  }

  /** The line to the server is back: what broke meanwhile is healed now. */
  check(): void {
    for (const direction of ["send", "receive"] as const) {
      const state = this.#transports[direction]?.connectionState;
      if (state === "failed" || state === "disconnected") void this.#heal(direction);
    }
    void this.senders.again().catch(() => undefined); // still failing: the next line or ticket tries again
  }

  async quality(): Promise<Quality> {
    const directions = (["send", "receive"] as const).filter((one) => this.#transports[one]?.connectionState === "connected");
    const reports = await Promise.all(directions.map((one) => this.#transports[one]!.getStats()));
    const nowMs = performance.now();
    reports.forEach((report, at) => {
      const direction = directions[at]!;
      if (this.#silences[direction].hears(receivedBytes(report), nowMs)) void this.#heal(direction);
    });
    const { quality, totals } = qualityOf(reports, this.#totals);
    this.#totals = totals;
    return quality;
  }

  #watch(direction: Direction, transport: types.Transport): void {
    this.#transports[direction] = transport;
    transport.on("connect", ({ dtlsParameters }, done, failed) => {
      this.#ask({ type: "connect", direction, dtls_parameters: dtlsParameters }).then(done, failed);
    });
    transport.on("connectionstatechange", (state) => {
      if (this.#transports[direction] !== transport) return;
      if (state === "disconnected" || state === "failed") void this.#heal(direction);
      this.#changed();
    });
  }

  /** From cable to Wi-Fi, into a VPN or out of it: the paths are sought anew before anybody misses the old ones. */
  #moved(): void {
    const nowMs = performance.now();
    if (nowMs - this.#movedMs < MOVED_AGAIN_MS) return;
    this.#movedMs = nowMs;
    for (const direction of ["send", "receive"] as const) {
      if (this.#transports[direction]?.connectionState !== "new") void this.#heal(direction);
    }
  }

  /** New ICE credentials on the same transport; if that does not help, two new transports. */
  async #heal(direction: Direction): Promise<void> {
    const transport = this.#transports[direction];
    if (!transport) return;
    try {
      const answer = await this.#ask<{ ice_parameters: types.IceParameters }>({ type: "restart_ice", direction });
      await transport.restartIce({ iceParameters: answer.ice_parameters });
    } catch {
      // The line is down (check() follows when it is back) or the media process is (plane_up follows); else this helps:
      this.#later(ADMIT_AGAIN_MS, () => this.#renewIfBroken(direction, transport));
      return;
    }
    this.#later(HEAL_AFTER_MS, () => this.#renewIfBroken(direction, transport));
  }

  #renewIfBroken(direction: Direction, transport: types.Transport): void {
    if (this.#transports[direction] !== transport || transport.connectionState === "connected") return;
    void this.renew().catch(() => this.#later(ADMIT_AGAIN_MS, () => this.#renewIfBroken(direction, transport)));
  }

  #later(delayMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, delayMs);
    this.#timers.add(timer);
  }

  /** A stream that never carries anything. It makes the browser open the path at once, so that somebody who neither
   * sends nor has anything to receive is known to be there, and the first picture need not wait for ICE and DTLS. */
  async #keepOpen(transport: types.Transport): Promise<void> {
    const opus = this.#device?.recvRtpCapabilities.codecs?.find((one) => one.mimeType.toLowerCase() === "audio/opus");
    if (opus?.preferredPayloadType === undefined) return;
    const { mimeType, clockRate, channels = 2, preferredPayloadType: payloadType } = opus;
    const ssrc = 1 + crypto.getRandomValues(new Uint32Array(1))[0]! % 0xffff_fffe;
    await transport.consume({
      id: "silence",
      producerId: "silence",
      kind: "audio",
      rtpParameters: {
        mid: "silence",
        codecs: [{ mimeType, clockRate, channels, payloadType, parameters: {}, rtcpFeedback: [] }],
        headerExtensions: [],
        encodings: [{ ssrc }],
        rtcp: { cname: "silence" },
      },
    });
  }
}

/** What tells of another network without having been offline; not in every browser. */
function network(): EventTarget | undefined {
  return (navigator as { connection?: EventTarget }).connection;
}

function options(transport: WireTransport, iceServers: RTCIceServer[]): types.TransportOptions {
  const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
  return { id, iceParameters, iceCandidates, dtlsParameters, iceServers };
}
