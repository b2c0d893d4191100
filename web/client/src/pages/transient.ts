// What goes away by itself: flash messages after a while, menus when one points elsewhere.

export function dismissable(root: ParentNode): void {
  for (const notice of root.querySelectorAll<HTMLElement>("[data-dismiss-after]")) {
    const afterMs = Number(notice.dataset["dismissAfter"]);
    if (afterMs > 0) later(notice, afterMs);
  }
}

function later(notice: HTMLElement, afterMs: number): void {
  setTimeout(() => {
    if (notice.matches(":hover, :focus-within")) later(notice, afterMs); // somebody is reading it
    else notice.remove();
  }, afterMs);
}

export function menus(root: Document): void {
  const open = (): NodeListOf<HTMLDetailsElement> => root.querySelectorAll<HTMLDetailsElement>("details.menu[open]");
  root.addEventListener("pointerdown", (event) => {
    for (const menu of open()) if (!(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector<HTMLElement>("summary")?.focus();
    }
  });
}
