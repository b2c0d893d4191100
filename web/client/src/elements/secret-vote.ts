// One secret ballot of one member: choose, put it in, keep the receipt. Says plainly what stays secret, and from whom not.
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { icon } from "../icons";
import { ballotKey, type OwnBallot } from "../room/ballots";
import type { Choice, Motion } from "../room/deliberation";
import { grouped, t } from "../words";
import { nameOf, Piece } from "./face";
import { panel } from "./panel";
import { shared } from "./sheet";

const CHOICES: readonly Choice[] = ["yes", "no", "abstain"];

@customElement("balai-secret-vote")
export class BalaiSecretVote extends Piece {
  static override styles = [
    ...shared,
    panel,
    css`
      :host {
        display: grid;
        gap: var(--s3);
      }
      .choices {
        display: grid;
        gap: var(--s2);
      }
      .choices .button[aria-pressed="true"] {
        background: var(--primary-soft);
        box-shadow: inset 0 0 0 2px var(--primary);
      }
      .note,
      summary {
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
      summary {
        cursor: pointer;
      }
      details ul {
        display: grid;
        gap: var(--s2);
        margin-block-start: var(--s2);
        padding-inline-start: var(--s4);
        list-style: disc;
        font-size: var(--text-s);
      }
      .own {
        display: grid;
        gap: var(--s2);
        padding: var(--s3);
        border-radius: var(--radius);
        background: var(--sunken);
      }
      .own p:first-child {
        display: flex;
        align-items: center;
        gap: var(--s2);
        font-weight: 600;
      }
      .own .icon {
        color: var(--positive-ink);
      }
      .own.late .icon {
        color: var(--accent-ink);
      }
      code {
        font: 600 var(--text-l) / 1.4 ui-monospace, monospace;
        font-variant-numeric: tabular-nums;
        letter-spacing: 0.04em;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) motion!: Motion;
  @property({ attribute: false }) memberId = "";
  @state() private choice: Choice | "" = "";
  @state() private busy = false;

  protected override render(): TemplateResult {
    const { motion, memberId } = this;
    const own = this.state.ballots.get(ballotKey(motion.motionId, memberId));
    const mine = memberId === this.state.you?.personId;
    const name = mine ? t("room.votes.yours") : t("room.votes.for_member", { name: nameOf(this.meeting, memberId) });
    return html`${mine ? nothing : html`<p><strong>${name}</strong></p>`} ${own ? this.#own(own) : motion.voted.includes(memberId) ? html`<p class="note">${t("room.secret.taken")}</p>` : motion.phase === "vote" ? this.#choices(name) : nothing}
      ${this.#plainly()}`;
  }

  #choices(name: string): TemplateResult {
    return html`<div class="choices" role="group" aria-label=${name}>
        ${CHOICES.map((choice) => html`<button class="button secondary wide" type="button" aria-pressed=${this.choice === choice} ?disabled=${this.busy} @click=${() => (this.choice = choice)}>${this.choice === choice ? icon("check") : nothing}${t(`common.choice.${choice}`)}</button>`)}
      </div>
      <button class="button wide" type="button" ?disabled=${!this.choice || this.busy} @click=${this.#cast}>${icon("vote")}${t("room.secret.put_in")}</button>
      <p class="note">${t("room.secret.final")}</p>`;
  }

  readonly #cast = async (): Promise<void> => {
    if (!this.choice) return;
    this.busy = true;
    await this.face.act(this.face.client.castSecretly(this.motion, this.memberId, this.choice));
    this.busy = false;
    this.choice = "";
  };

  #own(own: OwnBallot): TemplateResult {
    const late = own.step === "late";
    const sign = own.step === "in" ? "circle-check" : late ? "triangle-alert" : "loader-circle";
    return html`<div class="own ${late ? "late" : ""}" role="status">
      <p>${icon(sign)}${t(`room.secret.step.${own.step}`)}</p>
      ${late ? nothing : html`<p class="note">${t("room.secret.receipt")}</p><code>${grouped(own.receipt)}</code><p class="note">${t("room.secret.receipt_hint")}</p>`}
    </div>`;
  }

  #plainly(): TemplateResult {
    return html`<details>
      <summary>${t("room.secret.plainly")}</summary>
      <ul>
        ${(["apart", "who", "network", "owner", "receipt"] as const).map((one) => html`<li>${t(`room.secret.plainly.${one}`)}</li>`)}
      </ul>
    </details>`;
  }
}
