// What travels between this client and the server, as signaling/PROTOCOL.md states it: shapes only.
import type { types } from "mediasoup-client";
import type { Role, Source } from "./model";

export interface WireFact {
  readonly number: number;
  readonly at_ms: number;
  readonly kind: string;
  readonly [field: string]: unknown;
}

export interface WireHint {
  readonly kind: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface WireProducer {
  readonly producer_id: string;
  readonly session_id: string;
  readonly source: Source;
  readonly kind: types.MediaKind;
  readonly paused: boolean;
}

export interface WireConsumer {
  readonly consumer_id: string;
  readonly producer_id: string;
  readonly kind: types.MediaKind;
  readonly rtp_parameters: types.RtpParameters;
  readonly paused: boolean;
}

export interface WireTransport {
  readonly id: string;
  readonly iceParameters: types.IceParameters;
  readonly iceCandidates: types.IceCandidate[];
  readonly dtlsParameters: types.DtlsParameters;
}

export interface WireTicket {
  readonly epoch: string;
  readonly router_capabilities: types.RtpCapabilities;
  readonly send: WireTransport;
  readonly receive: WireTransport;
  readonly ice_servers: RTCIceServer[];
}

export interface WireEntered {
  readonly you: {
    readonly person_id: string;
    readonly session_id: string;
    readonly secret: string;
    readonly role: Role;
  };
  readonly now_ms: number;
  readonly number: number;
  readonly snapshot?: WireSnapshot;
  readonly facts?: readonly WireFact[];
  readonly media: WireTicket | "kept" | null;
  readonly producers: readonly WireProducer[];
  readonly loudness: Readonly<Record<string, number>>;
}

/** The snapshot is read field by field in reducer.ts. */
export type WireSnapshot = Readonly<Record<string, unknown>>;

export interface WireError {
  readonly code: string;
  readonly text: string;
  readonly values?: Readonly<Record<string, unknown>>;
}

export type WireAnswer<T> = { readonly ok: T } | { readonly error: WireError };
