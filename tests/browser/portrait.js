// A camera and a microphone that a test's person has instead of a device: a drawn portrait in a softly lit room, and a
// voice or silence. `portrait` ({ hue, skin, cloth, scarf, speaks }) is set before this runs.
(() => {
  const WIDTH = 640;
  const HEIGHT = 360;
  const { hue, skin, cloth, scarf, speaks } = window.portrait;

  function wall(pen) {
    const light = pen.createLinearGradient(0, 0, WIDTH, HEIGHT);
    light.addColorStop(0, `hsl(${hue} 30% 84%)`);
    light.addColorStop(0.55, `hsl(${hue} 26% 70%)`);
    light.addColorStop(1, `hsl(${hue} 28% 52%)`);
    pen.fillStyle = light;
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    const window_ = pen.createRadialGradient(110, 70, 10, 110, 70, 260);
    window_.addColorStop(0, "rgb(255 255 255 / 0.55)");
    window_.addColorStop(1, "rgb(255 255 255 / 0)");
    pen.fillStyle = window_;
    pen.fillRect(0, 0, WIDTH, HEIGHT);
  }

  function person(pen, sway) {
    const x = WIDTH / 2 + sway;
    const shade = pen.createLinearGradient(0, 250, 0, HEIGHT);
    shade.addColorStop(0, cloth);
    shade.addColorStop(1, "rgb(10 18 30)");
    pen.fillStyle = shade;
    pen.beginPath();
    pen.moveTo(x - 175, HEIGHT);
    pen.bezierCurveTo(x - 170, 292, x - 95, 272, x - 42, 260);
    pen.lineTo(x + 42, 260);
    pen.bezierCurveTo(x + 95, 272, x + 170, 292, x + 175, HEIGHT);
    pen.fill();
    if (scarf) {
      pen.fillStyle = scarf;
      pen.beginPath();
      pen.ellipse(x, 182, 92, 108, 0, 0, 7);
      pen.fill();
      pen.beginPath();
      pen.moveTo(x - 84, 220);
      pen.bezierCurveTo(x - 110, 320, x + 110, 320, x + 84, 220);
      pen.fill();
    }
    pen.fillStyle = skin;
    if (!scarf) {
      pen.beginPath();
      pen.roundRect(x - 27, 220, 54, 62, 24);
      pen.fill();
    }
    pen.beginPath();
    pen.ellipse(x, 178, 62, 78, 0, 0, 7);
    pen.fill();
    if (!scarf) {
      pen.fillStyle = "rgb(38 30 28)";
      pen.beginPath();
      pen.moveTo(x - 66, 176);
      pen.bezierCurveTo(x - 78, 84, x + 78, 84, x + 66, 176);
      pen.bezierCurveTo(x + 52, 128, x + 20, 122, x, 124);
      pen.bezierCurveTo(x - 24, 124, x - 54, 130, x - 66, 176);
      pen.fill();
    }
  }

  function camera() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [WIDTH, HEIGHT];
    const pen = canvas.getContext("2d");
    let step = 0;
    const draw = () => {
      step += 1;
      wall(pen);
      person(pen, Math.sin(step / 9) * 3);
    };
    draw();
    setInterval(draw, 125);
    return canvas.captureStream(8).getVideoTracks()[0];
  }

  function microphone() {
    const sound = new AudioContext();
    const out = sound.createMediaStreamDestination();
    if (speaks) {
      const voice = new OscillatorNode(sound, { frequency: 180, type: "triangle" });
      voice.connect(new GainNode(sound, { gain: 0.5 })).connect(out);
      voice.start();
    }
    return out.stream.getAudioTracks()[0];
  }

  navigator.mediaDevices.getUserMedia = async ({ video, audio }) =>
    new MediaStream([...(video ? [camera()] : []), ...(audio ? [microphone()] : [])]);
})();
