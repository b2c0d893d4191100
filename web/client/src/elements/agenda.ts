// The Agenda panel: the items in order, the current one with its running time; chair and secretary set it.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, query } from "lit/decorators.js";
import { icon } from "../icons";
import type { AgendaItem } from "../room/model";
import { clock, elapsed, t, zoneName } from "../words";
import { TickingPiece } from "./face";
import { panel } from "./panel";
import { shared } from "./sheet";

@customElement("balai-agenda")
export class BalaiAgenda extends TickingPiece {
  static override styles = [
    ...shared,
    panel,
    css`
      .times {
        padding: var(--s4);
        border-block-end: 1px solid var(--line);
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
      li {
        display: grid;
        grid-template-columns: 28px minmax(0, 1fr);
        gap: var(--s1) var(--s2);
        padding: var(--s4);
        border-block-end: 1px solid var(--line);
        border-inline-start: 4px solid transparent;
      }
      li[aria-current] {
        border-inline-start-color: var(--accent);
        background: var(--accent-soft);
      }
      .number {
        color: var(--ink-soft);
        font-weight: 600;
      }
      .title {
        overflow-wrap: anywhere;
        font-weight: 550;
      }
      li[aria-current] .title {
        font-weight: 650;
      }
      .sub,
      .progress,
      .buttons {
        grid-column: 2;
      }
      .sub {
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
      li[aria-current] .sub {
        color: var(--accent-ink);
        font-weight: 550;
      }
      .progress {
        block-size: 6px;
        margin-block: var(--s1);
        overflow: hidden;
        border-radius: 3px;
        background: color-mix(in srgb, var(--accent) 22%, transparent);
      }
      .documents {
        grid-column: 2;
        margin: 0;
        padding: 0;
        list-style: none;
        font-size: var(--text-s);
      }
      .scroll > .documents {
        padding: var(--s3) var(--s4);
        border-block-end: 1px solid var(--line);
      }
      .documents li {
        display: block;
        padding: var(--s1) 0;
        border: 0;
      }
      .documents a {
        display: inline-flex;
        gap: var(--s2);
        align-items: center;
        color: var(--primary);
        overflow-wrap: anywhere;
      }
      .progress i {
        display: block;
        block-size: 100%;
        background: var(--accent);
        transform-origin: 0 50%;
      }
      .buttons {
        margin-block-start: var(--s1);
      }
    `,
  ];

  @query(".progress i") private progress!: HTMLElement | null;

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const item = this.meeting.items.find((one) => one.itemId === this.meeting.currentItemId);
    const part = item?.minutes ? (this.now() - this.meeting.currentItemSinceMs) / (item.minutes * 60_000) : 0;
    this.progress?.style.setProperty("transform", `scaleX(${Math.min(1, Math.max(0, part)).toFixed(3)})`);
  }

  protected override render(): TemplateResult {
    const { meeting } = this;
    const zone = meeting.zone;
    const planned = t("room.agenda.planned", { start: clock(meeting.startsMs, zone), end: clock(meeting.endsMs, zone), zone: zoneName(zone) });
    const opened = meeting.openedMs ? t("room.agenda.opened", { time: clock(meeting.openedMs, zone), zone: zoneName(zone) }) : t("room.agenda.not_opened");
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("room.tab.agenda")}>
      <p class="times num">${planned}<br />${opened}</p>
      ${this.#documents("")}
      ${meeting.items.length
        ? html`<ol>
            ${meeting.items.map((item, index) => this.#item(item, index))}
          </ol>`
        : html`<div class="empty">${icon("list-ordered")}<h3>${t("room.agenda.empty")}</h3><p>${t("room.agenda.empty_hint")}</p></div>`}
    </div>`;
  }

  /** Fetched, not opened over the room: nobody leaves the meeting by looking at a paper. */
  #documents(itemId: string): TemplateResult | typeof nothing {
    const { meeting } = this;
    const files = meeting.documents.filter((one) => one.itemId === itemId);
    if (!files.length) return nothing;
    return html`<ul class="documents" aria-label=${t("room.agenda.documents")}>
      ${files.map((one) => html`<li><a href="/m/${meeting.meetingId}/documents/${one.documentId}" download>${icon("file-text")}${one.name}</a></li>`)}
    </ul>`;
  }

  #item(item: AgendaItem, index: number): TemplateResult {
    const { meeting } = this;
    const current = item.itemId === meeting.currentItemId;
    const spent = elapsed(this.now() - meeting.currentItemSinceMs);
    const minutes = item.minutes ? t("room.agenda.minutes", { count: item.minutes }) : "";
    const time = current ? (item.minutes ? t("room.agenda.spent_of", { spent, minutes }) : t("room.agenda.spent", { spent })) : minutes;
    return html`<li aria-current=${current ? "step" : nothing}>
      <span class="number num">${index + 1}.</span><span class="title">${item.title}</span>
      ${this.#documents(item.itemId)} ${time ? html`<span class="sub num">${time}</span>` : nothing} ${current && item.minutes ? html`<span class="progress"><i></i></span>` : nothing}
      ${this.leads && meeting.status === "open"
        ? html`<span class="buttons">
            ${current
              ? html`<button class="button secondary small" type="button" @click=${() => this.#open("")}>${icon("check")}${t("room.agenda.finish")}</button>`
              : html`<button class="button ${this.#next === index ? "" : "secondary"} small" type="button" aria-label=${t("room.agenda.start_named", { title: item.title })} @click=${() => this.#open(item.itemId)}>
                  ${t("room.agenda.start")}
                </button>`}
          </span>`
        : nothing}
    </li>`;
  }

  get #next(): number {
    const at = this.meeting.items.findIndex((item) => item.itemId === this.meeting.currentItemId);
    return at >= 0 ? at + 1 : 0;
  }

  async #open(itemId: string): Promise<void> {
    await this.face.act(this.face.client.command("open_item", { item_id: itemId }));
  }
}
