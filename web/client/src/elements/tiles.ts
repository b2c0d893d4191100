// Which tiles there are: from the room's state to a list in an order that does not jump. Pure.
import type { Meeting, RemoteStream, RoomState, Session } from "../room/model";
import type { NoPicture, Tile } from "./tile";

/** Oneself first, then the others in the order they came; screens before all. */
export function tilesOf(state: RoomState, pinned: string): Tile[] {
  const { meeting, you } = state;
  if (!meeting || !you) return [];
  const streams = [...state.remote.values()];
  const own = meeting.sessions.get(you.sessionId);
  const others = [...meeting.sessions.values()].filter((session) => session.sessionId !== you.sessionId && isSeen(meeting, session));
  const faces = [...(own && isSeen(meeting, own) ? [ownFace(state, meeting, own)] : []), ...others.map((session) => face(state, meeting, session, streams))];
  return [...screens(state, meeting, streams), ...faces].map((tile) => ({ ...tile, pinned: tile.key === pinned }));
}

/** Of the public there is nothing to show. */
const isSeen = (meeting: Meeting, session: Session): boolean => meeting.people.get(session.personId)?.role !== "watcher";

function screens(state: RoomState, meeting: Meeting, streams: readonly RemoteStream[]): Tile[] {
  const shared = streams.filter((stream) => stream.source === "screen" && !stream.paused && meeting.sessions.has(stream.sessionId));
  const tiles = shared.map((stream) => ({
    ...base(state, meeting, meeting.sessions.get(stream.sessionId) as Session),
    key: `screen:${stream.producerId}`,
    producerId: stream.producerId,
    screen: true,
    speaking: false, // the ring is around a face
    stream: stream.stream,
    noPicture: (stream.pausedFor === "sender" ? "" : stream.pausedFor) satisfies NoPicture as NoPicture,
  }));
  const own = state.you && meeting.sessions.get(state.you.sessionId);
  if (own && state.local.screenStream) {
    tiles.push({ ...base(state, meeting, own), key: "screen:own", producerId: "", screen: true, speaking: false, stream: state.local.screenStream, noPicture: "" });
  }
  return tiles;
}

function ownFace(state: RoomState, meeting: Meeting, session: Session): Tile {
  const stream = state.local.cameraStream;
  const noPicture: NoPicture = stream ? "" : state.local.camera === "starting" ? "starting" : "camera-off";
  const muted = state.local.microphone !== "on";
  return { ...base(state, meeting, session), producerId: "", stream, noPicture, muted };
}

function face(state: RoomState, meeting: Meeting, session: Session, streams: readonly RemoteStream[]): Tile {
  const stream = streams.find((one) => one.sessionId === session.sessionId && one.source === "camera");
  return { ...base(state, meeting, session), producerId: stream?.producerId ?? "", stream: stream?.stream ?? null, noPicture: whyNone(state, session, stream) };
}

function whyNone(state: RoomState, session: Session, stream: RemoteStream | undefined): NoPicture {
  if (!session.camera) return "camera-off";
  if (!state.mediaUp) return "media-down";
  if (!stream) return "starting";
  if (stream.paused || stream.pausedFor === "sender") return "camera-off";
  return stream.pausedFor;
}

function base(state: RoomState, meeting: Meeting, session: Session): Tile {
  const person = meeting.people.get(session.personId);
  return {
    key: session.sessionId,
    sessionId: session.sessionId,
    personId: session.personId,
    producerId: "",
    name: person?.name ?? "",
    function: person?.function ?? "",
    own: session.sessionId === state.you?.sessionId,
    screen: false,
    stream: null,
    noPicture: "",
    muted: !session.microphone,
    speaking: session.microphone && (state.speakers.get(session.sessionId) ?? 0) > 0,
    line: state.lines.get(session.sessionId) ?? null,
    hand: meeting.hands.indexOf(session.personId) + 1,
    pinned: false,
  };
}
