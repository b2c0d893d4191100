// Whole pages of the room that are not the room: waiting to be let in, and what stands there when it is over.
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { icon, type IconName } from "../icons";
import type { Failure, RoomPage } from "../room/model";
import { has, language, t } from "../words";
import { shared } from "./sheet";

const sheet = css`
  :host {
    display: grid;
    place-items: center;
    min-block-size: 100%;
    padding: var(--s6);
    overflow-y: auto;
    background: var(--paper);
  }
  main {
    display: grid;
    justify-items: center;
    gap: var(--s4);
    inline-size: min(100%, 520px);
    padding: var(--s10) var(--s6);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    text-align: center;
  }
  .mark {
    display: grid;
    place-items: center;
    inline-size: 64px;
    block-size: 64px;
    border-radius: 50%;
    background: var(--primary-soft);
    color: var(--primary);
  }
  .mark.accent {
    background: var(--accent-soft);
    color: var(--accent-ink);
  }
  .mark .icon {
    inline-size: 28px;
    block-size: 28px;
  }
  h1 {
    font-size: var(--text-xl);
    text-wrap: balance;
  }
  p {
    max-inline-size: 42ch;
    color: var(--ink-soft);
    text-wrap: pretty;
  }
  .office {
    font-size: var(--text-s);
    font-weight: 600;
  }
  .buttons {
    justify-content: center;
    margin-block-start: var(--s3);
  }
  .dots {
    display: flex;
    gap: 6px;
  }
  .dots i {
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: var(--primary);
    animation: wait 1500ms ease-in-out infinite;
  }
  .dots i:nth-child(2) {
    animation-delay: 200ms;
  }
  .dots i:nth-child(3) {
    animation-delay: 400ms;
  }
  @keyframes wait {
    0%,
    60%,
    100% {
      opacity: 0.25;
    }
    30% {
      opacity: 1;
    }
  }
`;

abstract class WholePage extends LitElement {
  static override styles = [...shared, sheet];
  @property({ attribute: false }) page!: RoomPage;
  readonly #anew = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    language.addEventListener("change", this.#anew);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    language.removeEventListener("change", this.#anew);
  }
}

@customElement("balai-waiting")
export class BalaiWaiting extends WholePage {
  @property({ attribute: false }) told = ""; // what chair or secretary last said to those who wait

  protected override render(): TemplateResult {
    return html`<main aria-live="polite">
      <span class="office muted">${this.page.office.name}</span>
      <span class="mark">${icon("door-open")}</span>
      <h1>${t("room.waiting.title")}</h1>
      <p>${t("room.waiting.text", { title: this.page.title })}</p>
      ${this.told ? html`<p class="told"><strong>${t("room.waiting.told")}</strong><br />${this.told}</p>` : nothing}
      <span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>
      <div class="buttons"><button class="button secondary" type="button" @click=${() => this.dispatchEvent(new Event("leave"))}>${t("room.waiting.stop")}</button></div>
    </main>`;
  }
}

const LOOK: Readonly<Record<string, IconName>> = { closed: "circle-check", removed: "user-x", refused: "user-x", replaced: "panel-right", left: "log-out" };
const AGAIN: ReadonlySet<string> = new Set(["left", "replaced"]); // where coming back makes sense

@customElement("balai-over")
export class BalaiOver extends WholePage {
  @property({ attribute: false }) failure: Failure | null = null; // null: left by oneself

  protected override render(): TemplateResult {
    const code = this.failure?.code ?? "left";
    const known = has(`room.over.${code}.title`) ? code : "other";
    const calm = code === "closed" || code === "left";
    return html`<main aria-live="polite">
      <span class="office muted">${this.page.office.name}</span>
      <span class="mark ${calm ? "" : "accent"}">${icon(LOOK[code] ?? "circle-alert")}</span>
      <h1>${t(`room.over.${known}.title`)}</h1>
      <p>${known === "other" && this.failure?.text ? this.failure.text : t(`room.over.${known}.text`, { title: this.page.title })}</p>
      <div class="buttons">
        ${AGAIN.has(code) || known === "other" ? html`<button class="button ${calm ? "secondary" : ""}" type="button" @click=${() => this.dispatchEvent(new Event("again"))}>${t("room.over.again")}</button>` : nothing}
        <a class="button ${AGAIN.has(code) && !calm ? "secondary" : ""}" href=${this.page.leaveUrl}>${t("room.over.page")}</a>
      </div>
    </main>`;
  }
}
