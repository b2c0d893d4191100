// The Notes panel: for chair and secretary a field per agenda item that saves itself, and forms for decisions and action
// items; for the others the record as it grows.
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { icon } from "../icons";
import type { ActionLine, AgendaItem, Decision } from "../room/model";
import { dueDay, t } from "../words";
import { draftOf, failed, heard, isDue, saved, sending, settle, typed, type Draft } from "./drafts";
import { keepDraft, keptDraft } from "./kept";
import { isFailure, nameOf, Piece, presentPeople } from "./face";
import { panel } from "./panel";
import "./record-form";
import type { RecordEvent } from "./record-form";
import { shared } from "./sheet";

const SAVE_AFTER_MS = 1200; // without a key

type Form = { readonly kind: "decision" | "action"; readonly id: string } | null;

@customElement("balai-notes")
export class BalaiNotes extends Piece {
  static override styles = [
    ...shared,
    panel,
    css`
      .pick {
        padding: var(--s3) var(--s4);
        border-block-end: 1px solid var(--line);
      }
      .pick .field {
        gap: 2px;
      }
      .writing textarea.input {
        min-block-size: 11em;
        max-block-size: 40vh;
        field-sizing: content;
        line-height: 1.55;
      }
      .saving {
        display: flex;
        align-items: center;
        gap: 6px;
        min-block-size: 28px;
        color: var(--ink-soft);
        font-size: 13px;
      }
      .saving .icon {
        inline-size: 15px;
        block-size: 15px;
      }
      .saving.failed {
        color: var(--danger-ink);
        font-weight: 550;
      }
      .theirs {
        margin-block: var(--s2) var(--s3);
        padding: var(--s3);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--sunken);
        overflow-wrap: anywhere;
        white-space: pre-wrap;
        font-size: var(--text-s);
      }
      .conflict {
        margin-block-start: var(--s3);
        padding: var(--s3) var(--s4) var(--s4);
        border-inline-start: 4px solid var(--accent);
        border-radius: var(--radius);
        background: var(--accent-soft);
      }
      .conflict .buttons {
        gap: var(--s2);
      }
      .entry {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 2px var(--s2);
        padding-block: var(--s3);
      }
      .entry + .entry {
        border-block-start: 1px solid var(--line);
      }
      .entry .what {
        overflow-wrap: anywhere;
        white-space: pre-wrap;
        line-height: 1.45;
      }
      .entry .sub {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--s1) var(--s2);
        color: var(--ink-soft);
        font-size: 13px;
      }
      .entry .acts {
        display: flex;
        align-items: start;
      }
      .withdrawn .what {
        color: var(--ink-soft);
        text-decoration: line-through;
      }
      .add {
        margin-block: var(--s1) var(--s2);
      }
      .text {
        overflow-wrap: anywhere;
        white-space: pre-wrap;
        line-height: 1.55;
      }
      .current {
        border-inline-start: 4px solid var(--accent);
      }
      section h3.item {
        color: var(--ink);
        font-size: var(--text-m);
      }
      h4 {
        margin-block: var(--s3) var(--s1);
        color: var(--ink-soft);
        font-size: 13px;
        font-weight: 600;
      }
    `,
  ];

