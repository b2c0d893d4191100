// A field that offers what fits while one types (WAI-ARIA combobox with a listbox): posts, people, groups. The field works
// without it: the server reads what was typed, and the reference only when it still belongs to it.

export interface Offer {
  ref: string;
  label: string;
  about: string;
  vacant: boolean;
}

const WAIT_MS = 120;
let numbers = 0;

export function comboboxes(root: ParentNode): void {
  for (const input of root.querySelectorAll<HTMLInputElement>("input[data-combobox]")) combobox(input);
}

export function combobox(input: HTMLInputElement): void {
  if (input.getAttribute("role") === "combobox") return;
  const list = document.createElement("ul");
  const said = document.createElement("p");
  list.id = `offers-${++numbers}`;
  list.className = "offers";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels?.[0]?.textContent?.trim() ?? "");
  list.hidden = true;
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  for (const [name, value] of Object.entries({
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) {
    input.setAttribute(name, value);
  }
  input.removeAttribute("list");
  input.after(list, said);
  new Box(input, list, said);
}

class Box {
  private offers: Offer[] = [];
  private at = -1;
  private timer = 0;
  private asked = 0;

  constructor(
    private readonly input: HTMLInputElement,
    private readonly list: HTMLElement,
    private readonly said: HTMLElement,
  ) {
    input.addEventListener("input", () => {
      this.refer("");
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.ask(), WAIT_MS);
    });
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    list.addEventListener("click", (event) => {
      const option = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=option]") : null;
      if (option) this.choose(Number(option.dataset.place));
    });
  }

  private async ask(): Promise<void> {
    const typed = this.input.value.trim();
    const turn = ++this.asked;
    if (!typed) return this.close();
    const url = new URL(this.input.dataset.combobox ?? "", location.href);
    url.searchParams.set("q", typed);
    const day = document.querySelector<HTMLInputElement>(this.input.dataset.comboboxDay ?? "#none")?.value;
    if (day) url.searchParams.set("day", day);
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok || turn !== this.asked) return;
      this.offers = (await answer.json()) as Offer[];
    } catch {
      return; // the line is gone: what is typed still counts
    }
    if (turn === this.asked && document.activeElement === this.input) this.open();
  }

  private open(): void {
    this.at = -1;
    this.list.replaceChildren(...this.offers.map((offer, place) => this.option(offer, place)));
    this.list.hidden = this.offers.length === 0;
    this.said.textContent = this.offers.length ? "" : (this.input.dataset.comboboxNone ?? "");
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
    if (!this.list.hidden) this.list.scrollIntoView({ block: "nearest" });
    this.input.removeAttribute("aria-activedescendant");
  }

  private option(offer: Offer, place: number): HTMLElement {
    const option = document.createElement("li");
    option.id = `${this.list.id}-${place}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.place = String(place);
    option.dataset.kind = offer.ref.split(":")[0] ?? "";
    const label = document.createElement("span");
    label.textContent = offer.label;
    option.append(label);
    const about = [offer.vacant ? (this.input.dataset.comboboxVacant ?? "") : "", offer.about].filter(Boolean).join(" · ");
    if (about) {
      const small = document.createElement("small");
      small.textContent = about;
      option.append(small);
    }
    return option;
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (this.list.hidden) {
        if (event.key === "ArrowDown") void this.ask();
        return;
      }
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.offers.length;
      this.mark(this.at < 0 && step < 0 ? count - 1 : (this.at + step + count) % count);
    } else if (event.key === "Enter" && !this.list.hidden && this.at >= 0) {
      event.preventDefault();
      this.choose(this.at);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault();
      this.close();
    }
  }

  private mark(place: number): void {
    this.at = place;
    for (const option of this.list.children) {
      const chosen = Number((option as HTMLElement).dataset.place) === place;
      option.setAttribute("aria-selected", String(chosen));
      if (chosen) {
        option.scrollIntoView({ block: "nearest" });
        this.input.setAttribute("aria-activedescendant", option.id);
      }
    }
  }

  private choose(place: number): void {
    const offer = this.offers[place];
    if (!offer) return;
    this.input.value = offer.label;
    this.refer(offer.ref);
    this.close();
    this.input.dispatchEvent(new CustomEvent<Offer>("chosen", { bubbles: true, detail: offer }));
  }

  private refer(ref: string): void {
    const field = document.getElementById(this.input.dataset.comboboxRef ?? "");
    if (field instanceof HTMLInputElement && field.value !== ref) {
      field.value = ref;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  private close(): void {
    this.asked++;
    window.clearTimeout(this.timer);
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
