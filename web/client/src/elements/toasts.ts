// Short messages that go by themselves, and the one place from which a screen reader is told what happens.
import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../icons";
import { t } from "../words";
import { shared } from "./sheet";

export type ToastKind = "" | "accent" | "danger";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: ToastKind;
}

const STAYS_MS = 5_000;
const FAILURE_STAYS_MS = 12_000; // it says what to do: time to read it
const MOST = 3;

@customElement("balai-toasts")
export class BalaiToasts extends LitElement {
  static override styles = [
    ...shared,
    css`
      :host {
        display: grid;
        justify-items: center;
        gap: var(--s2);
        pointer-events: none;
      }
      .toast {
        display: flex;
        align-items: center;
        gap: var(--s3);
        max-inline-size: min(460px, 100%);
        padding: var(--s2) var(--s2) var(--s2) var(--s4);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
        box-shadow: var(--shadow);
        color: var(--ink);
        font-size: var(--text-s);
        pointer-events: auto;
        animation: come var(--calm) ease-out;
      }
      .toast.accent > .icon {
        color: var(--accent-ink);
      }
      .toast.danger {
        border-inline-start: 4px solid var(--danger);
      }
      .toast.danger > .icon {
        color: var(--danger-ink);
      }
      .toast button {
        display: grid;
        place-items: center;
        inline-size: 32px;
        block-size: 32px;
        padding: 0;
        border: 0;
        border-radius: 6px;
        background: none;
        color: var(--ink-soft);
        cursor: pointer;
      }
      .toast button .icon {
        inline-size: 16px;
        block-size: 16px;
      }
      .toast button:hover {
        background: var(--sunken);
      }
      @keyframes come {
        from {
          opacity: 0;
          transform: translateY(6px);
        }
      }
    `,
  ];

  @state() private toasts: readonly Toast[] = [];
  @state() private spoken = "";
  @state() private urgent = "";
  #made = 0;

  protected override willUpdate(): void {
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", t("room.settings.messages"));
  }

  /** Shown, and read aloud politely; a failure at once. */
  say(text: string, kind: ToastKind = ""): void {
    if (!text) return;
    const toast: Toast = { id: ++this.#made, text, kind };
    this.toasts = [...this.toasts.filter((one) => one.text !== text), toast].slice(-MOST);
    this.tell(text, kind === "danger");
    setTimeout(() => this.#drop(toast), kind === "danger" ? FAILURE_STAYS_MS : STAYS_MS);
  }

  /** Read aloud only. */
  tell(text: string, now = false): void {
    const again = (before: string): string => (before === text ? `${text}\u00a0` : text); // the same words are news again
    if (now) this.urgent = again(this.urgent);
    else this.spoken = again(this.spoken);
  }

  #drop(toast: Toast): void {
    this.toasts = this.toasts.filter((one) => one.id !== toast.id);
  }

  protected override render(): TemplateResult {
    return html`<div class="visually-hidden" aria-live="polite">${this.spoken}</div>
      <div class="visually-hidden" aria-live="assertive">${this.urgent}</div>
      ${repeat(
        this.toasts,
        (toast) => toast.id,
        (toast) => html`<div class="toast ${toast.kind}">
          ${icon(toast.kind === "danger" ? "triangle-alert" : toast.kind === "accent" ? "hand" : "info")}<span>${toast.text}</span>
          <button type="button" aria-label=${t("common.close")} @click=${() => this.#drop(toast)}>${icon("x")}</button>
        </div>`,
      )}`;
  }
}
