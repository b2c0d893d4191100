// The top line: what meeting this is, what is being dealt with and for how long, who is here, how good the line is.
import "@awesome.me/webawesome/dist/components/tooltip/tooltip.js";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { icon, type IconName } from "../icons";
import { quorumNow } from "../room/deliberation";
import { chooseTheme, isDark } from "../theme";
import { currentLanguage, elapsed, t } from "../words";
import { nameOf, presentPeople, TickingPiece } from "./face";
import { shared } from "./sheet";

@customElement("balai-top")
export class BalaiTop extends TickingPiece {
  static override styles = [
    ...shared,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: var(--s4);
        min-inline-size: 0;
        min-block-size: 60px;
        padding: var(--s1) max(var(--s4), env(safe-area-inset-right)) var(--s1) max(var(--s4), env(safe-area-inset-left));
        padding-block-start: max(var(--s1), env(safe-area-inset-top));
        border-block-end: 1px solid var(--line);
        background: var(--surface);
      }
      .what {
        display: flex;
        flex: 1 1 auto;
        align-items: center;
        gap: var(--s2) var(--s3);
        min-inline-size: 0;
      }
      .office {
        block-size: 32px;
        inline-size: auto;
      }
      h1 {
        overflow: hidden;
        font-size: var(--text-m);
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .item {
        display: inline-flex;
        flex: 0 1 auto;
        align-items: center;
        gap: var(--s2);
        min-inline-size: 0;
        min-block-size: 36px;
        padding: 0 var(--s3);
        border: 0;
        border-inline-start: 3px solid var(--accent);
        border-radius: 0 var(--radius) var(--radius) 0;
        background: var(--sunken);
        color: var(--ink);
        font-size: var(--text-s);
        cursor: pointer;
      }
      .item span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .item time {
        flex: none;
        color: var(--ink-soft);
        font-weight: 600;
      }
      .item time.over {
        color: var(--accent-ink);
      }
      .side {
        display: flex;
        flex: none;
        align-items: center;
        gap: 2px;
      }
      .tool {
        display: inline-flex;
        align-items: center;
        justify-content: center;
        gap: 6px;
        min-inline-size: 40px;
        min-block-size: 40px;
        padding: 0 var(--s2);
        border: 0;
        border-radius: var(--radius);
        background: transparent;
        color: var(--ink-soft);
        font-size: var(--text-s);
        font-weight: 600;
        font-variant-numeric: tabular-nums;
        cursor: pointer;
      }
      .tool:hover {
        background: var(--sunken);
        color: var(--ink);
      }
      .tool:focus-visible,
      .item:focus-visible {
        outline-offset: -2px;
      }
      .tool.good {
        color: var(--positive-ink);
      }
      .tool.fair {
        color: var(--accent-ink);
      }
      .tool.poor {
        color: var(--danger-ink);
      }
      .tool.none svg {
        opacity: 0.45; /* all bars, none of them lit: not measured yet */
      }
      :host([phone]) {
        gap: var(--s1);
        min-block-size: 52px;
        padding-inline: max(var(--s3), env(safe-area-inset-left)) max(var(--s1), env(safe-area-inset-right));
      }
      :host([phone]) .what {
        display: grid;
        gap: 0;
      }
      :host([phone]) .badge {
        justify-self: start;
      }
      :host([phone]) h1 {
        font-size: var(--text-s);
      }
      :host([phone]) .item {
        justify-self: start;
        max-inline-size: 100%;
        min-block-size: 24px;
        padding: 0 0 0 6px;
        background: none;
        font-size: 13px;
      }
      :host([phone]) .office,
      :host([phone]) .wide {
        display: none;
      }
      @media (max-width: 1100px) {
        .wider {
          display: none;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    this.toggleAttribute("phone", this.face.phone);
    const { meeting } = this;
    const { office } = this.face.page;
    return html`
      <div class="what">
        ${office.logo ? html`<img class="office" src=${office.logo} alt=${office.name} />` : nothing}
        <h1>${meeting.title}</h1>
        ${this.#recording()} ${this.#standing()} ${this.#item()} ${this.#floor()}
      </div>
      <div class="side">
        <button id="count" class="tool" type="button" aria-label=${t("room.top.present", { count: presentPeople(meeting).length })} @click=${() => this.face.openTab("people")}>
          ${icon("users")}<span aria-hidden="true">${presentPeople(meeting).length}</span>
        </button>
        ${this.#quorum()} ${this.#quality()}
        <button id="language" class="tool wide" type="button" lang=${currentLanguage() === "id" ? "en" : "id"} @click=${() => void this.face.switchLanguage()}>
          ${icon("languages")}<span>${currentLanguage() === "id" ? "English" : "Indonesia"}</span>
        </button>
        <button id="theme" class="tool wide" type="button" aria-label=${t(isDark() ? "room.theme.to_light" : "room.theme.to_dark")} @click=${this.#theme}>
          ${icon(isDark() ? "sun" : "moon")}
        </button>
        <button id="keys" class="tool wide" type="button" aria-label=${t("room.keys")} @click=${() => this.face.openDialog("keys")}>${icon("keyboard")}</button>
        <button id="settings" class="tool" type="button" aria-label=${t("room.settings")} @click=${() => this.face.openDialog("settings")}>${icon("settings")}</button>
        ${this.face.phone
          ? nothing
          : html`<wa-tooltip for="count">${t("room.top.present", { count: presentPeople(meeting).length })}</wa-tooltip>
              <wa-tooltip for="theme">${t(isDark() ? "room.theme.to_light" : "room.theme.to_dark")}</wa-tooltip>
              <wa-tooltip for="keys">${t("room.keys")}</wa-tooltip>
              <wa-tooltip for="settings">${t("room.settings")}</wa-tooltip>`}
      </div>
    `;
  }

  #standing(): TemplateResult | typeof nothing {
    const { meeting } = this;
    const locked = meeting.locked ? html`<span class="badge wide">${icon("lock")}${t("room.locked")}</span>` : nothing;
    if (meeting.status === "planned") return html`<span class="badge accent">${t("room.status.planned")}</span>${locked}`;
    if (meeting.status === "open" && !this.face.phone) {
      return html`<span class="badge positive wider num">${t("room.status.open", { time: elapsed(this.now() - meeting.openedMs) })}</span>${locked}`;
    }
    return locked;
  }

  /** On every screen for as long as it runs; on a phone too. */
  #recording(): TemplateResult | typeof nothing {
    const { recording } = this.meeting;
    if (!recording) return nothing;
    const own = recording.answers.get(this.state.you?.personId ?? "") ?? false;
    const words = recording.paused ? "room.recording.mark.paused" : own ? "room.recording.mark" : "room.recording.mark.not_you";
    return html`<span class="badge recording ${recording.paused ? "" : "danger"}">${icon(recording.paused ? "circle-pause" : "circle-dot")}${t(words)}</span>`;
  }

