// Runs in every page of a test before the page's own scripts: what this person's screen shows and loudspeaker plays, by
// the names that stand there. It changes one thing only: a pure tone is what voice processing is made to remove, so the
// microphone is opened without it.
(() => {
  const FRAME_WITHIN_MS = 400;
  const SAMPLES = 8192; // 5.9 Hz a bin at 48 kHz
  const QUIET = 0.002; // of full scale; the tones are at 0.35

  const devices = navigator.mediaDevices;
  if (devices) {
    const open = devices.getUserMedia.bind(devices);
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    devices.getUserMedia = (wish) => open(wish.audio ? { ...wish, audio: { ...wish.audio, ...raw } } : wish);
  }

  function every(tag) {
    const found = [];
    const walk = (root) => {
      for (const one of root.querySelectorAll("*")) {
        if (one.localName === tag) found.push(one);
        if (one.shadowRoot) walk(one.shadowRoot);
      }
    };
    walk(document);
    return found;
  }

  // ---------------------------------------------------------------- eyes

  const paper = new OffscreenCanvas(32, 18).getContext("2d", { willReadFrequently: true });

  function nextFrame(video) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), FRAME_WITHIN_MS);
      video.requestVideoFrameCallback(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  function colours(video) {
    paper.drawImage(video, 0, 0, 32, 18);
    const all = paper.getImageData(0, 0, 32, 18).data;
    const kinds = new Set();
    for (let at = 0; at < all.length; at += 4) kinds.add(((all[at] >> 5) << 6) | ((all[at + 1] >> 5) << 3) | (all[at + 2] >> 5));
    const middle = 4 * (9 * 32 + 16);
    return { rgb: [all[middle], all[middle + 1], all[middle + 2]], kinds: kinds.size };
  }

  async function look(tile) {
    const inside = tile.shadowRoot;
    const video = inside.querySelector("video");
    const written = inside.querySelector(video ? ".label .who" : ".card strong")?.textContent.trim() ?? "";
    const seen = { name: written, screen: tile.hasAttribute("screen"), why: inside.querySelector(".why")?.textContent.trim() ?? "" };
    if (!video || !video.videoWidth) return { ...seen, picture: Boolean(video), moving: false, width: 0, height: 0, rgb: null, kinds: 0 };
    const moving = await nextFrame(video);
    return { ...seen, picture: true, moving, width: video.videoWidth, height: video.videoHeight, ...colours(video) };
  }

  const watched = []; // one for each picture that is watched: the RTP time of each of its frames

  /** From now on every frame of every picture of somebody else is noted; returns how many pictures these are. */
  function watchFrames() {
    for (const tile of every("balai-tile")) {
      const video = tile.shadowRoot.querySelector("video");
      const track = video?.srcObject?.getVideoTracks()[0];
      if (!track) continue;
      const times = [];
      const note = (_, frame) => {
        if (frame.rtpTimestamp !== undefined) times.push(frame.rtpTimestamp);
        video.requestVideoFrameCallback(note);
      };
      video.requestVideoFrameCallback(note);
      watched.push({ video, track, times });
    }
  }

  /** Of each watched picture that came over the network: frames so far, the longest step between two in RTP ticks, and
   * whether the tile still shows the track that it showed. */
  function framesSeen() {
    return watched.filter((one) => one.times.length > 0).map(({ video, track, times }) => ({
      frames: times.length,
      longest: Math.max(0, ...times.slice(1).map((time, at) => time - times[at])),
      same: video.isConnected && video.srcObject?.getVideoTracks()[0] === track && track.readyState === "live",
    }));
  }

  const tiles = () => Promise.all(every("balai-tile").map(look));

  // ---------------------------------------------------------------- ears

  const ears = new Map(); // audio element -> { track, analyser }
  let context = null;

  function ear(element) {
    const track = element.srcObject?.getAudioTracks()[0];
    if (!track) return null;
    const known = ears.get(element);
    if (known?.track === track) return known.analyser;
    context ??= new AudioContext();
    const analyser = new AnalyserNode(context, { fftSize: SAMPLES, smoothingTimeConstant: 0, minDecibels: -120 });
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    ears.set(element, { track, analyser });
    return analyser;
  }

  function speaker(element) {
    const { remote, meeting } = document.querySelector("balai-room").client.state;
    const stream = remote.get(element.dataset.producer);
    const session = meeting?.sessions.get(stream?.sessionId);
    return { name: meeting?.people.get(session?.personId)?.name ?? "", source: stream?.source ?? "" };
  }

  function loudness(analyser) {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length);
  }

  /** Of everybody who is heard: the strongest frequency and the loudness (root mean square) of the last 170 ms. */
  function tones() {
    return every("audio").flatMap((element) => {
      const analyser = ear(element);
      if (!analyser || element.paused || element.muted) return [];
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const strongest = bins.reduce((best, level, bin) => (level > bins[best] ? bin : best), 0);
      return [{ ...speaker(element), hz: (strongest * context.sampleRate) / SAMPLES, loudness: loudness(analyser) }];
    });
  }

  // ---------------------------------------------------------------- moments, by this machine's clock

  const moments = { clickedMs: 0, heardMs: 0 };
  document.addEventListener("click", () => (moments.clickedMs = Date.now()), { capture: true });
  let listening;

  /** From now on `heardMs` is the last moment at which this person was heard, 0 before the first. */
  function listenFor(name) {
    clearInterval(listening);
    moments.heardMs = 0;
    const element = every("audio").find((one) => speaker(one).name === name && speaker(one).source === "microphone");
    const analyser = new AnalyserNode(context, { fftSize: 256 }); // 5 ms: as long as one turn
    context.createMediaStreamSource(new MediaStream(element.srcObject.getAudioTracks())).connect(analyser);
    listening = setInterval(() => {
      if (loudness(analyser) > QUIET) moments.heardMs = Date.now();
    }, 5);
  }

  window.witness = { tiles, watchFrames, framesSeen, tones, moments, listenFor, QUIET };
})();
