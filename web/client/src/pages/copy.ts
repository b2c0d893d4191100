// Buttons that copy a link, and say that they did.

const BACK_AFTER_MS = 2500;

export function copyButtons(root: Document): void {
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy], [data-copy-from]") : null;
    if (button) void copy(root, button);
  });
}

async function copy(root: Document, button: HTMLElement): Promise<void> {
  const source = button.dataset["copyFrom"] ? root.querySelector<HTMLInputElement>(button.dataset["copyFrom"]) : null;
  const text = source ? (source.value ?? source.textContent ?? "") : (button.dataset["copy"] ?? "");
  if (!(await toClipboard(text, source))) return;
  const place = button.querySelector<HTMLElement>("[data-copy-word]") ?? button;
  const before = place.textContent;
  place.textContent = button.dataset["copied"] ?? before;
  place.setAttribute("role", "status");
  setTimeout(() => {
    place.textContent = before;
    place.removeAttribute("role");
  }, BACK_AFTER_MS);
}

/** Without the clipboard (a page that is not secure) the field is selected, ready for Ctrl+C. */
async function toClipboard(text: string, source: HTMLInputElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    source?.select?.();
    return false;
  }
}
