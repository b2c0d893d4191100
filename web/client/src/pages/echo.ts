// What a form would lead to, said in words beside it while one types.

const REST_MS = 250;

export function echoForms(root: ParentNode = document): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-echo]")) {
    const said = form.querySelector<HTMLElement>("[data-echo-text]");
    if (said) watch(form, said);
  }
}

function watch(form: HTMLFormElement, said: HTMLElement): void {
  let timer = 0;
  let asked: AbortController | null = null;
  const ask = async (): Promise<void> => {
    asked?.abort();
    asked = new AbortController();
    const plain = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") plain.append(name, value);
    try {
      const answer = await fetch(form.dataset.echo ?? "", { method: "POST", body: plain, signal: asked.signal });
      if (!answer.ok) return;
      const text = await answer.text();
      if (said.textContent !== text) said.textContent = text; // the same is not read out again
      const box = said.closest<HTMLElement>("[data-echo-box]");
      if (box) box.hidden = !text;
    } catch {
      // typed on, or the line is away: what was said before stays
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), REST_MS);
  });
  void ask();
}