  @state() private picked = ""; // "" : follow the current item
  @state() private drafts: ReadonlyMap<string, Draft> = new Map();
  @state() private form: Form = null;
  #wasOpen = false; // when the line is back, what it kept from being saved is saved
  #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** What a reload of the page interrupted is typed again, and saved. */
  protected override firstUpdated(): void {
    if (!this.leads) return;
    for (const { itemId } of this.meeting.items) {
      const text = keptDraft(this.meeting.meetingId, itemId);
      if (text !== null && text !== this.#draft(itemId).text) this.#typed(itemId, text);
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const [itemId, timer] of this.#timers) {
      clearTimeout(timer);
      void this.#save(itemId); // the panel was closed: what was typed is saved now
    }
    this.#timers.clear();
  }

  protected override willUpdate(): void {
    let changed = false;
    const drafts = new Map(this.drafts);
    for (const [itemId, draft] of drafts) {
      const next = heard(draft, this.meeting.notes.get(itemId));
      if (next === draft) continue;
      drafts.set(itemId, next);
      changed = true;
      if (next.saving === "dirty" && !this.#timers.has(itemId)) this.#later(itemId);
    }
    const open = this.state.connection === "open";
    if (open && !this.#wasOpen) for (const [itemId, draft] of drafts) if (draft.saving === "failed") this.#later(itemId);
    this.#wasOpen = open;
    if (changed) this.drafts = drafts;
  }

  protected override render(): TemplateResult {
    return this.leads ? this.#writing() : this.#reading();
  }

  // ---------------------------------------------------------------- writing

  get #itemId(): string {
    const { items, currentItemId } = this.meeting;
    return this.picked || currentItemId || items[0]?.itemId || "";
  }

  #writing(): TemplateResult {
    const { meeting } = this;
    const itemId = this.#itemId;
    if (!itemId) return html`<div class="empty">${icon("notebook-pen")}<h3>${t("room.notes.no_items")}</h3><p>${t("room.agenda.empty_hint")}</p></div>`;
    const label = (item: AgendaItem, index: number): string => {
      const title = `${index + 1}. ${item.title}`;
      return item.itemId === meeting.currentItemId ? t("room.notes.current", { title }) : title;
    };
    return html`
      <div class="pick">
        <div class="field">
          <label for="item" class="small">${t("room.notes.item")}</label>
          <select id="item" @change=${(event: Event) => this.#pick((event.target as HTMLSelectElement).value)}>
            ${meeting.items.map((item, index) => html`<option value=${item.itemId} ?selected=${item.itemId === itemId} .selected=${item.itemId === itemId}>${label(item, index)}</option>`)}
          </select>
        </div>
      </div>
      <div class="scroll">
        <section class="writing">${this.#field(itemId)}</section>
        <section>${this.#decisions(itemId)}</section>
        <section>${this.#actions(itemId)}</section>
      </div>
    `;
  }

  #pick(itemId: string): void {
    this.picked = itemId === this.meeting.currentItemId ? "" : itemId;
    this.form = null;
  }

