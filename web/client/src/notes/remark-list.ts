// What was remarked of one item's notes and is not answered: cards below the text, for who made them and who answers.
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { icon } from "../icons";
import { shared } from "../elements/sheet";
import type { Remark } from "../room/model";
import { language, t } from "../words";

/** What somebody did with one: `accept` asks that the words be taken over first. */
export interface RemarkAct {
  readonly remark: Remark;
  readonly act: "accept" | "refuse" | "withdraw";
}

@customElement("balai-remarks")
export class BalaiRemarks extends LitElement {
  static override styles = [
    ...shared,
    css`
      ul {
        display: grid;
        gap: var(--s2);
        margin-block: var(--s2);
      }
      li {
        padding: var(--s3);
        border: 1px solid var(--line);
        border-inline-start: 3px solid var(--accent);
        border-radius: var(--radius);
        font-size: var(--text-s);
        overflow-wrap: anywhere;
      }
      .who {
        color: var(--ink-soft);
      }
      .what {
        margin-block: var(--s1);
        white-space: pre-wrap;
      }
      q {
        color: var(--ink-soft);
        quotes: none;
      }
      del {
        color: var(--danger-ink);
      }
      ins {
        color: var(--positive-ink);
        text-decoration: underline;
        text-underline-offset: 2px;
      }
      .buttons {
        margin-block-start: var(--s2);
      }
    `,
  ];

  @property({ attribute: false }) remarks: readonly Remark[] = [];
  @property({ attribute: false }) names: (personId: string) => string = (personId) => personId;
  @property() me = "";
  @property({ type: Boolean }) answers = false;
  /** Ids of suggestions whose passage reads otherwise by now. */
  @property({ attribute: false }) changed: ReadonlySet<string> = new Set();

  readonly #anew = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    language.addEventListener("change", this.#anew);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    language.removeEventListener("change", this.#anew);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.remarks.length) return nothing;
    return html`<ul aria-label=${t("room.remarks")}>
      ${this.remarks.map((remark) => this.#card(remark))}
    </ul>`;
  }

  #card(remark: Remark): TemplateResult {
    const changed = this.changed.has(remark.remarkId);
    const mine = remark.personId === this.me;
    const who = this.names(remark.personId);
    return html`<li>
      <p class="who">${t(`room.remarks.${remark.what}`, { who })}</p>
      <p class="what">${remark.what === "comment" ? html`<q>${remark.quoted}</q><br />${remark.text}` : html`<del>${remark.quoted}</del> ${remark.text ? html`<ins>${remark.text}</ins>` : nothing}`}</p>
      ${changed ? html`<p class="who">${t("room.remarks.changed")}</p>` : nothing}
      ${this.answers || mine
        ? html`<div class="buttons">
            ${this.answers
              ? html`${changed ? nothing : this.#button(remark, "accept", remark.what === "comment" ? "done" : "accept", who)} ${remark.what === "comment" ? nothing : this.#button(remark, "refuse", "refuse", who)}`
              : nothing}
            ${mine ? this.#button(remark, "withdraw", "withdraw", who) : nothing}
          </div>`
        : nothing}
    </li>`;
  }

  #button(remark: Remark, act: RemarkAct["act"], name: string, who: string): TemplateResult {
    return html`<button
      class="button small ${act === "accept" ? "secondary" : "quiet"}"
      type="button"
      aria-label=${t(`room.remarks.${name}_of`, { who })}
      @click=${() => this.dispatchEvent(new CustomEvent<RemarkAct>("answer", { detail: { remark, act } }))}
    >
      ${icon(act === "accept" ? "check" : act === "refuse" ? "x" : "undo-2")}${t(`room.remarks.${name}`)}
    </button>`;
  }
}
