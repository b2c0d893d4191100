// The form for one decision, action item, statement, motion or objection. It keeps its words until the server has written them down.
import { html, LitElement, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { ActionLine, Decision, Method, Person, Statement } from "../room/model";
import { t } from "../words";
import { form } from "./form";
import { shared } from "./sheet";

export type Line = "decision" | "action" | Statement["what"];

export interface RecordEvent {
  readonly id: string;
  readonly again: boolean; // a correction of what stands
  readonly fields: Readonly<Record<string, string>>;
}

const METHODS: readonly Method[] = ["mufakat", "vote", "chair"];

@customElement("balai-record-form")
export class BalaiRecordForm extends LitElement {
  static override styles = [...shared, form];

  @property({ attribute: false }) kind: Line = "decision";
  @property({ attribute: false }) from: Decision | ActionLine | Statement | null = null;
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
      ${this.kind === "decision" ? this.#decision() : this.kind === "action" ? this.#action() : this.#statement()} ${this.why ? html`<p class="error" role="alert">${this.why}</p>` : nothing}
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
    return html`${this.#field("what", t("room.actions.what"), t("room.actions.what_hint"), from?.what ?? this.words)} ${this.#whoField(from?.who, "actions")}
      <div class="field">
        <label for="due">${t("room.actions.due")} <span class="optional">${t("common.optional")}</span></label>
        <input id="due" name="due" type="date" class="narrow" .value=${from?.due ?? ""} />
      </div>`;
  }

  #statement(): TemplateResult {
    const from = this.from as Statement | null;
    return html`${this.#whoField(from?.who, "statements")} ${this.#field("text", t("room.statements.text"), t(`room.${this.kind}s.text_hint`), from?.text ?? this.words)}`;
  }

  #whoField(standing: string | undefined, words: "actions" | "statements"): TemplateResult {
    const who = this.people.find((person) => person.personId === standing)?.name ?? standing ?? "";
    const missing = this.missing.has("who");
    return html`<div class="field ${missing ? "invalid" : ""}">
      <label for="who">${t(`room.${words}.who`)}</label>
      ${missing ? html`<span class="error" id="who-error">${t(`room.${words}.who_missing`)}</span>` : nothing}
      <input id="who" name="who" list="people" autocomplete="off" maxlength="200" .value=${who} aria-invalid=${missing} aria-describedby=${missing ? "who-error" : nothing} />
      <datalist id="people">
        ${this.people.map((person) => html`<option value=${person.name}>${person.function}</option>`)}
      </datalist>
    </div>`;
  }

  #field(name: string, label: string, hint: string, value: string): TemplateResult {
    const missing = this.missing.has(name);
    return html`<div class="field ${missing ? "invalid" : ""}">
      <label for=${name}>${label}</label>
      <span class="hint" id="${name}-hint">${hint}</span>
      ${missing ? html`<span class="error" id="${name}-error">${t(`room.${this.#words}.${name}_missing`)}</span>` : nothing}
      <textarea class="input" id=${name} name=${name} maxlength="4000" rows="3" .value=${value} aria-invalid=${missing} aria-describedby="${name}-hint ${missing ? `${name}-error` : ""}"></textarea>
    </div>`;
  }

  get #words(): "decisions" | "actions" | "statements" {
    return this.kind === "decision" ? "decisions" : this.kind === "action" ? "actions" : "statements";
  }

  readonly #submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const data = new FormData(this.form);
    const say = (name: string): string => String(data.get(name) ?? "").trim();
    const needed = { decisions: ["text"], actions: ["what", "who"], statements: ["who", "text"] }[this.#words];
    this.missing = new Set(needed.filter((name) => !say(name)));
    if (this.missing.size) {
      await this.updateComplete;
      this.form.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
      return;
    }
    const who = this.people.find((person) => person.name === say("who"))?.personId ?? say("who");
    const fields: Record<string, string> = {
      decisions: { text: say("text"), method: say("method") },
      actions: { what: say("what"), who, due: say("due") },
      statements: { who, text: say("text") },
    }[this.#words];
    const own = this.from && idOf(this.from);
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

function idOf(from: Decision | ActionLine | Statement): string {
  return "decisionId" in from ? from.decisionId : "actionId" in from ? from.actionId : from.statementId;
}
