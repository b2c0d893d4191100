// The bar at the bottom, always in the same order: microphone, camera, share, hand, (chair and secretary: meeting), and
// leave, apart at the right. On a phone: microphone, camera, hand, panel, leave.
import "@awesome.me/webawesome/dist/components/dropdown/dropdown.js";
import "@awesome.me/webawesome/dist/components/dropdown-item/dropdown-item.js";
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { icon, type IconName } from "../icons";
import { t } from "../words";
import { Piece, speaks } from "./face";
import { shared } from "./sheet";

@customElement("balai-bar")
export class BalaiBar extends Piece {
  static override styles = [
    ...shared,
    css`
      :host {
        position: relative;
        display: grid;
        grid-template-columns: 1fr auto 1fr;
        align-items: center;
        gap: var(--s2);
        padding: var(--s2) max(var(--s4), env(safe-area-inset-right)) max(var(--s2), env(safe-area-inset-bottom)) max(var(--s4), env(safe-area-inset-left));
        border-block-start: 1px solid var(--line);
        background: var(--surface);
      }
      .middle {
        display: flex;
        gap: var(--s2);
      }
      .end {
        justify-self: end;
      }
      .act {
        position: relative;
        display: grid;
        justify-items: center;
        align-content: center;
        gap: 3px;
        min-inline-size: 84px;
        min-block-size: 56px;
        padding: 6px 10px;
        border: 1px solid transparent;
        border-radius: var(--radius);
        background: var(--control-fill);
        color: var(--ink);
        font-size: 13px;
        font-weight: 550;
        line-height: 1.2;
        cursor: pointer;
        transition: background-color var(--quick);
      }
      .act .icon {
        inline-size: 22px;
        block-size: 22px;
      }
      .act:hover {
        border-color: var(--line-strong);
      }
      .act.off {
        background: var(--danger-soft);
        color: var(--danger-ink);
      }
      .listens {
        display: flex;
        align-items: center;
        gap: var(--s2);
        margin: 0;
        padding-inline: var(--s3);
        color: var(--ink-muted);
      }
      .act.hand-up {
        background: var(--accent-soft);
        border-color: var(--accent);
        color: var(--accent-ink);
      }
      .act.live {
        background: var(--primary);
        color: var(--on-primary);
      }
      .act.leave {
        background: var(--danger);
        color: var(--on-danger);
      }
      .act.leave:hover {
        border-color: transparent;
        background: var(--danger-hover);
      }
      .act[aria-disabled="true"] {
        color: var(--ink-faint);
        cursor: not-allowed;
      }
      .meter {
        position: absolute;
        inset-inline: 10px;
        inset-block-end: 3px;
        block-size: 3px;
        overflow: hidden;
        border-radius: 2px;
      }
      .meter i {
        display: block;
        block-size: 100%;
        border-radius: 2px;
        background: var(--positive);
        transform-origin: 0 50%;
      }
      .act .count {
        position: absolute;
        inset-block-start: 3px;
        inset-inline-end: 12px;
        background: var(--accent-ink);
        color: var(--surface);
      }
      wa-dropdown::part(menu) {
        min-inline-size: 260px;
      }
      wa-dropdown-item .icon {
        inline-size: 18px;
        block-size: 18px;
      }
      wa-dropdown-item {
        min-block-size: 42px;
      }
      :host([phone]) {
        grid-template-columns: 1fr;
        padding: 6px max(8px, env(safe-area-inset-right)) max(6px, env(safe-area-inset-bottom)) max(8px, env(safe-area-inset-left));
      }
      :host([phone]) .middle {
        display: grid;
        grid-template-columns: repeat(5, minmax(0, 1fr));
        gap: 6px;
      }
      :host([phone]) .act {
        inline-size: 100%;
        min-inline-size: 0;
        padding-inline: 2px;
        font-size: 12px;
      }
      :host([phone]) .act > span:not(.count, .meter) {
        max-inline-size: 100%;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      @media (max-width: 359px) {
        :host([phone]) .act {
          padding-inline: 0;
          font-size: 11px;
        }
      }
      @media (max-height: 430px) {
        .act {
          min-block-size: 44px;
          padding-block: 3px;
        }
      }
    `,
  ];

