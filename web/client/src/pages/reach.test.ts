import { beforeEach, describe, expect, it, vi } from "vitest";
import { answerTo, connectionCheck, type Candidate, type Offer, verdictOf } from "./reach";

const udp: Candidate = { foundation: "udp0", priority: 2, ip: "192.0.2.1", protocol: "udp", port: 8801 };
const tcp: Candidate = { ...udp, foundation: "tcp0", priority: 1, protocol: "tcp" };
const process = { parameters: { usernameFragment: "frag", password: "secret" }, candidates: [udp, tcp], fingerprints: [{ algorithm: "sha-256", value: "AB:CD" }] };
const offer: Offer = { processes: [process], ice_servers: [{ urls: ["turn:t.example"], username: "u", credential: "c" }] };

/** What the network lets pass: protocols, and whether the relay takes the credential. */
const network = { passes: new Set<string>(), relayError: 0 };

class FakeConnection extends EventTarget {
  iceConnectionState = "new";
  constructor(readonly configuration: RTCConfiguration) {
    super();
  }
  createDataChannel(): void {}
  setLocalDescription(): Promise<void> {
    return Promise.resolve();
  }
  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    const relay = this.configuration.iceTransportPolicy === "relay";
    const protocol = relay ? "relay" : sdp.includes("tcptype") ? "tcp" : "udp";
    queueMicrotask(() => {
      if (relay && network.relayError) this.dispatchEvent(Object.assign(new Event("icecandidateerror"), { errorCode: network.relayError }));
      this.iceConnectionState = network.passes.has(protocol) ? "connected" : "failed";
      this.dispatchEvent(new Event("iceconnectionstatechange"));
    });
    return Promise.resolve();
  }
  close(): void {}
}

function page(): void {
  const whens = ["checking", "works", "part", "fails", "refused", "silent", "beyond", "none"].map((one) => `<p data-when="${one}">${one}</p>`).join("");
  const ways = ["udp", "tcp", "turn"].map((way) => `<section data-way="${way}">${whens}<ul data-places></ul></section>`).join("");
  const verdicts = ["checking", "udp", "tcp", "turn", "nothing"].map((one) => `<p data-when="${one}">${one}</p>`).join("");
  document.body.innerHTML = `<div data-connection><div data-verdict="checking">${verdicts}</div>${ways}<script type="application/json">${JSON.stringify(offer)}</script></div>`;
}

const state = (way: string): string | undefined => document.querySelector<HTMLElement>(`[data-way="${way}"]`)?.dataset["state"];
const verdict = (): string | undefined => document.querySelector<HTMLElement>("[data-verdict]")?.dataset["verdict"];

beforeEach(() => {
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  network.passes.clear();
  network.relayError = 0;
  page();
});

describe("what an offer is answered with", () => {
  it("names the credentials and exactly the candidates that are tried", () => {
    const sdp = answerTo(process, [tcp]);
    expect(sdp).toContain("a=ice-ufrag:frag\r\na=ice-pwd:secret\r\n");
    expect(sdp.match(/a=candidate:.*/g)).toEqual(["a=candidate:tcp0 1 tcp 1 192.0.2.1 8801 typ host tcptype passive"]);
  });
});

describe("the page", () => {
  it("says which ways work, and shows of each only the sentence that is true", async () => {
    network.passes.add("tcp");
    connectionCheck(document);
    await vi.waitFor(() => expect(verdict()).toBe("tcp"));
    expect([state("udp"), state("tcp"), state("turn")]).toEqual(["fails", "works", "silent"]);
    expect(document.querySelector('[data-way="udp"] [data-places]')?.textContent).toBe("192.0.2.1:8801");
    const shown = [...document.querySelectorAll<HTMLElement>('[data-way="udp"] [data-when]')].filter((one) => !one.hidden);
    expect(shown.map((one) => one.textContent)).toEqual(["fails"]);
  });

  it("tells a refused credential from a relay that is silent", async () => {
    network.relayError = 401;
    connectionCheck(document);
    await vi.waitFor(() => expect(verdict()).toBe("nothing"));
    expect(state("turn")).toBe("refused");
  });
});

describe("the verdict", () => {
  it("is the best way that works", () => {
    expect(verdictOf({ udp: ["fails", "works"], tcp: ["works"], turn: [] })).toBe("udp");
    expect(verdictOf({ udp: ["fails"], tcp: ["fails"], turn: ["works"] })).toBe("turn");
    expect(verdictOf({ udp: [], tcp: [], turn: [] })).toBe("nothing");
  });
});
