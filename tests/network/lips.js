// A camera that flashes and a microphone that beeps at the same moments, by one clock; and the moments at which flashes
// and beeps stand in any pair of streams, by the machine's clock. The sender's own streams are looked at the same way as
// the viewer's, so what the looking itself adds falls out.
() => {
  const EVERY_S = 1, LASTS_S = 0.15, FRAMES_A_SECOND = 30, TONE_HZ = 1_000;
  const WINDOW = 8192; // samples looked at at once: 170 ms
  const LOUD = 0.05, BRIGHT = 128;
  let context, timer;
  const clock = () => (context ??= new AudioContext({ sampleRate: 48_000 }));
  const now = () => performance.timeOrigin + performance.now();

  // ---------------------------------------------------------------- the source

  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [640, 360];
  const paint = canvas.getContext("2d");
  const source = { audio: null, video: null };
  const sound = () => {
    const [tone, gate, out] = [new OscillatorNode(clock(), { frequency: TONE_HZ }), new GainNode(clock(), { gain: 0 }), clock().createMediaStreamDestination()];
    tone.connect(gate).connect(out);
    tone.start();
    const first = Math.ceil(clock().currentTime + 0.5);
    for (let beat = first; beat < first + 600; beat += EVERY_S) {
      gate.gain.setValueAtTime(0.5, beat);
      gate.gain.setValueAtTime(0, beat + LASTS_S);
    }
    return out.stream;
  };
  const draw = () => {
    const into = clock().currentTime % EVERY_S;
    paint.fillStyle = into < LASTS_S ? "#fff" : "#000";
    paint.fillRect(0, 0, canvas.width, canvas.height);
    paint.fillStyle = "#888"; // something always changes
    paint.fillRect((into * canvas.width) | 0, 320, 20, 20);
  };
  const give = (kind) => {
    source[kind] ??= kind === "audio" ? sound() : canvas.captureStream(FRAMES_A_SECOND);
    timer ??= setInterval(draw, 1000 / FRAMES_A_SECOND);
    return source[kind].getTracks()[0].clone();
  };
  navigator.mediaDevices.getUserMedia = async (wish) => new MediaStream(["audio", "video"].filter((kind) => wish[kind]).map(give));

  // ---------------------------------------------------------------- looking

  const rise = (moments, ms) => {
    if (ms - (moments.at(-1) ?? 0) > 500) moments.push(ms);
  };

  const watchVideo = (element, moments) => {
    const small = new OffscreenCanvas(4, 4).getContext("2d", { willReadFrequently: true });
    let bright = true;
    const look = (_, frame) => {
      small.drawImage(element, 0, 0, element.videoWidth, element.videoHeight / 2, 0, 0, 4, 4);
      const is = small.getImageData(1, 1, 1, 1).data[1] > BRIGHT;
      if (is && !bright) rise(moments, performance.timeOrigin + frame.expectedDisplayTime);
      bright = is;
      element.requestVideoFrameCallback(look);
    };
    element.requestVideoFrameCallback(look);
  };

  const watchAudio = (stream, moments) => {
    const analyser = new AnalyserNode(clock(), { fftSize: WINDOW });
    clock().createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(WINDOW);
    let offset = Infinity; // from the context's clock to the machine's: the least seen, as reading can only be late
    setInterval(() => {
      const end = clock().currentTime;
      offset = Math.min(offset, now() - end * 1000);
      analyser.getFloatTimeDomainData(samples);
      const at = samples.findIndex((one) => Math.abs(one) > LOUD);
      // only a rise within the window: one that is loud from its start on began before
      if (at > 480) rise(moments, (end - (WINDOW - at) / clock().sampleRate) * 1000 + offset);
    }, 40);
  };

  const looking = { flashes: [], beeps: [] };
  // Frames as they go to the encoder: an own picture on the page is shown later than that.
  const watchCapture = async (track, moments) => {
    const small = new OffscreenCanvas(4, 4).getContext("2d", { willReadFrequently: true });
    const frames = new MediaStreamTrackProcessor({ track }).readable.getReader();
    let bright = true;
    for (;;) {
      const { value: frame, done } = await frames.read();
      if (done) return;
      const ms = now();
      small.drawImage(frame, 0, 0, 4, 4);
      frame.close();
      const is = small.getImageData(1, 1, 1, 1).data[1] > BRIGHT;
      if (is && !bright) rise(moments, ms);
      bright = is;
    }
  };

  window.interop.lookAtOwn = () => {
    void watchCapture(source.video.getVideoTracks()[0].clone(), looking.flashes);
    watchAudio(source.audio, looking.beeps);
    return true;
  };
  const deep = (selector, root = document) => {
    const found = [...root.querySelectorAll(selector)];
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) found.push(...deep(selector, one.shadowRoot));
    return found;
  };
  window.interop.lookAtOther = async (name) => {
    const tile = deep("balai-tile").find((one) => (one.getAttribute("aria-label") || one.innerText || "").startsWith(name));
    const picture = tile?.shadowRoot.querySelector("video");
    const voice = deep("audio").find((one) => one.srcObject?.getAudioTracks().length && !one.paused);
    if (!picture || !voice) return false;
    watchVideo(picture, looking.flashes);
    watchAudio(voice.srcObject, looking.beeps);
    return true;
  };
  window.interop.clock = now;
  window.interop.moments = () => looking;
  window.interop.afterSeconds = async (seconds) => {
    await new Promise((next) => setTimeout(next, seconds * 1000));
    return true;
  };
}