  #field(itemId: string): TemplateResult {
    const draft = this.#draft(itemId);
    return html`<div class="field">
        <label for="notes">${t("room.notes.label")}</label>
        <textarea
          id="notes"
          class="input"
          aria-describedby="saving"
          placeholder=${t("room.notes.placeholder")}
          .value=${draft.text}
          @input=${(event: InputEvent) => this.#typed(itemId, (event.target as HTMLTextAreaElement).value)}
          @blur=${() => void this.#save(itemId)}
        ></textarea>
      </div>
      ${draft.saving === "conflict" ? this.#conflict(itemId, draft) : this.#standing(draft)}`;
  }

  #standing(draft: Draft): TemplateResult {
    const key = draft.saving === "clean" ? (draft.base ? "saved" : "fresh") : draft.saving;
    const look = draft.saving === "failed" ? "triangle-alert" : draft.saving === "clean" ? "check" : "loader-circle";
    return html`<p id="saving" class="saving ${draft.saving === "failed" ? "failed" : ""}" role="status">
      ${draft.base || draft.saving !== "clean" ? icon(look) : nothing}<span>${t(`room.notes.${key}`)} ${draft.why}</span>
      ${draft.saving === "failed" ? html`<button class="button quiet small" type="button" @click=${() => void this.#save(draft.itemId)}>${t("room.notes.retry")}</button>` : nothing}
    </p>`;
  }

  #conflict(itemId: string, draft: Draft): TemplateResult {
    const end = (choice: "own" | "theirs" | "both"): void => {
      this.#set(settle(draft, choice));
      void this.#save(itemId);
    };
    return html`<div class="conflict" role="alert">
      <p id="saving"><strong>${t("room.notes.conflict")}</strong></p>
      <p class="small">${t("room.notes.conflict_hint")}</p>
      <p class="theirs">${draft.theirs || t("room.notes.conflict_empty")}</p>
      <div class="buttons">
        <button class="button small" type="button" @click=${() => end("both")}>${t("room.notes.keep_both")}</button>
        <button class="button secondary small" type="button" @click=${() => end("own")}>${t("room.notes.keep_own")}</button>
        <button class="button secondary small" type="button" @click=${() => end("theirs")}>${t("room.notes.keep_theirs")}</button>
      </div>
    </div>`;
  }

  #draft(itemId: string): Draft {
    return this.drafts.get(itemId) ?? draftOf(itemId, this.meeting.notes.get(itemId));
  }

  #set(draft: Draft): void {
    this.drafts = new Map(this.drafts).set(draft.itemId, draft);
    keepDraft(this.meeting.meetingId, draft);
  }

  #typed(itemId: string, text: string): void {
    this.#set(typed(this.#draft(itemId), text));
    this.#later(itemId);
  }

  #later(itemId: string): void {
    clearTimeout(this.#timers.get(itemId));
    this.#timers.set(itemId, setTimeout(() => void this.#save(itemId), SAVE_AFTER_MS));
  }

  async #save(itemId: string): Promise<void> {
    clearTimeout(this.#timers.get(itemId));
    this.#timers.delete(itemId);
    const draft = this.#draft(itemId);
    if (!isDue(draft)) return;
    this.#set(sending(draft));
    try {
      await this.face.client.command("write_notes", { item_id: itemId, version: draft.base, text: draft.text });
      this.#set(saved(this.#draft(itemId)));
    } catch (failure) {
      // "notes.changed": the other text is on its way as a fact, and then stands beside this one.
      this.#set(failed(this.#draft(itemId), isFailure(failure) ? failure.text : ""));
    }
    if (this.#draft(itemId).saving === "dirty") this.#later(itemId);
  }

  // ---------------------------------------------------------------- decisions and action items

  #decisions(itemId: string): TemplateResult {
    const decisions = this.meeting.decisions.filter((decision) => decision.itemId === itemId);
    return html`<h3>${icon("gavel")}${t("room.decisions")}</h3>
      <ul>${decisions.map((decision) => this.#decision(decision, true))}</ul>
      ${this.form?.kind === "decision" && !this.form.id
        ? this.#openForm("decision", itemId)
        : html`<button class="button secondary small add" type="button" @click=${() => this.#show("decision", "")}>${icon("plus")}${t("room.decisions.add")}</button>`}`;
  }

  #actions(itemId: string): TemplateResult {
    const actions = this.meeting.actions.filter((action) => action.itemId === itemId);
    return html`<h3>${icon("list-checks")}${t("room.actions")}</h3>
      <ul>${actions.map((action) => this.#action(action, true))}</ul>
      ${this.form?.kind === "action" && !this.form.id
        ? this.#openForm("action", itemId)
        : html`<button class="button secondary small add" type="button" @click=${() => this.#show("action", "")}>${icon("plus")}${t("room.actions.add")}</button>`}`;
  }

  #decision(decision: Decision, edit: boolean): TemplateResult {
    if (edit && this.form?.kind === "decision" && this.form.id === decision.decisionId) return html`<li>${this.#openForm("decision", decision.itemId, decision)}</li>`;
    return html`<li class="entry ${decision.withdrawn ? "withdrawn" : ""}">
      <p class="what">${decision.text}</p>
      ${edit && !decision.withdrawn ? this.#entryActs("decision", decision.decisionId, decision.number) : html`<span></span>`}
      <p class="sub">
        <span class="badge primary">${t("room.decisions.number", { number: decision.number })}</span>
        ${decision.withdrawn ? t("room.withdrawn") : t(`common.method.${decision.method}`)}
      </p>
    </li>`;
  }

  #action(action: ActionLine, edit: boolean): TemplateResult {
    if (edit && this.form?.kind === "action" && this.form.id === action.actionId) return html`<li>${this.#openForm("action", action.itemId, action)}</li>`;
    const who = nameOf(this.meeting, action.who);
    return html`<li class="entry ${action.withdrawn ? "withdrawn" : ""}">
      <p class="what">${action.what}</p>
      ${edit && !action.withdrawn ? this.#entryActs("action", action.actionId, action.number) : html`<span></span>`}
      <p class="sub">
        <span class="badge">${t("room.actions.number", { number: action.number })}</span>
        ${action.withdrawn ? t("room.withdrawn") : html`<span>${who}</span>${action.due ? html`<span>${t("room.actions.by", { date: dueDay(action.due) })}</span>` : nothing}`}
      </p>
    </li>`;
  }

  #entryActs(kind: "decision" | "action", id: string, number: number): TemplateResult {
    return html`<span class="acts">
      <button class="plain" type="button" aria-label=${t(`room.${kind}s.edit`, { number })} title=${t("room.edit")} @click=${() => this.#show(kind, id)}>${icon("pencil")}</button>
      <button class="plain" type="button" aria-label=${t(`room.${kind}s.withdraw`, { number })} title=${t("room.withdraw")} @click=${() => void this.#withdraw(kind, id, number)}>
        ${icon("undo-2")}
      </button>
    </span>`;
  }

  #show(kind: "decision" | "action", id: string): void {
    this.form = { kind, id };
  }

  #openForm(kind: "decision" | "action", itemId: string, from?: Decision | ActionLine): TemplateResult {
    return html`<balai-record-form
      .kind=${kind}
      .from=${from ?? null}
      .people=${[...presentPeople(this.meeting), ...[...this.meeting.people.values()].filter((person) => !presentPeople(this.meeting).includes(person))]}
      .done=${(record: RecordEvent) => this.#record(kind, itemId, record)}
      @cancel=${() => {
        this.form = null;
      }}
    ></balai-record-form>`;
  }

  /** Resolves to "" or the sentence that says why not; the form keeps its words then. */
  async #record(kind: "decision" | "action", itemId: string, { id, again, fields }: RecordEvent): Promise<string> {
    const place = again ? {} : { item_id: itemId };
    try {
      await this.face.client.command(`${again ? "correct" : "record"}_${kind}`, { [`${kind}_id`]: id, ...place, ...fields });
    } catch (failure) {
      return isFailure(failure) ? failure.text : t("room.failed");
    }
    this.form = null;
    return "";
  }

  async #withdraw(kind: "decision" | "action", id: string, number: number): Promise<void> {
    const question = { title: t(`room.${kind}s.withdraw`, { number }), text: t("room.withdraw.text"), yes: t("room.withdraw"), danger: true };
    if (await this.face.ask(question)) await this.face.act(this.face.client.command(`withdraw_${kind}`, { [`${kind}_id`]: id, reason: "" }));
  }

  // ---------------------------------------------------------------- reading

  #reading(): TemplateResult {
    const { meeting } = this;
    const written = meeting.items.filter((item) => this.#hasRecord(item.itemId));
    if (!written.length) return html`<div class="empty">${icon("notebook-pen")}<h3>${t("room.notes.empty")}</h3><p>${t("room.notes.empty_hint")}</p></div>`;
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("room.tab.notes")}>${written.map((item) => this.#read(item))}</div>`;
  }

  #hasRecord(itemId: string): boolean {
    const { notes, decisions, actions } = this.meeting;
    return Boolean(notes.get(itemId)?.text.trim()) || decisions.some((one) => one.itemId === itemId) || actions.some((one) => one.itemId === itemId);
  }

  #read(item: AgendaItem): TemplateResult {
    const { meeting } = this;
    const number = meeting.items.indexOf(item) + 1;
    const text = meeting.notes.get(item.itemId)?.text.trim() ?? "";
    const decisions = meeting.decisions.filter((one) => one.itemId === item.itemId);
    const actions = meeting.actions.filter((one) => one.itemId === item.itemId);
    return html`<section class=${item.itemId === meeting.currentItemId ? "current" : ""}>
      <h3 class="item">${number}. ${item.title}</h3>
      ${text ? html`<p class="text">${text}</p>` : nothing}
      ${decisions.length ? html`<h4>${t("room.decisions")}</h4><ul>${decisions.map((one) => this.#decision(one, false))}</ul>` : nothing}
      ${actions.length ? html`<h4>${t("room.actions")}</h4><ul>${actions.map((one) => this.#action(one, false))}</ul>` : nothing}
    </section>`;
  }
}
