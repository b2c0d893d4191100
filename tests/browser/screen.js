// A shared screen of 1920x1080 that a test can read at the other end: moving words over black and white stripes of four
// pixels, and every peer connection within reach.
(() => {
  const WIDTH = 1920;
  const HEIGHT = 1080;
  const STRIPE = 4;
  const made = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(...given) {
      super(...given);
      made.push(this);
    }
  };

  navigator.mediaDevices.getDisplayMedia = async () => {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    const paper = canvas.getContext("2d");
    let count = 0;
    const draw = () => {
      paper.fillStyle = "#fff";
      paper.fillRect(0, 0, WIDTH, HEIGHT);
      paper.fillStyle = "#000";
      for (let x = 0; x < WIDTH; x += 2 * STRIPE) paper.fillRect(x, HEIGHT / 2, STRIPE, HEIGHT / 2);
      paper.fillStyle = "#c00";
      paper.fillRect((count * 16) % WIDTH, 0, 200, 100);
      paper.fillStyle = "#036";
      paper.font = "48px sans-serif";
      paper.fillText(`Anggaran ${(count += 1)}`, 100, 300);
      paper.fillStyle = "#0a0";
      paper.fillRect(900, 200, 300, 100);
    };
    draw();
    setInterval(draw, 100);
    return canvas.captureStream(15);
  };

  function screenVideo() {
    const found = [];
    const walk = (root) => {
      for (const one of root.querySelectorAll("*")) {
        if (one.localName === "balai-tile" && one.hasAttribute("screen")) found.push(one.shadowRoot.querySelector("video"));
        if (one.shadowRoot) walk(one.shadowRoot);
      }
    };
    walk(document);
    return found.find((one) => one?.videoWidth) ?? null;
  }

  /** How far apart neighbouring stripes are at the viewer, 0..1: 1 is as drawn, 0 is grey. */
  function contrast() {
    const video = screenVideo();
    if (!video) return 0;
    const paper = new OffscreenCanvas(WIDTH, 8).getContext("2d", { willReadFrequently: true });
    paper.drawImage(video, 0, video.videoHeight * 0.75, video.videoWidth, 8, 0, 0, WIDTH, 8);
    const all = paper.getImageData(0, 4, WIDTH, 1).data;
    let apart = 0;
    for (let x = STRIPE / 2; x + STRIPE < WIDTH; x += STRIPE) apart += Math.abs(all[4 * x] - all[4 * (x + STRIPE)]);
    return apart / 255 / (WIDTH / STRIPE - 1);
  }

  async function stats(kind) {
    const reports = await Promise.all(made.map((one) => one.getStats()));
    const all = reports.flatMap((one) => [...one.values()]);
    const codecs = new Map(all.filter((one) => one.type === "codec").map((one) => [one.id, one.mimeType]));
    return all
      .filter((one) => one.type === kind && one.kind === "video")
      .map((one) => ({ ...one, codec: codecs.get(one.codecId) ?? "" }));
  }

  window.screens = { contrast, stats };
})();
