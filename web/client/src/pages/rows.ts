// Rows of a form that can be added, removed and moved: agenda items and invitees. The server reads them in the order they
// stand; `__n__` in the template is a number that no other row has.

export function rowLists(root: ParentNode): void {
  for (const list of root.querySelectorAll<HTMLElement>("[data-list]")) rowList(list);
}

export function rowList(list: HTMLElement): void {
  const rows = list.querySelector<HTMLElement>(".form-rows");
  const template = list.querySelector("template");
  if (!rows || !template) return;
  let next = rows.children.length;
  list.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button") : null;
    const row = button?.closest<HTMLElement>(".form-row");
    if (!button || !list.contains(button)) return;
    if ("add" in button.dataset) add(rows, template, next++);
    else if (!row) return;
    else if ("remove" in button.dataset) remove(list, rows, row);
    else if ("up" in button.dataset) move(row, row.previousElementSibling, "before", button);
    else if ("down" in button.dataset) move(row, row.nextElementSibling, "after", button);
    else return;
    mark(rows);
  });
  mark(rows);
}

function add(rows: HTMLElement, template: HTMLTemplateElement, number: number): void {
  const made = template.content.cloneNode(true) as DocumentFragment;
  for (const element of made.querySelectorAll("*")) {
    for (const attribute of [...element.attributes]) {
      if (attribute.value.includes("__n__")) attribute.value = attribute.value.replaceAll("__n__", String(number));
    }
  }
  rows.append(made);
  rows.lastElementChild?.dispatchEvent(new CustomEvent("rowadded", { bubbles: true }));
  rows.lastElementChild?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea")?.focus();
}

function remove(list: HTMLElement, rows: HTMLElement, row: HTMLElement): void {
  const near = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  const next = near?.querySelector<HTMLElement>("[data-remove]") ?? list.querySelector<HTMLElement>("[data-add]");
  next?.focus();
  rows.dispatchEvent(new Event("change", { bubbles: true }));
}

function move(row: HTMLElement, other: Element | null, where: "before" | "after", button: HTMLElement): void {
  if (!other) return;
  other[where](row);
  button.focus(); // moving an element takes its focus away
}

/** The first cannot go up, the last not down; a number shown in a row is its place. */
function mark(rows: HTMLElement): void {
  const all = [...rows.children];
  all.forEach((row, index) => {
    const up = row.querySelector<HTMLButtonElement>("[data-up]");
    const down = row.querySelector<HTMLButtonElement>("[data-down]");
    if (up) up.disabled = index === 0;
    if (down) down.disabled = index === all.length - 1;
    const place = row.querySelector("[data-place]");
    if (place) place.textContent = String(index + 1);
  });
}
