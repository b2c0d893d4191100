// Where the others are heard: one hidden audio element per stream, all on the chosen loudspeaker. A browser that wants
// a gesture before sound gets one at the next key or pointer.

export class AudioOutput {
  #elements = new Map<string, HTMLAudioElement>();
  #speakerId = "";
  #stop = new AbortController();

  constructor() {
    const signal = this.#stop.signal;
    for (const gesture of ["pointerdown", "keydown"]) {
      document.addEventListener(gesture, () => this.#playAll(), { signal, passive: true });
    }
  }

  play(id: string, stream: MediaStream): void {
    this.stop(id);
    const element = document.createElement("audio");
    element.autoplay = true;
    element.hidden = true;
    element.dataset["producer"] = id;
    element.srcObject = stream;
    this.#elements.set(id, element);
    document.body.append(element);
    void this.#route(element);
    this.#try(element);
  }

  stop(id: string): void {
    const element = this.#elements.get(id);
    if (!element) return;
    element.srcObject = null;
    element.remove();
    this.#elements.delete(id);
  }

  use(speakerId: string): void {
    this.#speakerId = speakerId;
    for (const element of this.#elements.values()) void this.#route(element);
  }

  close(): void {
    this.#stop.abort();
    for (const id of [...this.#elements.keys()]) this.stop(id);
  }

  async #route(element: HTMLAudioElement): Promise<void> {
    if (typeof (element as Partial<HTMLAudioElement>).setSinkId !== "function") return;
    // A loudspeaker that was unplugged: the machine's own default is better than silence.
    await element.setSinkId(this.#speakerId).catch(() => element.setSinkId("").catch(() => undefined));
  }

  #playAll(): void {
    for (const element of this.#elements.values()) if (element.paused) this.#try(element);
  }

  #try(element: HTMLAudioElement): void {
    void element.play().catch(() => undefined); // refused before a gesture; tried again at the next one
  }
}
