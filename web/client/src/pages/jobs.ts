// How far files are that the server makes: asked every few seconds while the page is looked at. When one is ready, or
// gone, the page is fetched anew.

interface Job {
  readonly composition_id: string;
  readonly share: number;
  readonly text: string;
}

const ASK_MS = 2000;

export function jobLists(root: ParentNode, reload: () => void = () => location.reload()): void {
  const list = root.querySelector<HTMLElement>("[data-jobs]");
  const url = list?.dataset["jobs"];
  if (list && url) follow(list, url, reload);
}

function follow(list: HTMLElement, url: string, reload: () => void): void {
  const ask = async (): Promise<void> => {
    if (document.visibilityState === "visible") {
      const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => undefined);
      if (answer?.ok && !show(list, ((await answer.json()) as { jobs: Job[] }).jobs)) return reload();
    }
    setTimeout(() => void ask(), ASK_MS);
  };
  setTimeout(() => void ask(), ASK_MS);
}

/** False: what the page shows is no longer what is being made. */
export function show(list: HTMLElement, jobs: readonly Job[]): boolean {
  const rows = [...list.querySelectorAll<HTMLElement>("[data-job]")];
  if (rows.length !== jobs.length) return false;
  for (const job of jobs) {
    const row = rows.find((one) => one.dataset["job"] === job.composition_id);
    if (!row) return false;
    const bar = row.querySelector("progress");
    if (bar) bar.value = job.share;
    write(row, "[data-doing]", job.text);
    write(row, "[data-share]", `${Math.floor(job.share * 100)}%`);
  }
  return true;
}

function write(row: HTMLElement, selector: string, text: string): void {
  const place = row.querySelector(selector);
  if (place && place.textContent !== text) place.textContent = text;
}
