// The form for one decision or one action item. It keeps its words until the server has written them down.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { ActionLine, Decision, Method, Person } from "../room/model";
import { t } from "../words";
import { form } from "./form";
import { shared } from "./sheet";

export interface RecordEvent {
  readonly id: string;
  readonly again: boolean; // a correction of what stands
  readonly fields: Readonly<Record<string, string>>;
}

const METHODS: readonly Method[] = ["mufakat", "vote", "chair"];

@customElement("balai-record-form")
export class BalaiRecordForm extends LitElement {
  static override styles = [...shared, form];

  @property({ attribute: false }) kind: "decision" | "action" = "decision";
  @property({ attribute: false }) from: Decision | ActionLine | null = null;
  /** What a new one begins with: the paragraph that it is made of. */
  @property({ attribute: false }) words = "";
  @property({ attribute: false }) people: readonly Person[] = [];
  @property({ attribute: false }) done!: (record: RecordEvent) => Promise<string>;
  @state() private missing: ReadonlySet<string> = new Set();
  @state() private busy = false;
  @state() private why = "";
  @query("form") private form!: HTMLFormElement;
  readonly #id = crypto.randomUUID(); // made once: recording it twice is recording it once

  protected override firstUpdated(): void {
    this.form.querySelector("textarea")?.focus();
  }

  protected override render(): TemplateResult {
    return html`<form novalidate @submit=${this.#submit} @keydown=${this.#key}>
      ${this.kind === "decision" ? this.#decision() : this.#action()} ${this.why ? html`<p class="error" role="alert">${this.why}</p>` : nothing}
      <div class="buttons">
        <button class="button small" type="submit" ?disabled=${this.busy}>${t(this.from ? "common.save" : `room.${this.kind}s.record`)}</button>
        <button class="button quiet small" type="button" @click=${this.#cancel}>${t("common.cancel")}</button>
      </div>
    </form>`;
  }

  #decision(): TemplateResult {
    const from = this.from as Decision | null;
    return html`${this.#field("text", t("room.decisions.text"), t("room.decisions.text_hint"), from?.text ?? this.words)}
      <fieldset class="field">
        <legend>${t("room.decisions.method")}</legend>
        ${METHODS.map(
          (method) => html`<label class="choice"><input type="radio" name="method" value=${method} ?checked=${method === (from?.method ?? "mufakat")} /><span>${t(`common.method.${method}`)}</span></label>`,
        )}
      </fieldset>`;
  }

  #action(): TemplateResult {
    const from = this.from as ActionLine | null;
    const who = this.people.find((person) => person.personId === from?.who)?.name ?? from?.who ?? "";
    return html`${this.#field("what", t("room.actions.what"), t("room.actions.what_hint"), from?.what ?? this.words)}
      <div class="field ${this.missing.has("who") ? "invalid" : ""}">
        <label for="who">${t("room.actions.who")}</label>
        ${this.missing.has("who") ? html`<span class="error" id="who-error">${t("room.actions.who_missing")}</span>` : nothing}
        <input id="who" name="who" list="people" autocomplete="off" maxlength="200" .value=${who} aria-invalid=${this.missing.has("who")} aria-describedby=${this.missing.has("who") ? "who-error" : nothing} />
        <datalist id="people">
          ${this.people.map((person) => html`<option value=${person.name}>${person.function}</option>`)}
        </datalist>
      </div>
      <div class="field">
        <label for="due">${t("room.actions.due")} <span class="optional">${t("common.optional")}</span></label>
        <input id="due" name="due" type="date" class="narrow" .value=${from?.due ?? ""} />
      </div>`;
  }

  #field(name: string, label: string, hint: string, value: string): TemplateResult {
    const missing = this.missing.has(name);
    return html`<div class="field ${missing ? "invalid" : ""}">
      <label for=${name}>${label}</label>
      <span class="hint" id="${name}-hint">${hint}</span>
      ${missing ? html`<span class="error" id="${name}-error">${t(`room.${this.kind}s.${name}_missing`)}</span>` : nothing}
      <textarea class="input" id=${name} name=${name} maxlength="4000" rows="3" .value=${value} aria-invalid=${missing} aria-describedby="${name}-hint ${missing ? `${name}-error` : ""}"></textarea>
    </div>`;
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const data = new FormData(this.form);
    const say = (name: string): string => String(data.get(name) ?? "").trim();
    const needed = this.kind === "decision" ? ["text"] : ["what", "who"];
    this.missing = new Set(needed.filter((name) => !say(name)));
    if (this.missing.size) {
      await this.updateComplete;
      this.form.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
      return;
    }
    const who = this.people.find((person) => person.name === say("who"))?.personId ?? say("who");
    const fields: Record<string, string> = this.kind === "decision" ? { text: say("text"), method: say("method") } : { what: say("what"), who, due: say("due") };
    const own = this.from && ("decisionId" in this.from ? this.from.decisionId : this.from.actionId);
    this.busy = true;
    this.why = await this.done({ id: own ?? this.#id, again: own !== null, fields });
    this.busy = false;
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.#cancel();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
  };

  readonly #cancel = (): void => {
    this.dispatchEvent(new Event("cancel"));
  };
}
