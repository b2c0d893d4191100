// A pad to sign on with a finger, a pen or a mouse. What was drawn goes into a hidden field as an SVG path of straight
// strokes, as small as it can be; server/meeting/checkin.py says what is taken.

interface Point {
  readonly x: number;
  readonly y: number;
}

const MOST_CHARACTERS = 7_800;
const CLOSE = 3; // units: a point that near to the one before says nothing new

export function signaturePads(root: Document): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("[data-sign]")) pad(form);
}

function pad(form: HTMLFormElement): void {
  const canvas = form.querySelector<HTMLCanvasElement>("[data-pad]");
  const field = form.querySelector<HTMLInputElement>("[data-path]");
  const pen = canvas?.getContext("2d");
  if (!canvas || !field || !pen) return;
  const size = { x: Number(canvas.dataset["wide"]), y: Number(canvas.dataset["high"]) };
  let strokes: Point[][] = [];

  const at = (event: PointerEvent): Point => {
    const box = canvas.getBoundingClientRect();
    const within = (value: number, most: number): number => Math.round(Math.min(Math.max(value, 0), most - 1));
    return { x: within(((event.clientX - box.left) / box.width) * size.x, size.x), y: within(((event.clientY - box.top) / box.height) * size.y, size.y) };
  };
  const draw = (): void => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    Object.assign(pen, { lineWidth: 8, lineCap: "round", lineJoin: "round", strokeStyle: getComputedStyle(canvas).color });
    const scale = canvas.width / size.x;
    for (const stroke of strokes) {
      pen.beginPath();
      for (const { x, y } of stroke) pen.lineTo(x * scale, y * scale);
      pen.stroke();
    }
    field.value = pathOf(strokes);
  };

  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const start = at(event);
    strokes.push([start, { ...start, x: start.x + 1 }]); // a dot is a stroke too
    draw();
  });
  canvas.addEventListener("pointermove", (event) => {
    const stroke = strokes.at(-1);
    const last = stroke?.at(-1);
    if (!stroke || !last || !canvas.hasPointerCapture(event.pointerId)) return;
    const next = at(event);
    if (Math.abs(next.x - last.x) + Math.abs(next.y - last.y) < CLOSE || pathOf(strokes).length > MOST_CHARACTERS) return;
    stroke.push(next);
    draw();
  });
  form.querySelector("[data-clear]")?.addEventListener("click", () => {
    strokes = [];
    draw();
  });
}

/** "M10 20L30 40": each stroke begins with an M. */
export function pathOf(strokes: readonly (readonly Point[])[]): string {
  return strokes.flatMap((stroke) => stroke.map(({ x, y }, index) => `${index ? "L" : "M"}${x} ${y}`)).join("");
}