  @property({ type: Number }) fresh = 0; // what is new in the rail, on a phone
  @query(".meter i") private meter!: HTMLElement | null;

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    this.meter?.style.setProperty("transform", `scaleX(${Math.min(1, this.state.local.microphoneLevel).toFixed(2)})`);
  }

  protected override render(): TemplateResult {
    const { phone } = this.face;
    this.toggleAttribute("phone", phone);
    const leave = html`<button class="act leave" type="button" @click=${this.#leave}>${icon("log-out")}<span>${t("room.leave")}</span></button>`;
    if (phone) {
      return html`<div class="middle">
        ${speaks(this.state.you?.role) ? html`${this.#microphone()} ${this.#camera()} ${this.#hand()}` : this.#listens()}
        <button class="act" type="button" @click=${() => this.dispatchEvent(new Event("panel"))}>
          ${icon("panel-right")}<span>${t("room.panel")}</span>
          ${this.fresh ? html`<span class="count">${this.fresh}<span class="visually-hidden">${t("room.new")}</span></span>` : nothing}
        </button>
        ${leave}
      </div>`;
    }
    return html`<div></div>
      <div class="middle">${speaks(this.state.you?.role) ? html`${this.#microphone()} ${this.#camera()} ${this.#screen()} ${this.#hand()}` : this.#listens()} ${this.leads ? this.#meetingMenu() : nothing}</div>
      <div class="end">${leave}</div>`;
  }

  #listens(): TemplateResult {
    return html`<p class="listens">${icon("eye")}<span>${t(this.state.you?.role === "watcher" ? "room.listens.public" : "room.listens")}</span></p>`;
  }

  #device(kind: "microphone" | "camera", on: IconName, off: IconName): TemplateResult {
    const standing = this.state.local[kind];
    const isOn = standing === "on";
    const starting = standing === "starting";
    const act = isOn ? "off" : "on";
    const short = this.face.phone && kind === "microphone";
    const word = t(short ? "room.microphone.short" : `room.${kind}`);
    return html`<button
      class="act ${isOn || starting ? "" : "off"} ${starting ? "spin" : ""}"
      type="button"
      aria-pressed=${isOn}
      aria-busy=${starting}
      aria-label=${short ? `${word}: ${t(`room.${kind}.${act}`)}` : t(`room.${kind}.${act}`)}
      title=${t(`room.${kind}.${act}.key`)}
      @click=${() => void this.face.toggle(kind)}
    >
      ${icon(starting ? "loader-circle" : isOn ? on : off)}<span aria-hidden="true">${word}</span>
      ${kind === "microphone" && isOn ? html`<span class="meter"><i></i></span>` : nothing}
    </button>`;
  }

  #microphone(): TemplateResult {
    return this.#device("microphone", "mic", "mic-off");
  }

  #camera(): TemplateResult {
    return this.#device("camera", "video", "video-off");
  }

  #screen(): TemplateResult {
    const standing = this.state.local.screen;
    const on = standing === "on";
    const cannot = standing === "unsupported";
    return html`<button
      class="act ${on ? "live" : ""} ${standing === "starting" ? "spin" : ""}"
      type="button"
      aria-pressed=${on}
      aria-disabled=${cannot}
      aria-label=${t(on ? "room.screen.off" : "room.screen.on")}
      title=${t(cannot ? "room.screen.unsupported" : on ? "room.screen.off.key" : "room.screen.on.key")}
      @click=${() => void this.face.toggle("screen")}
    >
      ${icon(standing === "starting" ? "loader-circle" : on ? "monitor-x" : "monitor-up")}<span aria-hidden="true">${t(on ? "room.screen.stop" : "room.screen")}</span>
    </button>`;
  }

  #hand(): TemplateResult {
    const up = this.meeting.hands.includes(this.state.you?.personId ?? "");
    return html`<button
      class="act ${up ? "hand-up" : ""}"
      type="button"
      aria-pressed=${up}
      aria-label=${t(up ? "room.hand.down" : "room.hand.up")}
      title=${t(up ? "room.hand.down.key" : "room.hand.up.key")}
      @click=${() => void this.face.toggle("hand")}
    >
      ${icon("hand")}<span aria-hidden="true">${t(up ? "room.hand.lower" : this.face.phone ? "room.hand.short" : "room.hand")}</span>
    </button>`;
  }

  #meetingMenu(): TemplateResult {
    const { meeting } = this;
    return html`<wa-dropdown placement="top" distance="8" @wa-select=${this.#chosen}>
      <button slot="trigger" class="act" type="button">${icon("gavel")}<span>${t("room.meeting")}</span></button>
      ${meeting.status === "planned" ? html`<wa-dropdown-item value="open"><span slot="icon">${icon("door-open")}</span>${t("room.meeting.open")}</wa-dropdown-item>` : nothing}
      <wa-dropdown-item value="item"><span slot="icon">${icon("list-ordered")}</span>${t("room.meeting.next_item")}</wa-dropdown-item>
      <wa-dropdown-item value="lock"><span slot="icon">${icon(meeting.locked ? "lock-open" : "lock")}</span>${t(meeting.locked ? "room.meeting.unlock" : "room.meeting.lock")}</wa-dropdown-item>
      <wa-dropdown-item value="mute"><span slot="icon">${icon("mic-off")}</span>${t("room.meeting.mute_person")}</wa-dropdown-item>
      ${meeting.status === "open" ? this.#recording() : nothing}
      ${meeting.status === "open"
        ? html`<wa-dropdown-item value="close" variant="danger"><span slot="icon">${icon("circle-check")}</span>${t("room.meeting.close")}</wa-dropdown-item>`
        : nothing}
    </wa-dropdown>`;
  }

  #recording(): TemplateResult {
    const { recording } = this.meeting;
    const item = (value: string, look: IconName): TemplateResult => html`<wa-dropdown-item value=${value}><span slot="icon">${icon(look)}</span>${t(`room.recording.${value}`)}</wa-dropdown-item>`;
    if (!recording) return item("record", "circle-dot");
    return html`${recording.paused ? item("resume", "circle-dot") : item("pause", "circle-pause")} ${item("stop", "circle-stop")}`;
  }

  readonly #chosen = (event: CustomEvent<{ item: { value: string } }>): void => {
    this.dispatchEvent(new CustomEvent("meeting", { detail: event.detail.item.value }));
  };

  readonly #leave = (): void => {
    this.dispatchEvent(new Event("leave"));
  };
}
