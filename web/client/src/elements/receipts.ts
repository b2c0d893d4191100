// The published box of a secret ballot: every receipt with its choice, one's own marked. Anybody may count it again.
import { css, html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { icon } from "../icons";
import type { Choice, Motion } from "../room/deliberation";
import { grouped, t } from "../words";
import { panel } from "./panel";
import { shared } from "./sheet";

const CHOICES: readonly Choice[] = ["yes", "no", "abstain"];

@customElement("balai-receipts")
export class BalaiReceipts extends LitElement {
  static override styles = [
    ...shared,
    panel,
    css`
      summary {
        cursor: pointer;
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
      .mine {
        display: flex;
        align-items: center;
        gap: var(--s2);
        font-size: var(--text-s);
      }
      .mine .icon {
        color: var(--positive-ink);
      }
      .mine.missing .icon {
        color: var(--danger-ink);
      }
      h4 {
        margin-block: var(--s3) var(--s1);
        font-size: var(--text-s);
      }
      ul {
        display: grid;
        gap: 2px;
      }
      code {
        font: var(--text-s) / 1.5 ui-monospace, monospace;
        overflow-wrap: anywhere;
      }
      .own code {
        padding-inline: var(--s1);
        border-radius: 4px;
        background: var(--accent-soft);
        color: var(--accent-ink);
        font-weight: 700;
      }
      .note {
        margin-block-start: var(--s2);
        color: var(--ink-soft);
        font-size: var(--text-xs);
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) motion!: Motion;
  @property({ attribute: false }) own: readonly string[] = [];

  protected override render(): TemplateResult {
    const { receipts, digest } = this.motion;
    return html`${this.own.map((receipt) => this.#mine(receipt))}
      <details>
        <summary>${t("room.secret.published", { count: receipts.length })}</summary>
        ${CHOICES.map((choice) => this.#list(choice))}
        <p class="note">${t("room.secret.digest", { digest: digest.slice(0, 16) })}</p>
      </details>`;
  }

  #mine(receipt: string): TemplateResult {
    const found = this.motion.receipts.find(([one]) => one === receipt);
    const text = found ? t("room.secret.found", { choice: t(`common.choice.${found[1]}`) }) : t("room.secret.not_found");
    return html`<p class="mine ${found ? "" : "missing"}">${icon(found ? "circle-check" : "triangle-alert")}<span>${text}</span></p>`;
  }

  #list(choice: Choice): TemplateResult | typeof nothing {
    const some = this.motion.receipts.filter(([, said]) => said === choice);
    if (!some.length) return nothing;
    return html`<h4>${t(`common.choice.${choice}`)}: <span class="num">${some.length}</span></h4>
      <ul>
        ${some.map(([receipt]) => html`<li class=${this.own.includes(receipt) ? "own" : ""}><code>${grouped(receipt)}</code></li>`)}
      </ul>`;
  }
}
