// What a test asks of a page, the same in every browser. It runs before the page's own scripts, keeps every peer
// connection they make, and looks; it never changes what the page does.
() => {
  const RATE_HZ = 48_000;
  const connections = [];
  window.RTCPeerConnection = class extends window.RTCPeerConnection {
    constructor(...settings) {
      super(...settings);
      connections.push(this);
    }
  };

  const find = (selector, root = document) => {
    const found = [...root.querySelectorAll(selector)];
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) found.push(...find(selector, one.shadowRoot));
    return found;
  };
  const named = (one) => one.getAttribute("aria-label") || one.innerText || "";
  const within = async (milliseconds, look) => {
    const until = performance.now() + milliseconds;
    for (;;) {
      const seen = await look();
      if (seen) return seen;
      if (performance.now() > until) return null;
      await new Promise((next) => setTimeout(next, 15));
    }
  };
  const tile = (name) => find("balai-tile").find((one) => named(one).startsWith(name));
  const video = (name) => tile(name)?.shadowRoot.querySelector("video");
  const open = () => connections.filter((one) => one.connectionState !== "closed");
  const receivers = (kind) => open().flatMap((one) => one.getReceivers()).filter((one) => one.track.kind === kind);
  const reports = async (source, type) => [...(await source.getStats()).values()].filter((one) => one.type === type);

  const framesOf = async (name) => {
    const track = video(name)?.srcObject?.getVideoTracks()[0];
    const receiver = track && receivers("video").find((one) => one.track.id === track.id);
    if (!receiver) return 0;
    const [inbound] = await reports(receiver, "inbound-rtp");
    return inbound?.framesDecoded ?? 0;
  };

  // The mean colours (red, green, blue; 0..255) of what is shown of a person: left and right above the middle, and whole.
  const picture = (name) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [320, 180];
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video(name), 0, 0, canvas.width, canvas.height);
    const mean = (x, y, width, height) => {
      const { data } = context.getImageData(x, y, width, height);
      const sums = [0, 0, 0];
      data.forEach((value, at) => at % 4 < 3 && (sums[at % 4] += value));
      return sums.map((sum) => (4 * sum) / data.length);
    };
    return { left: mean(32, 18, 96, 72), right: mean(192, 18, 96, 72), whole: mean(0, 0, 320, 180) };
  };

  const heard = async (stream) => {
    const recorder = new MediaRecorder(stream);
    const parts = [];
    recorder.ondataavailable = (event) => parts.push(event.data);
    const stopped = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    setTimeout(() => recorder.stop(), 2_000);
    await stopped;
    return new OfflineAudioContext(1, 1, RATE_HZ).decodeAudioData(await new Blob(parts).arrayBuffer());
  };
  // The greatest amplitude of a frequency in any fiftieth of a second (so frequencies are multiples of 50 Hz).
  const amplitude = (samples, hertz) => {
    const size = RATE_HZ / 50;
    let greatest = 0;
    for (let start = 0; start + size <= samples.length; start += size) {
      let [real, imaginary] = [0, 0];
      for (let n = 0; n < size; n += 1) {
        const angle = (2 * Math.PI * hertz * n) / RATE_HZ;
        real += samples[start + n] * Math.cos(angle);
        imaginary += samples[start + n] * Math.sin(angle);
      }
      greatest = Math.max(greatest, (2 * Math.hypot(real, imaginary)) / size);
    }
    return greatest;
  };

  window.interop = {
    // Where to click: the middle of what is seen and so named; null when it does not come in time.
    place: (milliseconds, selector, name) =>
      within(milliseconds, () => {
        const one = find(selector).find((some) => named(some).includes(name) && some.checkVisibility());
        if (!one) return null;
        one.scrollIntoView({ block: "nearest" });
        const { x, y, width, height } = one.getBoundingClientRect();
        return width && height ? { x: x + width / 2, y: y + height / 2 } : null;
      }),

    reads: (milliseconds, text) => within(milliseconds, () => find("balai-chat").some((one) => one.shadowRoot.textContent.includes(text))),
    tiles: () => find("balai-tile").map(named),
    tileGone: (milliseconds, name) => within(milliseconds, () => !tile(name)),
    wide: (milliseconds, name, width) => within(milliseconds, () => video(name)?.videoWidth === width),

    // Milliseconds since 1970 at which a picture of that person stood on the page.
    firstPicture: (milliseconds, name) =>
      within(milliseconds, () => ((video(name)?.videoWidth ?? 0) > 0 && video(name).currentTime > 0 ? Date.now() : null)),

    frames: framesOf,
    moreFrames: (milliseconds, name, more) => framesOf(name).then((before) => within(milliseconds, async () => (await framesOf(name)) >= before + more)),

    picture,
    changed: (milliseconds, name, rgb, least) =>
      within(milliseconds, () => {
        const now = picture(name).whole;
        return now.some((one, colour) => Math.abs(one - rgb[colour]) >= least) ? now : null;
      }),

    // How strong each of these frequencies is in two seconds of what comes out of the loudspeakers (amplitude, 0..1), one
    // list per voice. It is recorded and decoded, as a machine without a sound card runs no AudioContext in Firefox.
    sound: async (frequencies) => {
      const voices = find("audio").filter((one) => one.srcObject?.getAudioTracks().length && !one.paused && !one.muted);
      return Promise.all(
        voices.map(async (one) => {
          const samples = (await heard(one.srcObject)).getChannelData(0);
          return frequencies.map((hertz) => amplitude(samples, hertz));
        }),
      );
    },

    // Sound energy since the beginning, as the browser's own decoder counts it.
    energy: async () => {
      const all = await Promise.all(receivers("audio").map((one) => reports(one, "inbound-rtp")));
      return all.flat().reduce((sum, one) => sum + (one.totalAudioEnergy ?? 0), 0);
    },

    // What is sent of the camera: per simulcast layer its size and the frames encoded.
    layers: async () => {
      const all = await Promise.all(open().map((one) => reports(one, "outbound-rtp")));
      return all
        .flat()
        .filter((one) => one.kind === "video")
        .map((one) => ({ rid: one.rid ?? "", width: one.frameWidth ?? 0, frames: one.framesEncoded ?? 0, bytes: one.bytesSent ?? 0 }));
    },

    // How many peer connections were made so far, and the server's ICE user fragments in use: others mean a restart.
    made: () => connections.length,
    states: () => open().map((one) => `${one.connectionState} ${one.iceConnectionState} ${one.iceGatheringState}`),
    credentials: () => open().map((one) => /a=ice-ufrag:(\S+)/.exec(one.remoteDescription?.sdp ?? "")?.[1] ?? ""),

    // Milliseconds until frames came again that were not on the way any more when this was asked.
    again: async (milliseconds, name) => {
      const start = performance.now();
      await new Promise((next) => setTimeout(next, 300));
      const before = await framesOf(name);
      const came = await within(milliseconds, async () => ![0, before].includes(await framesOf(name)));
      return came && performance.now() - start;
    },

    // The addresses in use, of the pairs that carry something.
    routes: async () => {
      const routes = [];
      for (const one of open()) {
        const stats = await one.getStats();
        for (const pair of stats.values()) {
          if (pair.type !== "candidate-pair" || pair.state !== "succeeded" || !pair.nominated) continue;
          const remote = stats.get(pair.remoteCandidateId);
          routes.push(`${remote.protocol} ${remote.address}:${remote.port}`);
        }
      }
      return routes;
    },
  };
}
