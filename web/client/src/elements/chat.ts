// The Chat panel: what was said, and a field to say something. What could not be sent stays here with its words.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../icons";
import type { ChatLine } from "../room/model";
import { clock, t } from "../words";
import { isFailure, nameOf, Piece } from "./face";
import { panel } from "./panel";
import { shared } from "./sheet";

interface Unsent {
  readonly id: number;
  readonly text: string;
  readonly why: string;
}

const LONGEST = 2000; // characters; the server refuses more
const TOGETHER_MS = 180_000; // lines of one person within this time stand under one name
const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)])/;

@customElement("balai-chat")
export class BalaiChat extends Piece {
  static override styles = [
    ...shared,
    panel,
    css`
      .said {
        padding: var(--s3) var(--s4);
      }
      .said > li {
        padding-block: 2px;
      }
      .said > li.first {
        padding-block-start: var(--s3);
      }
      .by {
        display: flex;
        align-items: baseline;
        gap: var(--s2);
        font-size: var(--text-s);
      }
      .by strong {
        font-weight: 600;
      }
      .by time {
        color: var(--ink-soft);
        font-size: var(--text-xs);
      }
      .text {
        overflow-wrap: anywhere;
        white-space: pre-wrap;
        line-height: 1.45;
      }
      .own .by strong {
        color: var(--primary);
      }
      .pending .text {
        color: var(--ink-soft);
      }
      .note {
        display: inline-flex;
        align-items: center;
        gap: var(--s1);
        color: var(--ink-soft);
        font-size: var(--text-xs);
      }
      .note .icon {
        inline-size: 14px;
        block-size: 14px;
      }
      .failed {
        margin-block: var(--s2);
        padding: var(--s3);
        border-inline-start: 4px solid var(--danger);
        border-radius: var(--radius);
        background: var(--danger-soft);
      }
      .failed .buttons {
        gap: var(--s1);
        margin-block-start: var(--s2);
      }
      form {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        align-items: end;
        gap: var(--s2);
        padding: var(--s3) var(--s4) var(--s4);
        border-block-start: 1px solid var(--line);
      }
      form textarea.input {
        min-block-size: var(--control);
        max-block-size: 9.5em;
        field-sizing: content;
        resize: none;
      }
      form .hint {
        grid-column: 1 / -1;
        font-size: var(--text-xs);
      }
      .anew {
        position: sticky;
        inset-block-end: var(--s2);
        display: grid;
        justify-items: center;
      }
      .anew .button {
        box-shadow: var(--shadow);
      }
    `,
  ];

  @state() private text = "";
  @state() private unsent: readonly Unsent[] = [];
  @state() private below = false; // there is something new under what is in view
  @query(".scroll") private scroller!: HTMLElement;
  #made = 0;
  #lines = 0;
  #atEnd = true;

  protected override willUpdate(): void {
    const { scroller } = this;
    if (scroller) this.#atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const lines = this.meeting.chat.length + this.unsent.length;
    if (lines === this.#lines) return;
    const mine = this.meeting.chat.at(-1)?.personId === this.state.you?.personId;
    if (this.#atEnd || mine || !this.#lines) this.#toEnd();
    else this.below = true;
    this.#lines = lines;
  }

  protected override render(): TemplateResult {
    const { chat } = this.meeting;
    return html`
      <div class="scroll" tabindex="0" role="log" aria-live="off" aria-label=${t("room.tab.chat")} @scroll=${this.#scrolled}>
        ${chat.length || this.unsent.length
          ? html`<ul class="said">
              ${repeat(chat, (line) => line.chatId, (line, index) => this.#line(line, chat[index - 1]))} ${repeat(this.unsent, (one) => one.id, (one) => this.#failed(one))}
            </ul>`
          : html`<div class="empty">${icon("message-square")}<h3>${t("room.chat.empty")}</h3><p>${t("room.chat.empty_hint")}</p></div>`}
        ${this.below ? html`<div class="anew"><button class="button small" type="button" @click=${this.#toEnd}>${icon("chevron-down")}${t("room.chat.new_below")}</button></div>` : nothing}
      </div>
      <form @submit=${this.#submit}>
        <textarea
          class="input"
          rows="1"
          maxlength=${LONGEST}
          aria-label=${t("room.chat.write")}
          placeholder=${t("room.chat.write")}
          .value=${this.text}
          @input=${(event: InputEvent) => {
            this.text = (event.target as HTMLTextAreaElement).value;
          }}
          @keydown=${this.#key}
        ></textarea>
        <button class="button square" type="submit" aria-label=${t("room.chat.send")} title=${t("room.chat.send")}>${icon("send")}</button>
        ${this.face.phone ? nothing : html`<span class="hint">${t("room.chat.hint")}</span>`}
      </form>
    `;
  }

  #line(line: ChatLine, before: ChatLine | undefined): TemplateResult {
    const own = line.personId === this.state.you?.personId;
    const first = !before || before.personId !== line.personId || line.atMs - before.atMs > TOGETHER_MS;
    return html`<li class="${first ? "first" : ""} ${own ? "own" : ""} ${line.pending ? "pending" : ""}">
      ${first
        ? html`<p class="by"><strong>${own ? t("room.you") : nameOf(this.meeting, line.personId)}</strong><time datetime=${new Date(line.atMs).toISOString()}>${clock(line.atMs, this.meeting.zone)}</time></p>`
        : nothing}
      <p class="text">${withLinks(line.text)}</p>
      ${line.pending ? html`<span class="note">${icon("clock")}${t("room.chat.pending")}</span>` : nothing}
    </li>`;
  }

  #failed(one: Unsent): TemplateResult {
    return html`<li class="failed"><div role="alert">
      <p class="text">${one.text}</p>
      <p class="error">${t("room.chat.failed")} ${one.why}</p></div>
      <div class="buttons">
        <button class="button small" type="button" @click=${() => this.#again(one)}>${icon("rotate-cw")}${t("room.chat.retry")}</button>
        <button class="button quiet small" type="button" @click=${() => this.#drop(one)}>${t("room.chat.discard")}</button>
      </div>
    </li>`;
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const text = this.text.trim();
    if (!text) return;
    this.text = "";
    void this.#say(text);
  };

  async #say(text: string): Promise<void> {
    try {
      await this.face.client.say(text);
    } catch (failure) {
      const why = isFailure(failure) ? failure.text : "";
      this.unsent = [...this.unsent, { id: ++this.#made, text, why }];
    }
  }

  #again(one: Unsent): void {
    this.#drop(one);
    void this.#say(one.text);
  }

  #drop(one: Unsent): void {
    this.unsent = this.unsent.filter((other) => other !== one);
  }

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.#submit(event);
  };

  readonly #scrolled = (): void => {
    const { scroller } = this;
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60) this.below = false;
  };

  readonly #toEnd = (): void => {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.below = false;
  };
}

/** Addresses in a text become links; nothing else of it is anything but text. */
function withLinks(text: string): (string | TemplateResult)[] {
  return text.split(LINK).map((part, index) => (index % 2 ? html`<a href=${part} target="_blank" rel="noopener noreferrer">${part}</a>` : part));
}
