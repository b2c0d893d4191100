// What a form would make, shown as a picture while one types. Nothing is kept by looking.

const REST_MS = 250;

export function previewForms(root: ParentNode = document): void {
  const form = root.querySelector<HTMLFormElement>("form[data-preview]");
  const picture = root.querySelector<HTMLImageElement>("[data-preview-picture]");
  if (form && picture) watch(form, picture);
}

function watch(form: HTMLFormElement, picture: HTMLImageElement): void {
  let timer = 0;
  let asked: AbortController | null = null;
  let shown = "";
  const draw = async (): Promise<void> => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(form.dataset.preview ?? "", { method: "POST", body: new FormData(form), signal: asked.signal });
      if (!answer.ok) return; // the form itself will say what is wrong with it
      const before = shown;
      shown = URL.createObjectURL(await answer.blob());
      picture.src = shown;
      if (before) URL.revokeObjectURL(before);
    } catch {
      // typed on, or the line is away: the picture before stays
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void draw(), REST_MS);
  });
}
