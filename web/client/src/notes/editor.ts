// The editor of one item's shared notes: toolbar, text, menus and how saving stands. Loaded only when it is wanted.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { baseKeymap } from "prosemirror-commands";
import { inputRules, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { EditorState, type Command } from "prosemirror-state";
import { tableEditing } from "prosemirror-tables";
import { EditorView } from "prosemirror-view";
import { yCursorPlugin, ySyncPlugin, yUndoPlugin } from "y-prosemirror";
import { icon, type IconName } from "../icons";
import { shared } from "../elements/sheet";
import type { Phrase, Remark, RemarkRule } from "../room/model";
import { filled, phrase } from "./phrases";
import { language, t } from "../words";
import { BACK, IN_TABLE, isInTable, KEYS, setLink, WRITING, type Act } from "./acts";
import { looks } from "./looks";
import { markedNow, remarkPlugin, remarksChanged, stands, takeOver, type Marked } from "./remarks";
import type { RemarkAct } from "./remark-list";
import "./remark-list";
import { asked, matches, menuPlugin, type Asked } from "./menu";
import { safeLink, schema } from "./schema";
import type { SharedNotes, Writer } from "./shared";

/** A line of the record that the writer wants to make of a paragraph. */
export interface LineWish {
  readonly kind: "decision" | "action" | "statement" | "motion" | "objection";
  readonly text: string;
}

/** What a reader wants to remark of a passage. */
export interface RemarkWish {
  readonly what: Remark["what"];
  readonly anchor: string;
  readonly head: string;
  readonly quoted: string;
  readonly text: string;
}

interface Choice {
  readonly look: IconName;
  readonly text: string;
  readonly hint: string;
  readonly run: () => void;
}

const MOST_CHOICES = 8;
const LINES: readonly (readonly [LineWish["kind"], IconName, string])[] = [
  ["decision", "gavel", "k"],
  ["action", "list-checks", "t"],
  ["statement", "message-square-quote", "p"],
  ["motion", "lightbulb", "u"],
  ["objection", "message-square-warning", "o"],
];

@customElement("balai-editor")
export class BalaiEditor extends LitElement {
  static override styles = [...shared, looks];

  @property({ attribute: false }) notes!: SharedNotes;
  @property({ attribute: false }) people: readonly Writer[] = [];
  @property({ attribute: false }) phrases: readonly Phrase[] = [];
  /** What the placeholders of a phrase stand for here. */
  @property({ attribute: false }) values: () => Readonly<Record<string, string>> = () => ({});
  @property() label = "";
  /** Chair and secretary; whether they may now, the server says. */
  @property({ type: Boolean }) writes = false;
  /** Those of this text that nobody has answered. */
  @property({ attribute: false }) remarks: readonly Remark[] = [];
  /** What a reader may do, by the meeting's rules. */
  @property({ attribute: false }) rule: RemarkRule = "nobody";
  @property() me = "";
  @state() private remarking: { readonly what: Remark["what"]; readonly marked: Marked } | null = null;
  @state() private remarkMissing = false;
  @state() private menu: Asked | null = null;
  @state() private chosen = 0;
  @state() private linking = false;
  @state() private badLink = false;
  @query(".text") private place!: HTMLElement;
  @query("#link") private linkField!: HTMLInputElement | null;
  #view: EditorView | null = null;
  #shown: SharedNotes | null = null;
  #dismissed = ""; // a menu that Escape has closed stays closed

  readonly #anew = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    language.addEventListener("change", this.#anew);
    if (this.hasUpdated) this.#show();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    language.removeEventListener("change", this.#anew);
    this.#hide();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("notes")) this.#show();
    if (changed.has("people")) this.notes.people = new Map(this.people.map((one) => [one.personId, one.name]));
    if (changed.has("remarks") && this.#view) remarksChanged(this.#view);
    if (changed.has("label")) this.#view?.setProps({ attributes: this.#attributes() });
  }

  /** The keyboard goes to the text. */
  override focus(): void {
    this.#view?.focus();
  }

  // ---------------------------------------------------------------- the text

  #show(): void {
    if (this.#shown === this.notes && this.#view) return;
    this.#hide();
    this.#shown = this.notes;
    this.notes.people = new Map(this.people.map((one) => [one.personId, one.name]));
    this.notes.addEventListener("change", this.#stands);
    completeRoot(this.renderRoot);
    this.#view = new EditorView(this.place, {
      state: EditorState.create({ schema, plugins: this.#plugins() }),
      editable: () => this.#mayWrite,
      attributes: this.#attributes(),
      dispatchTransaction: (tr) => {
        const view = this.#view;
        if (!view) return;
        view.updateState(view.state.apply(tr));
        this.requestUpdate();
      },
      handleClick: (_view, _at, event) => this.#follow(event),
      handleDOMEvents: { blur: () => this.#closeMenuSoon() },
    });
    this.notes.acquire();
  }

  #hide(): void {
    this.#view?.destroy();
    this.#view = null;
    this.menu = null;
    this.#shown?.removeEventListener("change", this.#stands);
    this.#shown?.release();
    this.#shown = null;
  }

  #plugins(): EditorState["plugins"][number][] {
    const bullet = schema.nodes["bullet_list"];
    const ordered = schema.nodes["ordered_list"];
    return [
      ySyncPlugin(this.notes.fragment),
      remarkPlugin(() => this.remarks),
      yCursorPlugin(this.notes.awareness, {
        cursorBuilder: (user: { name: string; look?: number }) => caret(user),
        selectionBuilder: (user: { look?: number }) => ({ class: `selected look-${user.look ?? 0}` }),
      } as Parameters<typeof yCursorPlugin>[1]),
      yUndoPlugin(),
      menuPlugin(
        (now) => this.#asked(now),
        (event) => this.#menuKey(event),
      ),
      ...(bullet && ordered ? [inputRules({ rules: [wrappingInputRule(/^\s*[-*]\s$/, bullet), wrappingInputRule(/^\s*1[.)]\s$/, ordered)] })] : []),
      keymap({ ...KEYS, "Mod-k": () => this.#openLink(), "Alt-F10": () => this.#toToolbar(), ...Object.fromEntries(LINES.map(([kind, , key]) => [`Mod-Alt-${key}`, () => this.#wish(kind)])) }),
      keymap(baseKeymap),
      tableEditing(),
    ];
  }

  get #mayWrite(): boolean {
    return this.writes && this.notes.writable && this.notes.standing !== "refused";
  }

  #attributes(): Record<string, string> {
    return { role: "textbox", "aria-multiline": "true", "aria-label": this.label, class: "page", "aria-describedby": "standing" };
  }

  readonly #stands = (): void => {
    this.#view?.setProps({ attributes: this.#attributes() }); // asks `editable` anew
    this.requestUpdate();
  };

  /** Readers follow a link by a click; writers with Ctrl, so that they can put the cursor into it. */
  #follow(event: MouseEvent): boolean {
    const link = (event.target as HTMLElement).closest("a");
    if (!link || (this.#mayWrite && !event.ctrlKey && !event.metaKey)) return false;
    window.open(link.href, "_blank", "noopener,noreferrer");
    return true;
  }

  #run(command: Command): void {
    const view = this.#view;
    if (!view) return;
    command(view.state, view.dispatch, view);
    view.focus();
  }

  // ---------------------------------------------------------------- drawing

  protected override render(): TemplateResult {
    return html`
      ${this.writes ? this.#toolbar() : nothing}
      <div class="sheet ${this.#isEmpty ? "blank" : ""} ${this.writes ? "" : "reads"}" data-hint=${this.writes ? t("room.notes.placeholder") : t("room.notes.empty")}>
        <div class="text"></div>
        ${this.menu ? this.#choicesBox(this.#choices(this.menu)) : nothing}
      </div>
      ${this.#standing()} ${this.writes || this.rule === "nobody" ? nothing : this.#remarkBar()} ${this.#remarkList()}
    `;
  }

  get #isEmpty(): boolean {
    const doc = this.#view?.state.doc;
    return Boolean(doc && doc.childCount <= 1 && doc.firstChild?.type.name === "paragraph" && !doc.firstChild.content.size);
  }

  #toolbar(): TemplateResult {
    const inTable = this.#view ? isInTable(this.#view.state) : false;
    return html`<div class="bar">
      <div class="tools" role="toolbar" aria-label=${t("room.editor.toolbar")} @keydown=${this.#toolbarKeys}>
        ${WRITING.map((act) => this.#tool(act))} ${this.#button("link", "link", () => this.#openLink(), this.linking, "Ctrl+K")}
        ${this.#button("mention", "at-sign", () => this.#type("@"))} <span class="gap"></span>
        ${LINES.map(([kind, look, key]) => this.#button(kind, look, () => this.#wish(kind), undefined, `Ctrl+Alt+${key.toUpperCase()}`))}
        ${this.phrases.length ? this.#button("phrase", "message-square", () => this.#type("/")) : nothing} <span class="gap"></span> ${BACK.map((act) => this.#tool(act))} ${inTable ? html`<span class="gap"></span>${IN_TABLE.map((act) => this.#tool(act))}` : nothing}
      </div>
      ${this.linking ? this.#linkForm() : nothing}
    </div>`;
  }

  #tool(act: Act): TemplateResult {
    const pressed = act.on && this.#view ? act.on(this.#view.state) : undefined;
    return this.#button(act.name, act.look, () => this.#run(act.run), pressed, act.keys);
  }

  #button(name: string, look: IconName, run: () => void, pressed?: boolean, keys = ""): TemplateResult {
    const label = t(`room.editor.${name}`);
    return html`<button
      class="tool"
      type="button"
      tabindex="-1"
      aria-label=${label}
      title=${keys ? `${label} (${keys})` : label}
      aria-pressed=${pressed === undefined ? nothing : pressed}
      ?disabled=${!this.#mayWrite}
      @mousedown=${(event: MouseEvent) => event.preventDefault()}
      @click=${run}
    >
      ${icon(look)}
    </button>`;
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector(".tool")?.setAttribute("tabindex", "0");
  }

  readonly #toolbarKeys = (event: KeyboardEvent): void => {
    if (event.key === "Escape") this.#view?.focus();
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tools = [...this.renderRoot.querySelectorAll<HTMLElement>(".tool:not(:disabled)")];
    const at = tools.findIndex((tool) => tool.matches(":focus"));
    const to = event.key === "Home" ? 0 : event.key === "End" ? tools.length - 1 : step ? (at + step + tools.length) % tools.length : -1;
    if (to < 0) return;
    event.preventDefault();
    for (const tool of this.renderRoot.querySelectorAll(".tool")) tool.setAttribute("tabindex", "-1");
    tools[to]?.setAttribute("tabindex", "0");
    tools[to]?.focus();
  };

  #toToolbar(): boolean {
    this.renderRoot.querySelector<HTMLElement>(".tool[tabindex='0']:not(:disabled), .tool:not(:disabled)")?.focus();
    return true;
  }

  #standing(): TemplateResult {
    const { standing, why } = this.notes;
    if (!this.writes && standing !== "refused") return html`<p id="standing" class="visually-hidden">${t("room.editor.reads")}</p>`;
    const key = standing === "saved" && this.#isEmpty ? "fresh" : standing;
    const look: IconName = standing === "refused" ? "triangle-alert" : standing === "saved" ? "check" : standing === "offline" ? "wifi-off" : "loader-circle";
    return html`<p id="standing" class="standing ${standing}" role=${standing === "refused" ? "alert" : nothing}>${icon(look)}<span>${t(`room.notes.${key}`)} ${why}</span></p>`;
  }

  // ---------------------------------------------------------------- remarks

  #remarkBar(): TemplateResult {
    if (this.remarking) return this.#remarkForm(this.remarking.what, this.remarking.marked);
    const marked = this.#view ? markedNow(this.#view.state) : null;
    const button = (what: Remark["what"], look: IconName, on: boolean): TemplateResult => html`<button
      class="button secondary small"
      type="button"
      ?disabled=${!on}
      @mousedown=${(event: MouseEvent) => event.preventDefault()}
      @click=${() => this.#startRemark(what)}
    >
      ${icon(look)}${t(`room.remarks.make_${what}`)}
    </button>`;
    return html`<div class="remark-bar">
      ${marked ? nothing : html`<p class="standing">${t(`room.remarks.how_${this.rule}`)}</p>`}
      <div class="buttons">${button("comment", "message-square", marked !== null)} ${this.rule === "suggest" ? button("suggestion", "pencil", marked?.whole === true) : nothing}</div>
    </div>`;
  }

  #startRemark(what: Remark["what"]): void {
    const marked = this.#view && markedNow(this.#view.state);
    if (!marked) return;
    this.remarking = { what, marked };
    this.remarkMissing = false;
    void this.updateComplete.then(() => {
      const field = this.renderRoot.querySelector<HTMLTextAreaElement>("#remark");
      if (!field) return;
      field.value = what === "suggestion" ? marked.quoted : "";
      field.focus();
    });
  }

  #remarkForm(what: Remark["what"], marked: Marked): TemplateResult {
    return html`<form class="linking" novalidate @submit=${(event: SubmitEvent) => this.#makeRemark(event)} @keydown=${(event: KeyboardEvent) => event.key === "Escape" && this.endRemark()}>
      <p class="quoted">${marked.quoted}</p>
      <label for="remark">${t(`room.remarks.text_${what}`)}</label>
      ${what === "suggestion" ? html`<span class="hint" id="remark-hint">${t("room.remarks.hint_suggestion")}</span>` : nothing}
      ${this.remarkMissing ? html`<span class="error" id="remark-error">${t(`room.remarks.missing_${what}`)}</span>` : nothing}
      <textarea class="input" id="remark" rows="3" maxlength="2000" aria-invalid=${this.remarkMissing} aria-describedby="remark-hint remark-error"></textarea>
      <div class="buttons">
        <button class="button small" type="submit">${t("room.remarks.send")}</button>
        <button class="button quiet small" type="button" @click=${() => this.endRemark()}>${t("common.cancel")}</button>
      </div>
    </form>`;
  }

  #makeRemark(event: SubmitEvent): void {
    event.preventDefault();
    const text = this.renderRoot.querySelector<HTMLTextAreaElement>("#remark")?.value.trim() ?? "";
    if (!this.remarking) return;
    const { what, marked } = this.remarking;
    this.remarkMissing = what === "comment" ? !text : text === marked.quoted.trim();
    if (this.remarkMissing) return;
    const { anchor, head, quoted } = marked;
    this.dispatchEvent(new CustomEvent<RemarkWish>("remark", { detail: { what, anchor, head, quoted, text } }));
  }

  /** The wish was carried out, or given up. */
  endRemark(): void {
    this.remarking = null;
    this.#view?.focus();
  }

  #remarkList(): TemplateResult | typeof nothing {
    const view = this.#view;
    if (!this.remarks.length || !view) return nothing;
    const changed = new Set(this.remarks.filter((one) => one.what === "suggestion" && !stands(view.state, one)).map((one) => one.remarkId));
    const names = (personId: string): string => this.people.find((one) => one.personId === personId)?.name ?? "";
    return html`<balai-remarks .remarks=${this.remarks} .names=${names} .changed=${changed} me=${this.me} .answers=${this.#mayWrite} @answer=${(event: CustomEvent<RemarkAct>) => this.dispatchEvent(new CustomEvent<RemarkAct>("answer", { detail: event.detail }))}></balai-remarks>`;
  }

  /** A suggestion's words into the text, and when they are kept there; false: the passage has changed. */
  async takeOver(remark: Remark): Promise<boolean> {
    const view = this.#view;
    if (!view || !this.#mayWrite || !takeOver(view, remark)) return false;
    await this.notes.saved();
    return true;
  }

  // ---------------------------------------------------------------- links

  #openLink(): boolean {
    const view = this.#view;
    if (!view || !this.#mayWrite) return false;
    this.linking = true;
    this.badLink = false;
    void this.updateComplete.then(() => {
      const field = this.linkField;
      if (!field) return;
      const type = schema.marks["link"];
      const standing = type?.isInSet(view.state.selection.$from.marks());
      field.value = String(standing?.attrs["href"] ?? "");
      field.focus();
    });
    return true;
  }

  #linkForm(): TemplateResult {
    return html`<form
      class="linking"
      novalidate
      @submit=${(event: SubmitEvent) => this.#setLink(event)}
      @keydown=${(event: KeyboardEvent) => event.key === "Escape" && this.#endLink()}
    >
      <label for="link">${t("room.editor.link_address")}</label>
      ${this.badLink ? html`<span class="error" id="link-error">${t("room.editor.link_wrong")}</span>` : nothing}
      <input id="link" class="input" type="url" inputmode="url" autocomplete="off" aria-invalid=${this.badLink} aria-describedby=${this.badLink ? "link-error" : nothing} placeholder="https://" />
      <div class="buttons">
        <button class="button small" type="submit">${t("room.editor.link_set")}</button>
        <button class="button quiet small" type="button" @click=${() => this.#endLink()}>${t("common.cancel")}</button>
      </div>
    </form>`;
  }

  #setLink(event: SubmitEvent): void {
    event.preventDefault();
    const wanted = this.linkField?.value.trim() ?? "";
    const to = safeLink(wanted);
    this.badLink = Boolean(wanted) && !to;
    if (this.badLink) return;
    this.linking = false;
    this.#run(setLink(to));
  }

  #endLink(): void {
    this.linking = false;
    this.#view?.focus();
  }

  // ---------------------------------------------------------------- menus

  #asked(now: Asked | null): void {
    const key = now ? `${now.kind}${now.from}` : "";
    if (key !== this.#dismissed) this.#dismissed = "";
    this.menu = now && this.#mayWrite && !this.#dismissed && this.#choices(now).length ? now : null;
    this.chosen = 0;
  }

  #choices(menu: Asked): readonly Choice[] {
    if (menu.kind === "mention") {
      const found = this.people.filter((one) => matches(one.name, menu.query)).slice(0, MOST_CHOICES);
      return found.map((one) => ({ look: "at-sign", text: one.name, hint: "", run: () => this.#mention(menu, one) }));
    }
    const acts: Choice[] = [...WRITING.filter((act) => !act.name.match(/^(strong|em)$/))].map((act) => ({
      look: act.look,
      text: t(`room.editor.${act.name}`),
      hint: "",
      run: () => this.#instead(menu, act.run),
    }));
    const lines: Choice[] = LINES.map(([kind, look]) => ({
      look,
      text: t(`room.editor.${kind}`),
      hint: "",
      run: () => this.#instead(menu, () => this.#wish(kind)),
    }));
    const phrases: Choice[] = this.phrases.map(({ name, text }) => ({ look: "message-square", text: name, hint: text, run: () => this.#instead(menu, phrase(filled(text, this.values()))) }));
    return [...lines, ...acts, ...phrases].filter((one) => matches(one.text, menu.query));
  }

  #choicesBox(choices: readonly Choice[]): TemplateResult {
    const at = Math.min(this.chosen, choices.length - 1);
    const label = this.menu?.kind === "mention" ? t("room.editor.menu_mention") : t("room.editor.menu_slash");
    return html`<ul class="menu" role="listbox" id="menu" aria-label=${label}>
        ${choices.map(
          (one, index) => html`<li role="option" id="choice-${index}" aria-selected=${index === at} @mousedown=${(event: MouseEvent) => event.preventDefault()} @click=${one.run}>${icon(one.look)}<span>${one.text}${one.hint ? html`<small>${one.hint}</small>` : nothing}</span></li>`,
        )}
      </ul>
      <p class="visually-hidden" role="status">${choices[at]?.text ?? ""}, ${at + 1}/${choices.length}</p>`;
  }

  #menuKey(event: KeyboardEvent): boolean {
    const menu = this.menu;
    if (!menu) return false;
    const choices = this.#choices(menu);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.chosen = (this.chosen + step + choices.length) % choices.length;
    else if (event.key === "Enter" || event.key === "Tab") choices[this.chosen]?.run();
    else if (event.key === "Escape") {
      this.#dismissed = `${menu.kind}${menu.from}`;
      this.menu = null;
    } else return false;
    void this.updateComplete.then(() => this.renderRoot.querySelector("[aria-selected='true']")?.scrollIntoView({ block: "nearest" }));
    return true;
  }

  #closeMenuSoon(): void {
    this.menu = null;
  }

  #instead(menu: Asked, command: Command): void {
    const view = this.#view;
    if (!view) return;
    view.dispatch(view.state.tr.delete(menu.from, menu.to));
    this.menu = null;
    this.#run(command);
  }

  #mention(menu: Asked, one: Writer): void {
    this.menu = null;
    this.#run((editor, dispatch) => {
      const mention = schema.nodes["mention"]?.create({ person: one.personId, name: one.name });
      if (mention) dispatch?.(editor.tr.replaceWith(menu.from, menu.to, [mention, schema.text(" ")]));
      return true;
    });
  }

  #type(text: string): void {
    this.#run((editor, dispatch) => {
      const { $from } = editor.selection;
      const before = $from.parent.textBetween(0, $from.parentOffset, " ", " ");
      dispatch?.(editor.tr.insertText(before && !/\s$/.test(before) ? ` ${text}` : text));
      return true;
    });
  }

  /** The paragraph at the cursor, or what is selected, becomes the words of a line of the record. */
  #wish(kind: LineWish["kind"]): boolean {
    const view = this.#view;
    if (!view || !this.#mayWrite) return false;
    const { from, to, empty, $from } = view.state.selection;
    const text = empty ? $from.parent.textBetween(0, $from.parent.content.size, "\n", leaf) : view.state.doc.textBetween(from, to, "\n", leaf);
    this.dispatchEvent(new CustomEvent<LineWish>("line", { detail: { kind, text: text.trim() } }));
    return true;
  }
}

const leaf = (node: { type: { name: string }; attrs: Readonly<Record<string, unknown>> }): string => (node.type.name === "mention" ? String(node.attrs["name"]) : "\n");

/** y-prosemirror asks the editor's root for what only a document has; without it no change of others is taken in while
 * one's own cursor stands in the text. */
function completeRoot(root: Node): void {
  const incomplete = root as Partial<Pick<Document, "createRange" | "getSelection">>;
  incomplete.createRange ??= () => document.createRange();
  incomplete.getSelection ??= () => document.getSelection();
}

/** Somebody else's cursor with their name. Classes only: the page allows no style attribute. */
function caret(user: { name: string; look?: number }): HTMLElement {
  const cursor = document.createElement("span");
  cursor.className = `caret look-${user.look ?? 0}`;
  const name = document.createElement("span");
  name.className = "who";
  name.textContent = user.name;
  cursor.append("\u2060", name, "\u2060");
  return cursor;
}

export { asked };
export { sharedNotes } from "./shared";
