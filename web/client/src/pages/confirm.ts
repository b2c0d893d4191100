// Dangerous forms ask first, in a dialog; without a script they are sent at once, so the server asks for nothing more.

export function confirmForms(root: Document): void {
  root.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset["confirm"] || form.dataset["confirmed"]) return;
    event.preventDefault();
    const submitter = event.submitter;
    ask(form.dataset, () => {
      form.dataset["confirmed"] = "yes";
      form.requestSubmit(submitter instanceof HTMLElement && submitter.isConnected ? submitter : null);
      delete form.dataset["confirmed"]; // the browser's back button brings the page back as it was
    });
  });
}

function ask(words: DOMStringMap, yes: () => void): void {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  const title = document.createElement("h2");
  title.id = "confirm-title";
  title.textContent = words["confirmTitle"] ?? words["confirm"] ?? "";
  dialog.setAttribute("aria-labelledby", title.id);
  const buttons = document.createElement("div");
  buttons.className = "buttons end";
  const no = button("button secondary", words["confirmNo"] ?? "×", () => dialog.close());
  const go = button("button danger", words["confirmYes"] ?? "✓", () => {
    dialog.close();
    yes();
  });
  buttons.append(no, go);
  dialog.append(title);
  if (words["confirmTitle"]) {
    const text = document.createElement("p");
    text.textContent = words["confirm"] ?? "";
    dialog.append(text);
  }
  dialog.append(buttons);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  no.focus();
}

function button(look: string, text: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = look;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}