  #item(): TemplateResult | typeof nothing {
    const { meeting } = this;
    const index = meeting.items.findIndex((item) => item.itemId === meeting.currentItemId);
    const item = meeting.items[index];
    if (!item) return nothing;
    const spentMs = this.now() - meeting.currentItemSinceMs;
    const over = item.minutes > 0 && spentMs > item.minutes * 60_000;
    return html`<button class="item" type="button" @click=${() => this.face.openTab("agenda")}>
      <span class="visually-hidden">${t("room.notes.item")}</span><span>${index + 1}. ${item.title}</span><time class=${over ? "over" : ""}>${elapsed(spentMs)}</time>
    </button>`;
  }

  /** Enough members or not: for everybody, since a vote waits for it. */
  #quorum(): TemplateResult | typeof nothing {
    const { people, sessions, deliberation, status } = this.meeting;
    const there = quorumNow(people.values(), sessions.values(), deliberation);
    if (!there.needed || status !== "open") return nothing;
    const words = t(there.reached ? "room.quorum.reached" : "room.quorum.short", { present: there.present, members: there.members, needed: there.needed });
    const short = `${there.present}/${there.members}`; // what is read must begin with what is seen
    return html`<button id="quorum" class="tool ${there.reached ? "" : "fair"}" type="button" aria-label=${`${short}. ${words}`} @click=${() => this.face.openTab("votes")}>
        ${icon(there.reached ? "circle-check" : "triangle-alert")}<span aria-hidden="true">${short}</span>
      </button>
      ${this.face.phone ? nothing : html`<wa-tooltip for="quorum">${words}</wa-tooltip>`}`;
  }

  /** Who speaks by the chair's leave, with what is left of the time. */
  #floor(): TemplateResult | typeof nothing {
    const { floor } = this.meeting.deliberation;
    if (!floor) return nothing;
    const leftMs = floor.untilMs - this.now();
    const time = floor.untilMs ? (leftMs >= 0 ? elapsed(leftMs + 999) : `+${elapsed(-leftMs)}`) : elapsed(this.now() - floor.sinceMs);
    return html`<button class="item" type="button" @click=${() => this.face.openTab("people")}>
      <span>${t("room.floor.has", { name: nameOf(this.meeting, floor.personId) })}</span><time class=${floor.untilMs && leftMs < 0 ? "over" : ""}>${time}</time>
    </button>`;
  }

  #quality(): TemplateResult {
    const { level, roundTripMs, lossPercent } = this.state.quality;
    const look: Readonly<Record<typeof level, IconName>> = { good: "signal", fair: "signal-high", poor: "signal-low", none: "signal" };
    const numbers = level === "none" ? "" : t("room.quality.numbers", { ms: Math.round(roundTripMs), loss: Math.round(lossPercent * 10) / 10 });
    const word = t(`room.quality.${level}`);
    return html`<button id="quality" class="tool ${level}" type="button" aria-label=${`${word} ${numbers}`} @click=${() => this.face.toast(`${word} ${numbers}`)}>${icon(look[level])}</button>
      ${this.face.phone ? nothing : html`<wa-tooltip for="quality">${word} ${numbers}</wa-tooltip>`}`;
  }

  readonly #theme = (): void => {
    chooseTheme(isDark() ? "light" : "dark");
    this.requestUpdate();
  };
}
