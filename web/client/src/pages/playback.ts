// A recording and all that moves along with it: one clock, the video's. The page reads without this file as well: every
// time on it is a link. What stands where was computed by the server; here is only asked what holds at this second.

type Span = readonly [from: number, until: number];

const LEAP_MS = 5_000;
const LONG_LEAP_MS = 10_000;
const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2];

/** Whether somebody was there at that moment of the file. */
export const holds = (spans: readonly Span[], atMs: number): boolean => spans.some(([from, until]) => from <= atMs && atMs < until);

/** Index of the last moment that is not after `atMs`; -1: none yet. `moments` ascend. */
export function lastBefore(moments: readonly number[], atMs: number): number {
  let found = -1;
  for (const [index, moment] of moments.entries()) if (moment <= atMs) found = index;
  return found;
}

/** The next faster or slower speed; the same where there is none. */
export function nextSpeed(now: number, step: 1 | -1): number {
  const others = SPEEDS.filter((speed) => (step > 0 ? speed > now : speed < now));
  return (step > 0 ? others[0] : others.at(-1)) ?? now;
}

/** Where the address wants to begin, in ms: ?t=SECONDS, or the cue that #… names; null: nowhere. */
export function wantedMs(address: URL, cueMs: (id: string) => number | undefined): number | null {
  const named = address.hash.length > 1 ? cueMs(decodeURIComponent(address.hash.slice(1))) : undefined;
  if (named !== undefined) return named;
  const seconds = Number(address.searchParams.get("t") ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}

export function playbacks(root: Document): void {
  const place = root.querySelector<HTMLElement>("[data-playback]");
  const video = place?.querySelector("video");
  if (place && video) new Playback(place, video).start();
}

class Playback {
  readonly #cues: readonly HTMLElement[];
  readonly #moments: readonly number[];
  readonly #chapters: readonly HTMLElement[];
  readonly #rows: readonly { row: HTMLElement; there: readonly Span[]; away: HTMLElement | null; head: SVGElement | null }[];
  #shown = -1;

  constructor(
    readonly place: HTMLElement,
    readonly video: HTMLVideoElement,
  ) {
    this.#cues = [...place.querySelectorAll<HTMLElement>("[data-cue]")];
    this.#moments = this.#cues.map((cue) => Number(cue.dataset["cue"]));
    this.#chapters = [...place.querySelectorAll<HTMLElement>("[data-from]")];
    this.#rows = [...place.querySelectorAll<HTMLElement>("[data-row]")].map((row) => ({
      row,
      there: JSON.parse(row.dataset["there"] ?? "[]") as Span[],
      away: row.querySelector<HTMLElement>("[data-away]"),
      head: row.querySelector<SVGElement>("[data-head]"),
    }));
  }

  start(): void {
    const { place, video } = this;
    for (const kind of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(kind, () => this.#draw());
    place.addEventListener("click", (event) => this.#clicked(event));
    place.querySelector<HTMLSelectElement>("[data-speed]")?.addEventListener("change", (event) => this.#speed(Number((event.target as HTMLSelectElement).value)));
    place.querySelector<HTMLInputElement>("[data-find]")?.addEventListener("input", (event) => this.#find((event.target as HTMLInputElement).value));
    document.addEventListener("keydown", (event) => this.#key(event));
    window.addEventListener("hashchange", () => this.#begin());
    this.#begin();
    this.#draw();
  }

  get #atMs(): number {
    return Math.round(this.video.currentTime * 1000);
  }

  #begin(): void {
    const at = wantedMs(new URL(location.href), (id) => {
      const cue = this.#cues.find((one) => one.id === id);
      return cue && Number(cue.dataset["cue"]);
    });
    if (at !== null) this.#seek(at);
  }

  #seek(atMs: number): void {
    const seek = (): void => {
      this.video.currentTime = Math.max(0, Math.min(atMs / 1000, this.video.duration || Infinity));
    };
    if (this.video.readyState >= HTMLMediaElement.HAVE_METADATA) seek();
    else this.video.addEventListener("loadedmetadata", seek, { once: true });
  }

  #speed(rate: number): void {
    this.video.playbackRate = rate;
    const choice = this.place.querySelector<HTMLSelectElement>("[data-speed]");
    if (choice) choice.value = String(rate);
  }

  #clicked(event: MouseEvent): void {
    const target = event.target as Element;
    const link = target.closest<HTMLElement>("[data-seek]");
    const skip = target.closest<HTMLElement>("[data-skip]");
    const bar = target.closest<SVGElement>("[data-bar]");
    const share = target.closest<HTMLElement>("[data-share]");
    if (link) {
      event.preventDefault();
      this.#seek(Number(link.dataset["seek"]));
    } else if (skip) this.#seek(this.#atMs + Number(skip.dataset["skip"]));
    else if (bar) {
      const { left, width } = bar.getBoundingClientRect();
      this.#seek(((event.clientX - left) / width) * this.video.duration * 1000);
    } else if (share) void this.#share(share);
  }

  async #share(button: HTMLElement): Promise<void> {
    await navigator.clipboard.writeText(`${button.dataset["share"]}?t=${Math.floor(this.video.currentTime)}`);
    const before = button.innerHTML;
    button.textContent = button.dataset["copied"] ?? "";
    setTimeout(() => (button.innerHTML = before), 2_000);
  }

  #key(event: KeyboardEvent): void {
    const on = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT", "TEXTAREA"].includes(on.tagName)) return;
    const video = this.video;
    const done: Record<string, () => void> = {
      k: () => void (video.paused ? video.play() : video.pause()),
      j: () => this.#seek(this.#atMs - LONG_LEAP_MS),
      l: () => this.#seek(this.#atMs + LONG_LEAP_MS),
      "[": () => this.#speed(nextSpeed(video.playbackRate, -1)),
      "]": () => this.#speed(nextSpeed(video.playbackRate, 1)),
      n: () => this.#toCue(1),
      p: () => this.#toCue(-1),
    };
    if (on !== video) {
      done["ArrowLeft"] = () => this.#seek(this.#atMs - LEAP_MS);
      done["ArrowRight"] = () => this.#seek(this.#atMs + LEAP_MS);
    }
    const act = done[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #toCue(step: 1 | -1): void {
    const here = lastBefore(this.#moments, this.#atMs);
    const wanted = this.#moments[step > 0 ? here + 1 : Math.max(0, here - 1)];
    if (wanted !== undefined) this.#seek(wanted);
  }

  #find(words: string): void {
    const wanted = words.trim().toLocaleLowerCase();
    for (const cue of this.#cues) cue.hidden = !(cue.textContent ?? "").toLocaleLowerCase().includes(wanted);
    const none = this.place.querySelector<HTMLElement>("[data-none]");
    if (none) none.hidden = this.#cues.some((cue) => !cue.hidden);
  }

  #draw(): void {
    const atMs = this.#atMs;
    this.#drawChapter(atMs);
    this.#drawPeople(atMs);
    const current = lastBefore(this.#moments, atMs);
    if (current === this.#shown) return;
    this.#shown = current;
    for (const [index, cue] of this.#cues.entries()) mark(cue, index === current);
    const cue = this.#cues[current];
    const list = cue?.parentElement;
    if (cue && list) list.scrollTop = cue.offsetTop - list.offsetTop - list.clientHeight / 3; // never the page itself
  }

  #drawChapter(atMs: number): void {
    let title = "–";
    for (const chapter of this.#chapters) {
      const now = holds([[Number(chapter.dataset["from"]), Number(chapter.dataset["until"])]], atMs);
      mark(chapter, now);
      if (now) title = chapter.dataset["title"] ?? "";
    }
    write(this.place.querySelector("[data-item]"), title);
  }

  #drawPeople(atMs: number): void {
    let present = 0;
    for (const { there, away, head } of this.#rows) {
      const here = holds(there, atMs);
      if (here) present += 1;
      if (away) away.hidden = here || !there.length;
      head?.setAttribute("x", String(Math.min(998, (1000 * atMs) / (this.video.duration * 1000 || 1))));
    }
    const line = this.place.querySelector<HTMLElement>("[data-present]");
    write(line, (line?.dataset["words"] ?? "").replace("{count}", String(present)));
  }
}

function mark(one: HTMLElement, now: boolean): void {
  one.classList.toggle("current", now);
  if (now) one.setAttribute("aria-current", "true");
  else one.removeAttribute("aria-current");
}

function write(one: Element | null, text: string): void {
  if (one && one.textContent !== text) one.textContent = text;
}
