// The form with which chair or secretary put a question to the meeting: first as a call for consensus, or as a vote. It
// keeps its words until the server has written them down.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Motion } from "../room/deliberation";
import type { AgendaItem } from "../room/model";
import { t } from "../words";
import { form } from "./form";
import { shared } from "./sheet";

export interface MotionEvent {
  readonly command: "call_consensus" | "open_vote";
  readonly fields: Readonly<Record<string, unknown>>;
}

const SHARES = ["half.cast", "half.present", "half.members", "two_thirds.present", "two_thirds.members", "three_quarters.present", "three_quarters.members"] as const;
const SECONDS = [30, 60, 120, 300, 600] as const;
const BALLOTS = ["hands", "roll_call", "secret"] as const;

@customElement("balai-motion-form")
export class BalaiMotionForm extends LitElement {
  static override styles = [...shared, form];

  /** The motion that found objections: a vote on it, its words as they are. */
  @property({ attribute: false }) again: Motion | null = null;
  @property({ attribute: false }) items: readonly AgendaItem[] = [];
  @property({ attribute: false }) itemId = "";
  @property({ attribute: false }) share = "half.cast"; // offered first
  @property({ attribute: false }) done!: (motion: MotionEvent) => Promise<boolean>;
  @state() private kind: "consensus" | "vote" = "consensus";
  @state() private missing = false;
  @state() private busy = false;
  @query("form") private form!: HTMLFormElement;
  readonly #id = crypto.randomUUID(); // made once: asking twice is asking once

  protected override willUpdate(): void {
    if (this.again) this.kind = "vote";
  }

  protected override firstUpdated(): void {
    this.form.querySelector<HTMLElement>("textarea, input")?.focus();
  }

  protected override render(): TemplateResult {
    return html`<form novalidate @submit=${this.#submit} @keydown=${this.#key}>
      ${this.again ? html`<p><strong>${this.again.text}</strong></p>` : html`${this.#question()} ${this.#item()} ${this.#kind()}`}
      ${this.kind === "vote" ? this.#rules() : nothing} ${this.#time()}
      <div class="buttons">
        <button class="button small" type="submit" ?disabled=${this.busy}>${t(this.kind === "vote" ? "room.votes.open_vote" : "room.votes.call_consensus")}</button>
        <button class="button quiet small" type="button" @click=${this.#cancel}>${t("common.cancel")}</button>
      </div>
    </form>`;
  }

  #question(): TemplateResult {
    return html`<div class="field ${this.missing ? "invalid" : ""}">
      <label for="text">${t("room.votes.text")}</label>
      <span class="hint" id="text-hint">${t("room.votes.text_hint")}</span>
      ${this.missing ? html`<span class="error" id="text-error">${t("room.votes.text_missing")}</span>` : nothing}
      <textarea class="input" id="text" name="text" maxlength="4000" rows="3" aria-invalid=${this.missing} aria-describedby="text-hint ${this.missing ? "text-error" : ""}"></textarea>
    </div>`;
  }

  #item(): TemplateResult {
    return html`<div class="field">
      <label for="item">${t("room.notes.item")}</label>
      <select id="item" name="item" class="input">
        <option value="">${t("room.votes.no_item")}</option>
        ${this.items.map((item, index) => html`<option value=${item.itemId} ?selected=${item.itemId === this.itemId}>${index + 1}. ${item.title}</option>`)}
      </select>
    </div>`;
  }

  #kind(): TemplateResult {
    const kinds = ["consensus", "vote"] as const;
    return html`<fieldset class="field">
      <legend>${t("room.votes.kind")}</legend>
      ${kinds.map(
        (kind) => html`<label class="choice"
          ><input type="radio" name="kind" value=${kind} .checked=${this.kind === kind} @change=${() => (this.kind = kind)} /><span>${t(`room.votes.kind.${kind}`)}<span class="hint">${t(`room.votes.kind.${kind}_hint`)}</span></span></label
        >`,
      )}
    </fieldset>`;
  }

  #rules(): TemplateResult {
    return html`<fieldset class="field">
        <legend>${t("room.votes.ballot")}</legend>
        ${BALLOTS.map((ballot, index) => html`<label class="choice"><input type="radio" name="ballot" value=${ballot} ?checked=${!index} /><span>${t(`room.votes.ballot.${ballot}`)}</span></label>`)}
      </fieldset>
      <div class="field">
        <label for="share">${t("room.votes.share")}</label>
        <select id="share" name="share" class="input">
          ${SHARES.map((share) => html`<option value=${share} ?selected=${share === this.share}>${t(`room.votes.share.${share}`)}</option>`)}
        </select>
      </div>
      <label class="choice"><input type="checkbox" name="tie" value="chair" /><span>${t("room.votes.tie_chair")}</span></label>`;
  }

  #time(): TemplateResult {
    return html`<div class="field">
      <label for="seconds">${t("room.votes.seconds")}</label>
      <select id="seconds" name="seconds" class="input">
        ${SECONDS.map((seconds) => html`<option value=${seconds} ?selected=${seconds === 60}>${t(seconds < 60 ? "room.votes.for_seconds" : "room.votes.for_minutes", { count: seconds < 60 ? seconds : seconds / 60 })}</option>`)}
      </select>
    </div>`;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const data = new FormData(this.form);
    const say = (name: string): string => String(data.get(name) ?? "").trim();
    const text = this.again?.text ?? say("text");
    this.missing = !text;
    if (this.missing) {
      await this.updateComplete;
      this.form.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
      return;
    }
    const common = { motion_id: this.again?.motionId ?? this.#id, item_id: this.again?.itemId ?? say("item"), text, seconds: Number(say("seconds")) };
    const [share, of] = say("share").split(".");
    const rules = { ballot: say("ballot"), share, of, tie: say("tie") || "rejected" };
    this.busy = true;
    const motion: MotionEvent = this.kind === "vote" ? { command: "open_vote", fields: { ...common, ...rules } } : { command: "call_consensus", fields: common };
    if (!(await this.done(motion))) this.busy = false;
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.#cancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
  };

  readonly #cancel = (): void => {
    this.dispatchEvent(new Event("cancel"));
  };
}
