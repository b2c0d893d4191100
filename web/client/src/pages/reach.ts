// The page that tells which ways to the media server work from here: it tries each one by ICE alone, and says why not.

export interface Candidate {
  readonly foundation: string;
  readonly priority: number;
  readonly ip: string;
  readonly protocol: "udp" | "tcp";
  readonly port: number;
}

export interface Process {
  readonly parameters: { readonly usernameFragment: string; readonly password: string };
  readonly candidates: readonly Candidate[];
  readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[];
}

export interface Offer {
  readonly processes: readonly Process[];
  readonly ice_servers: RTCIceServer[];
}

/** How one try ended: it reached, or why it did not. */
export type Outcome = "works" | "fails" | "refused" | "silent" | "beyond";
export type Verdict = "udp" | "tcp" | "turn" | "nothing";

const TRY_MS = 10_000;
const UNAUTHORIZED = 401; // RFC 8489 14.8, as `icecandidateerror` tells it

/** What a data channel's offer is answered with by an ICE-lite server that has just these candidates. */
export function answerTo(process: Process, candidates: readonly Candidate[]): string {
  const { usernameFragment, password } = process.parameters;
  return [
    "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0", "a=ice-lite", "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sctp-port:5000",
    `a=ice-ufrag:${usernameFragment}`, `a=ice-pwd:${password}`, "a=setup:passive",
    ...process.fingerprints.map((one) => `a=fingerprint:${one.algorithm} ${one.value}`),
    ...candidates.map((one) => `a=candidate:${one.foundation} 1 ${one.protocol} ${one.priority} ${one.ip} ${one.port} typ host${one.protocol === "tcp" ? " tcptype passive" : ""}`),
    "",
  ].join("\r\n");
}

export function verdictOf(outcomes: Readonly<Record<"udp" | "tcp" | "turn", readonly Outcome[]>>): Verdict {
  const reached = (way: "udp" | "tcp" | "turn"): boolean => outcomes[way].includes("works");
  return reached("udp") ? "udp" : reached("tcp") ? "tcp" : reached("turn") ? "turn" : "nothing";
}

export async function attempt(process: Process, candidates: readonly Candidate[], iceServers: RTCIceServer[]): Promise<Outcome> {
  const relay = iceServers.length > 0;
  const line = new RTCPeerConnection({ iceServers, iceTransportPolicy: relay ? "relay" : "all" });
  let refused = false;
  let relayed = false;
  line.addEventListener("icecandidateerror", (event) => (refused ||= event.errorCode === UNAUTHORIZED));
  line.addEventListener("icecandidate", ({ candidate }) => (relayed ||= candidate?.type === "relay"));
  try {
    line.createDataChannel("try");
    await line.setLocalDescription();
    await line.setRemoteDescription({ type: "answer", sdp: answerTo(process, candidates) });
    if (await reaches(line)) return "works";
    if (!relay) return "fails";
    return relayed ? "beyond" : refused ? "refused" : "silent";
  } finally {
    line.close();
  }
}

function reaches(line: RTCPeerConnection): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), TRY_MS);
    const look = (): void => {
      const state = line.iceConnectionState;
      if (state !== "connected" && state !== "completed" && state !== "failed") return;
      clearTimeout(timer);
      resolve(state !== "failed");
    };
    line.addEventListener("iceconnectionstatechange", look);
    look();
  });
}

export function connectionCheck(root: Document): void {
  const place = root.querySelector<HTMLElement>("[data-connection]");
  const text = place?.querySelector('script[type="application/json"]')?.textContent;
  if (place && text) void check(place, JSON.parse(text) as Offer);
}

async function check(place: HTMLElement, offer: Offer): Promise<void> {
  const verdict = place.querySelector<HTMLElement>("[data-verdict]");
  if (!("RTCPeerConnection" in window)) {
    if (verdict) say(verdict, "unsupported", "verdict");
    return;
  }
  const [udp, tcp, turn] = await Promise.all([direct(place, offer, "udp"), direct(place, offer, "tcp"), relayed(place, offer)]);
  if (verdict) say(verdict, verdictOf({ udp, tcp, turn }), "verdict");
}

/** Each address and port by itself: a firewall may know one and not the next. */
async function direct(place: HTMLElement, offer: Offer, way: "udp" | "tcp"): Promise<Outcome[]> {
  const tries = offer.processes.flatMap((process) => process.candidates.filter((one) => one.protocol === way).map((candidate) => ({ process, candidate })));
  const outcomes = await Promise.all(tries.map(({ process, candidate }) => attempt(process, [candidate], [])));
  const closed = tries.filter((_, at) => outcomes[at] !== "works").map(({ candidate }) => `${candidate.ip}:${candidate.port}`);
  show(place, way, closed.length === 0 ? "works" : closed.length < tries.length ? "part" : "fails", closed);
  return outcomes;
}

async function relayed(place: HTMLElement, offer: Offer): Promise<Outcome[]> {
  const servers = offer.ice_servers.filter((one) => [one.urls].flat().some((url) => url.startsWith("turn")));
  const process = offer.processes[0];
  if (!servers.length || !process) {
    show(place, "turn", "none", []);
    return [];
  }
  const outcomes = await Promise.all(servers.map((server) => attempt(process, process.candidates.filter((one) => one.protocol === "udp"), [server])));
  const closed = servers.filter((_, at) => outcomes[at] !== "works").flatMap((server) => server.urls);
  show(place, "turn", closed.length === 0 ? "works" : outcomes.includes("works") ? "part" : (outcomes[0] ?? "silent"), closed);
  return outcomes;
}

function show(place: HTMLElement, way: string, state: string, closed: readonly string[]): void {
  const section = place.querySelector<HTMLElement>(`[data-way="${way}"]`);
  if (!section) return;
  say(section, state, "state");
  const list = section.querySelector("[data-places]");
  list?.replaceChildren(...[...new Set(closed)].map((one) => Object.assign(document.createElement("li"), { textContent: one })));
}

function say(element: HTMLElement, state: string, name: "state" | "verdict"): void {
  element.dataset[name] = state;
  for (const sentence of element.querySelectorAll<HTMLElement>("[data-when]")) sentence.hidden = sentence.dataset["when"] !== state;
}
