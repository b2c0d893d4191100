// Rows of the plan form that name a post, a person or a group: what they stand for on the meeting's day is shown beside
// them, and asked anew when the day changes. Who is written out has fields of their own.
import { comboboxes, type Offer } from "./combobox";

export function addressees(root: ParentNode): void {
  for (const list of root.querySelectorAll<HTMLElement>("[data-addressees]")) addressed(list, root);
}

function addressed(list: HTMLElement, root: ParentNode): void {
  list.addEventListener("chosen", (event) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>(".form-row") : null;
    if (row && event instanceof CustomEvent) show(row, event.detail as Offer);
  });
  list.addEventListener("change", (event) => {
    const field = event.target;
    if (!(field instanceof HTMLInputElement) || !("ref" in field.dataset) || field.value) return;
    const row = field.closest<HTMLElement>(".form-row");
    if (row) show(row, null);
  });
  list.addEventListener("rowadded", (event) => {
    if (event.target instanceof HTMLElement) comboboxes(event.target);
  });
  root.querySelector<HTMLInputElement>("#date")?.addEventListener("change", (event) => {
    void tellAnew(list, (event.target as HTMLInputElement).value);
  });
}

function show(row: HTMLElement, offer: Offer | null): void {
  const note = row.querySelector<HTMLElement>("[data-note]");
  const written = row.querySelector<HTMLElement>("[data-written]");
  const known = offer !== null && !offer.ref.startsWith("account:");
  if (written) written.hidden = known;
  if (!note) return;
  const vacant = offer?.vacant ? (note.dataset.vacant ?? "") : "";
  note.textContent = known ? [vacant, offer?.about ?? ""].filter(Boolean).join(" \u00b7 ") : "";
  note.hidden = !note.textContent;
  note.classList.toggle("vacant", Boolean(vacant));
}

async function tellAnew(list: HTMLElement, day: string): Promise<void> {
  const rows = new Map<string, HTMLElement>();
  for (const field of list.querySelectorAll<HTMLInputElement>("[data-ref]")) {
    const row = field.closest<HTMLElement>(".form-row");
    if (field.value && row) rows.set(field.value, row);
  }
  if (!day || rows.size === 0) return;
  const url = new URL(list.dataset.addressees ?? "", location.href);
  url.searchParams.set("day", day);
  for (const ref of rows.keys()) url.searchParams.append("ref", ref);
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    for (const offer of (await answer.json()) as Offer[]) {
      const row = rows.get(offer.ref);
      if (row) show(row, offer);
    }
  } catch {
    return; // what stood there stays; the server finds the holder again when the form is sent
  }
}
