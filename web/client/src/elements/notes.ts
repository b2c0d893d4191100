// The Notes panel: the shared text of an agenda item, what was said for the record, its decisions and action items. Chair and secretary write, the
// others read along. The editor is loaded when the panel is first opened.
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { icon, type IconName } from "../icons";
import type { ActionLine, AgendaItem, Decision, RemarkRule, Statement } from "../room/model";
import { clock, day, dueDay, t } from "../words";
import { isFailure, nameOf, Piece, presentPeople } from "./face";
import { panel } from "./panel";
import "./record-form";
import { asWish } from "../room/deliberation";
import type { BalaiEditor, LineWish, RemarkWish } from "../notes/editor";
import type { RemarkAct } from "../notes/remark-list";
import { isTyping } from "./keys";
import type { Line, RecordEvent } from "./record-form";
import { shared } from "./sheet";

type Editing = typeof import("../notes/editor");
type Form = { readonly kind: Line; readonly id: string; readonly text: string } | null;
type Said = Statement["what"];

const RULES: readonly RemarkRule[] = ["nobody", "comment", "suggest"];
const SAID: readonly Said[] = ["statement", "motion", "objection"];
const LOOKS: Readonly<Record<Said, IconName>> = { statement: "message-square-quote", motion: "lightbulb", objection: "message-square-warning" };
/** By themselves while the panel has the keyboard, with Ctrl+Alt while one writes. */
const KEYS: Readonly<Record<string, Line>> = { k: "decision", t: "action", p: "statement", u: "motion", o: "objection" };

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
      .rule {
        gap: 2px;
        margin-block: var(--s2);
      }
      .row {
        display: flex;
        flex-wrap: wrap;
        gap: var(--s2);
        margin-block: var(--s1) var(--s2);
      }
    `,
  ];

  @state() private picked = ""; // "" : follow the current item
  @state() private editing: Editing | null = null;
  @state() private form: Form = null;

  protected override firstUpdated(): void {
    this.addEventListener("keydown", (event) => this.#key(event));
    void import("../notes/editor").then((editing) => {
      this.editing = editing;
    });
  }

  // ---------------------------------------------------------------- writing

  get #itemId(): string {
    const { items, currentItemId } = this.meeting;
    return this.picked || currentItemId || items[0]?.itemId || "";
  }

  protected override render(): TemplateResult {
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
      <div class="scroll" tabindex=${this.leads ? nothing : 0} role=${this.leads ? nothing : "region"} aria-label=${this.leads ? nothing : t("room.tab.notes")}>
        <section>${this.#text(itemId)}</section>
        <section>${this.#statements(itemId)}</section>
        <section>${this.#decisions(itemId)}</section>
        <section>${this.#actions(itemId)}</section>
      </div>
    `;
  }

  #key(event: KeyboardEvent): void {
    const kind = KEYS[event.code.replace("Key", "").toLowerCase()];
    const held = (event.ctrlKey || event.metaKey) && event.altKey;
    const alone = !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) && !event.composedPath().some(isTyping);
    if (!kind || !this.leads || event.defaultPrevented || event.repeat || !(held || alone)) return;
    event.preventDefault();
    this.#show(kind, "");
  }

  #pick(itemId: string): void {
    this.picked = itemId === this.meeting.currentItemId ? "" : itemId;
    this.form = null;
  }

  #text(itemId: string): TemplateResult {
    const { editing, meeting } = this;
    if (!editing) return html`<p class="muted small" role="status">${t("room.notes.opening")}</p>`;
    return html`<h3>${icon("notebook-pen")}${t("room.notes.label")}</h3>
      <balai-editor
        .notes=${editing.sharedNotes(this.face.client.notesLine, meeting.meetingId, itemId)}
        .people=${[...meeting.people.values()]}
        .writes=${this.leads}
        label=${t("room.notes.label")}
        .phrases=${this.face.page.phrases}
        .values=${() => this.#values(itemId)}
        .remarks=${meeting.remarks.filter((one) => one.itemId === itemId && one.standing === "open")}
        .rule=${this.state.you?.role === "observer" || meeting.status !== "open" ? "nobody" : meeting.deliberation.procedure.remarks}
        me=${this.state.you?.personId ?? ""}
        @remark=${(event: CustomEvent<RemarkWish>) => void this.#remark(event.target as BalaiEditor, itemId, event.detail)}
        @answer=${(event: CustomEvent<RemarkAct>) => void this.#answer(event.target as BalaiEditor, event.detail)}
        @line=${(event: CustomEvent<LineWish>) => {
          this.form = { kind: event.detail.kind, id: "", text: event.detail.text };
        }}
      ></balai-editor>
      ${this.leads ? this.#rule(meeting.deliberation.procedure.remarks) : nothing}`;
  }

  #values(itemId: string): Readonly<Record<string, string>> {
    const { meeting } = this;
    return {
      rapat: meeting.title,
      butir: meeting.items.find((item) => item.itemId === itemId)?.title ?? "",
      pimpinan: [...meeting.people.values()].find((person) => person.role === "chair")?.name ?? "",
      peserta: String(presentPeople(meeting).length),
      tanggal: day(this.now(), meeting.zone),
    };
  }

  /** What those who do not write may do here: a rule of the meeting. */
  #rule(standing: RemarkRule): TemplateResult {
    const set = (event: Event): void => {
      const rules = { ...asWish(this.meeting.deliberation.procedure), remarks: (event.target as HTMLSelectElement).value };
      void this.face.act(this.face.client.command("set_rules", rules)).then(() => this.requestUpdate());
    };
    return html`<div class="field rule">
      <label for="remarks" class="small">${t("room.remarks.rule")}</label>
      <select id="remarks" @change=${set}>
        ${RULES.map((one) => html`<option value=${one} ?selected=${one === standing} .selected=${one === standing}>${t(`common.remarks.${one}`)}</option>`)}
      </select>
    </div>`;
  }

  async #remark(editor: BalaiEditor, itemId: string, wish: RemarkWish): Promise<void> {
    const done = await this.face.act(this.face.client.command("make_remark", { remark_id: crypto.randomUUID(), item_id: itemId, ...wish }));
    if (done) editor.endRemark();
  }

  /** A suggestion that is accepted stands in the text, and is kept there, before it is said to be accepted. */
  async #answer(editor: BalaiEditor, { remark, act }: RemarkAct): Promise<void> {
    const { client } = this.face;
    if (act === "withdraw") {
      await this.face.act(client.command("withdraw_remark", { remark_id: remark.remarkId }));
      return;
    }
    if (act === "accept" && remark.what === "suggestion" && !(await editor.takeOver(remark).catch(() => false))) {
      this.face.toast(t("room.remarks.changed"), "danger");
      return;
    }
    await this.face.act(client.command("answer_remark", { remark_id: remark.remarkId, accepted: act === "accept" }));
  }

  // ---------------------------------------------------------------- decisions and action items

  #decisions(itemId: string): TemplateResult {
    const decisions = this.meeting.decisions.filter((decision) => decision.itemId === itemId);
    return html`<h3>${icon("gavel")}${t("room.decisions")}</h3>
      ${decisions.length || this.leads ? html`<ul>${decisions.map((decision) => this.#decision(decision, this.leads))}</ul>` : html`<p class="muted small">${t("room.decisions.none")}</p>`}
      ${!this.leads ? nothing : this.form?.kind === "decision" && !this.form.id
        ? this.#openForm("decision", itemId)
        : html`<button class="button secondary small add" type="button" title=${`${t("room.decisions.record")} (${keyOf("decision")})`} @click=${() => this.#show("decision", "")}>${icon("plus")}${t("room.decisions.add")}</button>`}`;
  }

  #actions(itemId: string): TemplateResult {
    const actions = this.meeting.actions.filter((action) => action.itemId === itemId);
    return html`<h3>${icon("list-checks")}${t("room.actions")}</h3>
      ${actions.length || this.leads ? html`<ul>${actions.map((action) => this.#action(action, this.leads))}</ul>` : html`<p class="muted small">${t("room.actions.none")}</p>`}
      ${!this.leads ? nothing : this.form?.kind === "action" && !this.form.id
        ? this.#openForm("action", itemId)
        : html`<button class="button secondary small add" type="button" title=${`${t("room.actions.record")} (${keyOf("action")})`} @click=${() => this.#show("action", "")}>${icon("plus")}${t("room.actions.add")}</button>`}`;
  }

  // ---------------------------------------------------------------- what was said for the record

  #statements(itemId: string): TemplateResult {
    const said = this.meeting.statements.filter((one) => one.itemId === itemId);
    const form = this.form;
    return html`<h3>${icon("message-square-quote")}${t("room.statements")}</h3>
      ${said.length || this.leads ? html`<ul>${said.map((one) => this.#statement(one, this.leads))}</ul>` : html`<p class="muted small">${t("room.statements.none")}</p>`}
      ${!this.leads
        ? nothing
        : form && isSaid(form.kind) && !form.id
          ? this.#openForm(form.kind, itemId)
          : html`<div class="row">
              ${SAID.map((what) => html`<button class="button secondary small" type="button" title=${`${t(`room.${what}s.record`)} (${keyOf(what)})`} @click=${() => this.#show(what, "")}>${icon(LOOKS[what])}${t(`room.said.${what}`)}</button>`)}
            </div>`}`;
  }

  #statement(one: Statement, edit: boolean): TemplateResult {
    if (edit && this.form?.kind === one.what && this.form.id === one.statementId) return html`<li>${this.#openForm(one.what, one.itemId, one)}</li>`;
    return html`<li class="entry ${one.withdrawn ? "withdrawn" : ""}">
      <p class="what">${one.text}</p>
      ${edit && !one.withdrawn ? this.#entryActs(one.what, one.statementId, one.number) : html`<span></span>`}
      <p class="sub">
        <span class="badge">${t(`common.said.${one.what}`)}</span>
        <span>${nameOf(this.meeting, one.who)}</span><span>${one.withdrawn ? t("room.withdrawn") : clock(one.atMs, this.meeting.zone)}</span>
      </p>
    </li>`;
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

  #entryActs(kind: Line, id: string, number: number): TemplateResult {
    return html`<span class="acts">
      <button class="plain" type="button" aria-label=${t(`room.${kind}s.edit`, { number })} title=${t("room.edit")} @click=${() => this.#show(kind, id)}>${icon("pencil")}</button>
      <button class="plain" type="button" aria-label=${t(`room.${kind}s.withdraw`, { number })} title=${t("room.withdraw")} @click=${() => void this.#withdraw(kind, id, number)}>
        ${icon("undo-2")}
      </button>
    </span>`;
  }

  #show(kind: Line, id: string): void {
    this.form = { kind, id, text: "" };
  }

  #openForm(kind: Line, itemId: string, from?: Decision | ActionLine | Statement): TemplateResult {
    return html`<balai-record-form
      .kind=${kind}
      .from=${from ?? null}
      .words=${this.form?.text ?? ""}
      .people=${[...presentPeople(this.meeting), ...[...this.meeting.people.values()].filter((person) => !presentPeople(this.meeting).includes(person))]}
      .done=${(record: RecordEvent) => this.#record(kind, itemId, record)}
      @cancel=${() => {
        this.form = null;
      }}
    ></balai-record-form>`;
  }

  /** Resolves to "" or the sentence that says why not; the form keeps its words then. */
  async #record(kind: Line, itemId: string, { id, again, fields }: RecordEvent): Promise<string> {
    const place = again ? {} : { item_id: itemId, ...(isSaid(kind) ? { what: kind } : {}) };
    const thing = thingOf(kind);
    try {
      await this.face.client.command(`${again ? "correct" : "record"}_${thing}`, { [`${thing}_id`]: id, ...place, ...fields });
    } catch (failure) {
      return isFailure(failure) ? failure.text : t("room.failed");
    }
    this.form = null;
    return "";
  }

  async #withdraw(kind: Line, id: string, number: number): Promise<void> {
    const question = { title: t(`room.${kind}s.withdraw`, { number }), text: t("room.withdraw.text"), yes: t("room.withdraw"), danger: true };
    if (await this.face.ask(question)) await this.face.act(this.face.client.command(`withdraw_${thingOf(kind)}`, { [`${thingOf(kind)}_id`]: id, reason: "" }));
  }
}

function isSaid(kind: Line): kind is Said {
  return kind !== "decision" && kind !== "action";
}

/** As the commands call it. */
function thingOf(kind: Line): string {
  return isSaid(kind) ? "statement" : kind;
}

function keyOf(kind: Line): string {
  return `Ctrl+Alt+${Object.keys(KEYS).find((key) => KEYS[key] === kind)?.toUpperCase()}`;
}
