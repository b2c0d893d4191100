// Times on pages: how long until a meeting starts, and what time that is where the reader is.

const EVERY_MS = 15_000;
const GRACE_MS = 3_000;
const SOON_MS = 60 * 60_000;

export function countdowns(root: Document): void {
  const all = [...root.querySelectorAll<HTMLElement>("time[data-countdown]")];
  if (!all.length) return;
  for (const one of all) if (isOver(one, Date.now())) delete one.dataset["then"]; // fetched anew already
  const draw = (): void => {
    for (const one of all) {
      one.textContent = countdown(one, Date.now());
      if (one.dataset["then"] === "reload" && isOver(one, Date.now())) {
        delete one.dataset["then"]; // once: the server's clock may be a little behind
        location.reload();
      }
    }
  };
  draw();
  setInterval(draw, EVERY_MS);
}

/** That moment has come, a little later than here: clocks differ. */
export function isOver(time: HTMLElement, nowMs: number): boolean {
  return nowMs > Date.parse(time.getAttribute("datetime") ?? "") + GRACE_MS;
}

/** The element's own text until an hour before; then the minutes that remain; then that it is on. */
export function countdown(time: HTMLElement, nowMs: number): string {
  const text = (time.dataset["text"] ??= time.textContent ?? "");
  const leftMs = Date.parse(time.getAttribute("datetime") ?? "") - nowMs;
  if (Number.isNaN(leftMs) || leftMs > SOON_MS) return text;
  if (leftMs <= 0) return time.dataset["now"] ?? text;
  return (time.dataset["soon"] ?? text).replace("{minutes}", String(Math.ceil(leftMs / 60_000)));
}

/** Where the reader's clock differs from the meeting's, the own time stands in the title. */
export function localTimes(root: ParentNode): void {
  for (const time of root.querySelectorAll<HTMLElement>("time[data-local]")) {
    const at = new Date(time.getAttribute("datetime") ?? "");
    if (Number.isNaN(at.getTime()) || time.dataset["offset"] === String(-at.getTimezoneOffset())) continue;
    const language = document.documentElement.lang === "en" ? "en-GB" : "id-ID";
    time.title = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "long" }).format(at);
  }
}
