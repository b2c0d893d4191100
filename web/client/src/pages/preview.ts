// What a form would make, shown as a picture while one types. Nothing is kept by looking.

const REST_MS = 250;
const WIDE = "(min-width: 900px)";

export function previewForms(root: ParentNode = document): void {
  const form = root.querySelector<HTMLFormElement>("form[data-preview]");
  const picture = root.querySelector<HTMLImageElement>("[data-preview-picture]");
  if (form && picture) watch(form, picture);
}

/** As the form itself would be sent; files only where it sends them. */
function body(form: HTMLFormElement): FormData | URLSearchParams {
  const data = new FormData(form);
  if (form.enctype === "multipart/form-data") return data;
  const plain = new URLSearchParams();
  for (const [name, value] of data) if (typeof value === "string") plain.append(name, value);
  return plain;
}

function watch(form: HTMLFormElement, picture: HTMLImageElement): void {
  const fold = picture.closest<HTMLDetailsElement>("details[data-preview-when-open]");
  const waits = fold?.querySelector<HTMLElement>("[data-preview-waits]");
  const off = fold?.querySelector<HTMLElement>("[data-preview-off]");
  let timer = 0;
  let asked: AbortController | null = null;
  let shown = "";
  const draw = async (): Promise<void> => {
    if (fold && !fold.open) return; // nobody looks: a thin line has better things to carry
    asked?.abort();
    const mine = (asked = new AbortController());
    try {
      const answer = await fetch(form.dataset.preview ?? "", { method: "POST", body: body(form), signal: mine.signal });
      if (off) off.hidden = answer.ok || answer.status === 400;
      if (answer.status === 503) later(4 * REST_MS); // others are looking just now
      if (!answer.ok) return; // the form itself will say what is wrong with it
      const before = shown;
      shown = URL.createObjectURL(await answer.blob());
      picture.src = shown;
      picture.hidden = false;
      if (waits) waits.hidden = true;
      if (before) URL.revokeObjectURL(before);
    } catch {
      if (off && !mine.signal.aborted) off.hidden = false; // the line is away: the picture before stays
    }
  };
  const later = (rest_ms: number): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void draw(), rest_ms);
  };
  form.addEventListener("input", () => later(REST_MS));
  form.addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-add], [data-remove], [data-up], [data-down]")) later(REST_MS);
  });
  if (!fold) return;
  fold.addEventListener("toggle", () => later(0));
  if (window.matchMedia(WIDE).matches) fold.open = true; // beside the form there is room for it
}
