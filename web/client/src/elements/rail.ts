// The rail at the right (on a phone: a sheet): five tabs with badges for what is new, one panel open at a time.
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { icon, type IconName } from "../icons";
import { t } from "../words";
import "./agenda";
import "./chat";
import { Piece, TABS, tabsOf, type Tab } from "./face";
import "./notes";
import "./people";
import { shared } from "./sheet";
import "./votes";

const LOOK: Readonly<Record<Tab, IconName>> = { people: "users", agenda: "list-ordered", notes: "notebook-pen", chat: "message-square", votes: "gavel" };

@customElement("balai-rail")
export class BalaiRail extends Piece {
  static override styles = [
    ...shared,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        min-block-size: 0;
        background: var(--surface);
      }
      .panel {
        display: grid;
        grid-template-rows: auto minmax(0, 1fr);
        inline-size: 360px;
        min-block-size: 0;
        border-inline-start: 1px solid var(--line);
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
        min-block-size: 52px;
        padding: 0 var(--s2) 0 var(--s4);
        border-block-end: 1px solid var(--line);
      }
      .head h2 {
        font-size: var(--text-l);
      }
      .body {
        min-block-size: 0;
        overflow: hidden;
      }
      .top {
        display: grid;
      }
      .tabs {
        display: flex;
        flex-direction: column;
        gap: var(--s1);
        padding: var(--s2) max(6px, env(safe-area-inset-right)) var(--s2) 6px;
        border-inline-start: 1px solid var(--line);
      }
      .tab {
        position: relative;
        display: grid;
        justify-items: center;
        align-content: center;
        gap: 3px;
        inline-size: 76px;
        min-block-size: 60px;
        padding: 4px;
        border: 0;
        border-radius: var(--radius);
        background: transparent;
        color: var(--ink-soft);
        font-size: 12px;
        font-weight: 550;
        line-height: 1.2;
        cursor: pointer;
      }
      .tab:hover {
        background: var(--sunken);
        color: var(--ink);
      }
      .tab[aria-selected="true"] {
        background: var(--primary-soft);
        color: var(--primary);
      }
      .tab:focus-visible {
        outline-offset: -2px;
      }
      .tab .count {
        position: absolute;
        inset-block-start: 3px;
        inset-inline-end: 12px;
        background: var(--accent-ink);
        color: var(--surface);
      }
      .tab .dot {
        position: absolute;
        inset-block-start: 8px;
        inset-inline-end: 22px;
        inline-size: 9px;
        block-size: 9px;
        border-radius: 50%;
        background: var(--accent);
      }
      :host([phone]) {
        grid-template-columns: minmax(0, 1fr);
        grid-template-rows: auto minmax(0, 1fr);
        block-size: 100%;
      }
      :host([phone]) .panel {
        grid-row: 2;
        grid-template-rows: minmax(0, 1fr) auto;
        inline-size: 100%;
        border: 0;
        padding-block-end: env(safe-area-inset-bottom);
      }
      :host([phone]) .top {
        display: flex;
        align-items: center;
        gap: 2px;
        padding: 6px 8px;
        border-block-end: 1px solid var(--line);
      }
      :host([phone]) .tabs {
        display: grid;
        flex: 1;
        grid-template-columns: repeat(5, minmax(0, 1fr));
        gap: 2px;
        padding: 0;
        border: 0;
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        gap: var(--s2);
        padding: var(--s2) var(--s3);
        border-block-start: 1px solid var(--line);
      }
      .foot .button {
        flex: 1 1 auto;
      }
      :host([phone]) .tab {
        inline-size: 100%;
        min-block-size: 50px;
      }
    `,
  ];

  @property({ attribute: false }) tab: Tab | null = null;
  @property({ attribute: false }) fresh: ReadonlyMap<Tab, number> = new Map();

  protected override render(): TemplateResult {
    const { phone } = this.face;
    this.toggleAttribute("phone", phone);
    return html`
      ${phone ? nothing : this.tab ? this.#panel(this.tab) : html`<span></span>`}
      <div class="top"><div class="tabs" role="tablist" aria-orientation=${phone ? "horizontal" : "vertical"} aria-label=${t("room.rail")} @keydown=${this.#keys}>
        ${tabsOf(this.state.you?.role).map((tab) => this.#tab(tab, TABS.indexOf(tab)))}
        </div>
        ${phone ? html`<button class="button quiet square" type="button" aria-label=${t("common.close")} @click=${this.#close}>${icon("x")}</button>` : nothing}
      </div>
      ${phone && this.tab ? this.#panel(this.tab) : nothing}
    `;
  }

  #tab(tab: Tab, index: number): TemplateResult {
    const chosen = this.tab === tab;
    const fresh = this.fresh.get(tab) ?? 0;
    const badge = tab === "chat" || tab === "people" ? html`<span class="count num" aria-hidden="true">${fresh > 99 ? "99+" : fresh}</span>` : html`<span class="dot"></span>`;
    return html`<button
      class="tab"
      type="button"
      role="tab"
      id="tab-${tab}"
      aria-selected=${chosen}
      aria-controls=${chosen ? "panel" : nothing}
      tabindex=${chosen || (!this.tab && !index) ? 0 : -1}
      title=${t("room.tab.key", { tab: t(`room.tab.${tab}`), key: index + 1 })}
      @click=${() => this.dispatchEvent(new CustomEvent<Tab | null>("tab", { detail: chosen && !this.face.phone ? null : tab }))}
    >
      ${icon(LOOK[tab])}<span>${t(`room.tab.${tab}`)}</span>
      ${fresh ? html`${badge}<span class="visually-hidden">${t("room.tab.fresh", { count: fresh })}</span>` : nothing}
    </button>`;
  }

  #panel(tab: Tab): TemplateResult {
    return html`<div class="panel" id="panel" role="tabpanel" aria-labelledby="tab-${tab}">
      ${this.face.phone ? html`<h2 class="visually-hidden">${t(`room.tab.${tab}`)}</h2>` : html`<div class="head">
        <h2>${t(`room.tab.${tab}`)}</h2>
        <button class="button quiet square small" type="button" aria-label=${t("room.rail.close")} @click=${this.#close}>${icon("x")}</button>
      </div>`}
      <div class="body">${this.#body(tab)}</div>
      ${this.face.phone && tab === "people" ? this.#foot() : nothing}
    </div>`;
  }

  /** What has no room in the bar of a phone: sharing, where the browser can, and the meeting itself. */
  #foot(): TemplateResult | typeof nothing {
    const { meeting, leads } = this;
    const { screen } = this.state.local;
    const shares = screen !== "unsupported";
    if (!shares && !leads) return nothing;
    const act = (what: string) => (): boolean => this.dispatchEvent(new CustomEvent("meeting", { detail: what }));
    return html`<div class="foot">
      ${shares
        ? html`<button class="button secondary small" type="button" @click=${() => void this.face.toggle("screen")}>
            ${icon(screen === "on" ? "monitor-x" : "monitor-up")}${t(screen === "on" ? "room.screen.off" : "room.screen.on")}
          </button>`
        : nothing}
      ${leads
        ? html`<button class="button secondary small" type="button" @click=${act("lock")}>${icon(meeting.locked ? "lock-open" : "lock")}${t(meeting.locked ? "room.meeting.unlock" : "room.meeting.lock")}</button>
            ${meeting.status === "open" ? this.#recording(act) : nothing}
            ${meeting.status === "open" ? html`<button class="button danger-quiet small" type="button" @click=${act("close")}>${icon("circle-check")}${t("room.meeting.close")}</button>` : nothing}`
        : nothing}
    </div>`;
  }

  #recording(act: (what: string) => () => boolean): TemplateResult {
    const { recording } = this.meeting;
    const button = (what: string, look: IconName): TemplateResult => html`<button class="button secondary small" type="button" @click=${act(what)}>${icon(look)}${t(`room.recording.${what}`)}</button>`;
    if (!recording) return button("record", "circle-dot");
    return html`${recording.paused ? button("resume", "circle-dot") : button("pause", "circle-pause")} ${button("stop", "circle-stop")}`;
  }

  #body(tab: Tab): TemplateResult {
    if (tab === "people") return html`<balai-people .face=${this.face} .state=${this.state}></balai-people>`;
    if (tab === "agenda") return html`<balai-agenda .face=${this.face} .state=${this.state}></balai-agenda>`;
    if (tab === "notes") return html`<balai-notes .face=${this.face} .state=${this.state}></balai-notes>`;
    if (tab === "votes") return html`<balai-votes .face=${this.face} .state=${this.state}></balai-votes>`;
    return html`<balai-chat .face=${this.face} .state=${this.state}></balai-chat>`;
  }

  readonly #close = (): void => {
    this.dispatchEvent(new CustomEvent<Tab | null>("tab", { detail: null }));
  };

  readonly #keys = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tabs = [...this.renderRoot.querySelectorAll<HTMLElement>("[role='tab']")];
    const at = tabs.findIndex((tab) => tab.matches(":focus"));
    tabs[(at + step + tabs.length) % tabs.length]?.focus();
  };
}
