// One tile of the stage: a moving picture, or a name card that says why there is none. It never decides where it stands.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { icon, type IconName } from "../icons";
import type { Line } from "../room/model";
import { initials, t } from "../words";
import { Piece } from "./face";
import { shared } from "./sheet";

/** Why a tile shows no picture. */
export type NoPicture = "" | "camera-off" | "bandwidth" | "codec" | "limit" | "economy" | "starting" | "media-down";

export interface Tile {
  readonly key: string;
  readonly sessionId: string;
  readonly personId: string;
  readonly producerId: string; // "" : nothing comes from the server for it
  readonly name: string;
  readonly function: string;
  readonly own: boolean;
  readonly screen: boolean;
  readonly stream: MediaStream | null;
  readonly noPicture: NoPicture;
  readonly muted: boolean;
  readonly speaking: boolean;
  readonly line: Line | null; // not good, as the server sees it
  readonly hand: number; // place among raised hands, 0: not raised
  readonly pinned: boolean;
}

@customElement("balai-tile")
export class BalaiTile extends Piece {
  static override styles = [
    ...shared,
    css`
      :host {
        position: absolute;
        inset-block-start: 0;
        inset-inline-start: 0;
        overflow: hidden;
        border-radius: var(--radius);
        background: var(--tile);
        box-shadow: inset 0 0 0 1px var(--tile-line);
        container-type: size;
        transition: transform var(--calm) ease-out;
      }
      :host([screen]) {
        background: var(--screen);
        box-shadow: none;
      }
      video {
        display: block;
        inline-size: 100%;
        block-size: 100%;
        object-fit: cover;
      }
      :host([screen]) video {
        object-fit: contain;
      }
      video.mirrored {
        transform: scaleX(-1);
      }
      .ring {
        position: absolute;
        inset: 0;
        border: 3px solid transparent;
        border-radius: inherit;
        pointer-events: none;
        transition: border-color var(--quick);
      }
      :host([speaking]) .ring {
        border-color: var(--accent);
        box-shadow: inset 0 0 0 1px var(--paper);
      }
      .card {
        display: grid;
        align-content: center;
        justify-items: center;
        gap: 2px;
        block-size: 100%;
        padding: 12px 16px 40px;
        border: 0;
        background: none;
        text-align: center;
      }
      .initials {
        display: grid;
        place-items: center;
        inline-size: clamp(32px, 22cqmin, 104px);
        aspect-ratio: 1;
        margin-block-end: clamp(2px, 3cqmin, 14px);
        border-radius: 50%;
        background: var(--primary-soft);
        color: var(--primary);
        font-size: clamp(13px, 8.5cqmin, 38px);
        font-weight: 600;
        letter-spacing: 0.01em;
      }
      .card strong {
        max-inline-size: 100%;
        color: var(--ink);
        font-size: clamp(13px, 5cqmin, 22px);
        font-weight: 650;
        line-height: 1.3;
        letter-spacing: -0.01em;
        text-wrap: balance;
      }
      .card .what {
        max-inline-size: 100%;
        color: var(--ink-soft);
        font-size: clamp(12px, 3.4cqmin, 15px);
        line-height: 1.35;
        text-wrap: balance;
      }
      .why {
        display: inline-flex;
        align-items: center;
        max-inline-size: 100%;
        line-height: 1.3;
        gap: 6px;
        margin-block-start: clamp(2px, 2cqmin, 10px);
        color: var(--ink-soft);
        font-size: clamp(12px, 3.2cqmin, 14px);
      }
      .why .icon {
        inline-size: 1.15em;
        block-size: 1.15em;
      }
      .why.weak {
        color: var(--accent-ink);
      }
      .label {
        position: absolute;
        inset-block-end: 8px;
        inset-inline-start: 8px;
        display: flex;
        align-items: center;
        gap: 6px;
        max-inline-size: calc(100% - 16px);
        min-block-size: 26px;
        padding: 2px 10px;
        border-radius: 6px;
        background: var(--veil);
        color: var(--on-veil);
        font-size: 13px;
        font-weight: 550;
        line-height: 1.35;
      }
      .label .icon {
        inline-size: 15px;
        block-size: 15px;
      }
      .label .lines {
        display: grid;
        min-inline-size: 0;
      }
      .label .lines > * {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .label .what {
        font-size: 12px;
        font-weight: 400;
        opacity: 0.9;
      }
      .quiet {
        background: none;
        color: var(--ink-soft);
        padding-inline: 4px;
      }
      .hand {
        position: absolute;
        inset-block-start: 8px;
        inset-inline-start: 8px;
        display: inline-flex;
        align-items: center;
        gap: 4px;
        padding: 3px 8px;
        border-radius: var(--round);
        background: var(--accent-soft);
        box-shadow: 0 0 0 1px var(--accent);
        color: var(--accent-ink);
        font-size: 13px;
        font-weight: 650;
        font-variant-numeric: tabular-nums;
      }
      .hand .icon {
        inline-size: 16px;
        block-size: 16px;
      }
      .acts {
        position: absolute;
        inset-block-start: 8px;
        inset-inline-end: 8px;
        display: flex;
        gap: 2px;
        padding: 2px;
        border-radius: var(--radius);
        background: var(--veil);
        opacity: 0;
        transition: opacity var(--quick);
      }
      :host(:hover) .acts,
      :host(:focus-within) .acts,
      .acts[data-kept] {
        opacity: 1;
      }
      .acts button {
        display: grid;
        place-items: center;
        inline-size: 34px;
        block-size: 34px;
        padding: 0;
        border: 0;
        border-radius: 6px;
        background: transparent;
        color: var(--on-veil);
        cursor: pointer;
      }
      .acts button:hover {
        background: var(--veil-hover);
      }
      .acts button:focus-visible {
        outline-color: var(--on-veil);
        outline-offset: -3px;
      }
      .acts .icon {
        inline-size: 18px;
        block-size: 18px;
      }
      @container (max-width: 150px) or (max-height: 125px) {
        .label .what {
          display: none;
        }
      }
      @container (max-width: 260px) or (max-height: 150px) {
        .card .what {
          display: none;
        }
        .label {
          inset-block-end: 5px;
          inset-inline-start: 5px;
          padding-inline: 7px;
          font-size: 12px;
        }
        .card {
          padding: 6px 8px 28px;
        }
        .acts button {
          inline-size: 28px;
          block-size: 28px;
        }
      }
      @container (max-width: 200px) {
        .why.weak .icon {
          display: none;
        }
      }
      @container (max-height: 130px) or (max-width: 150px) {
        .why span {
          display: none;
        }
        .card strong {
          overflow: hidden;
          font-size: 12px;
          text-overflow: ellipsis;
          white-space: nowrap;
        }
        .acts .more {
          display: none;
        }
      }
      @container (max-height: 96px) {
        .why {
          display: none;
        }
      }
      @media (hover: none) {
        .acts:not([data-kept]) {
          visibility: hidden;
        }
        :host([touched]) .acts {
          visibility: visible;
          opacity: 1;
        }
      }
    `,
  ];

  @property({ attribute: false }) tile!: Tile;
  @query("video") private video!: HTMLVideoElement | null;
  @state() private full = false;

  /** Without a pointer that hovers, a touch brings the buttons, and the next one takes them away. */
  readonly #touch = (event: PointerEvent): void => {
    if (event.pointerType === "touch" && !(event.composedPath()[0] instanceof HTMLButtonElement)) this.toggleAttribute("touched");
  };

  readonly #fullChanged = (): void => {
    this.full = document.fullscreenElement !== null;
  };

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("role", "listitem");
    this.addEventListener("pointerup", this.#touch);
    document.addEventListener("fullscreenchange", this.#fullChanged);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("fullscreenchange", this.#fullChanged);
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    this.toggleAttribute("speaking", this.tile.speaking);
    this.toggleAttribute("screen", this.tile.screen);
    this.setAttribute("aria-label", this.#spoken());
    const video = this.video;
    if (video && video.srcObject !== this.tile.stream) {
      video.srcObject = this.tile.stream;
      void video.play().catch(() => undefined); // muted pictures may play; a page being closed may not
    }
  }

  protected override render(): TemplateResult {
    const { tile } = this;
    return html`
      ${tile.noPicture ? this.#card() : html`<video class=${tile.own && !tile.screen ? "mirrored" : ""} muted autoplay playsinline .muted=${true}></video>`}
      <span class="ring"></span>
      ${tile.hand ? html`<span class="hand">${icon("hand")}${tile.hand}<span class="visually-hidden">${t("room.tile.hand", { place: tile.hand })}</span></span>` : nothing}
      ${this.#label()} ${this.#acts()}
    `;
  }

  #card(): TemplateResult {
    const { tile } = this;
    return html`<div class="card">
      <span class="initials" aria-hidden="true">${initials(tile.name)}</span>
      <strong>${tile.name}</strong>
      ${tile.function ? html`<span class="what">${tile.function}</span>` : nothing} ${this.#why()}
    </div>`;
  }

  #why(): TemplateResult {
    const reason = this.tile.noPicture;
    const look: Readonly<Record<string, IconName>> = { "camera-off": "video-off", bandwidth: "circle-pause", codec: "circle-pause", limit: "circle-pause", economy: "circle-pause", starting: "loader-circle", "media-down": "wifi-off" };
    const weak = reason === "bandwidth" || reason === "media-down";
    return html`<span class="why ${weak ? "weak" : ""} ${reason === "starting" ? "spin" : ""}"
      >${icon(look[reason] ?? "video-off")}<span>${t(`room.tile.${reason}`)}</span></span
    >`;
  }

  #label(): TemplateResult | typeof nothing {
    const { tile } = this;
    const weak = tile.line && !tile.screen ? html`${icon(tile.line.level === "poor" ? "signal-low" : "signal-high")}<span class="visually-hidden">${t(`room.line.${tile.line.reason}`)}</span>` : nothing;
    const muted = tile.muted && !tile.screen ? html`${icon("mic-off")}<span class="visually-hidden">${t("room.tile.muted")}</span>` : nothing;
    if (tile.noPicture) {
      const you = tile.own ? html`<span class="who">${t("room.you")}</span>` : nothing;
      return tile.muted || tile.own || tile.line ? html`<span class="label quiet">${weak}${muted}${you}</span>` : nothing;
    }
    const name = tile.own ? t(tile.screen ? "room.tile.your_screen" : "room.you_named", { name: tile.name }) : tile.screen ? t("room.tile.screen", { name: tile.name }) : tile.name;
    return html`<span class="label"
      >${weak}${tile.screen ? icon("monitor-up") : muted}<span class="lines"
        ><span class="who">${name}</span>${tile.function && !tile.screen ? html`<span class="what">${tile.function}</span>` : nothing}</span
      ></span
    >`;
  }

  #acts(): TemplateResult {
    const { tile } = this;
    const pin = tile.pinned ? t("room.tile.unpin", { name: tile.name }) : t("room.tile.pin", { name: tile.name });
    const full = t(this.full ? "room.tile.full_end" : "room.tile.full", { name: tile.name });
    return html`<div class="acts" ?data-kept=${tile.pinned}>
      <button type="button" aria-pressed=${tile.pinned} aria-label=${pin} title=${pin} @click=${this.#pin}>${icon(tile.pinned ? "pin-off" : "pin")}</button>
      ${!tile.noPicture && document.pictureInPictureEnabled
        ? html`<button class="more" type="button" aria-label=${t("room.tile.pip", { name: tile.name })} title=${t("room.tile.pip_short")} @click=${this.#float}>
            ${icon("picture-in-picture-2")}
          </button>`
        : nothing}
      ${document.fullscreenEnabled
        ? html`<button class="more" type="button" aria-label=${full} title=${t(this.full ? "room.tile.full_end_short" : "room.tile.full_short")} @click=${this.#fill}>
            ${icon(this.full ? "minimize" : "maximize")}
          </button>`
        : nothing}
    </div>`;
  }

  #spoken(): string {
    const { tile } = this;
    const parts = [tile.screen ? t("room.tile.screen", { name: tile.name }) : tile.own ? t("room.you_named", { name: tile.name }) : tile.name];
    if (tile.function && !tile.screen) parts.push(tile.function);
    if (tile.muted && !tile.screen) parts.push(t("room.tile.muted"));
    if (tile.line && !tile.screen) parts.push(t(`room.line.${tile.line.reason}`));
    if (tile.noPicture) parts.push(t(`room.tile.${tile.noPicture}`));
    if (tile.hand) parts.push(t("room.tile.hand", { place: tile.hand }));
    return parts.join(", ");
  }

  readonly #pin = (): void => {
    this.dispatchEvent(new CustomEvent("pin", { detail: this.tile.pinned ? "" : this.tile.key }));
  };

  readonly #float = async (): Promise<void> => {
    try {
      if (document.pictureInPictureElement === this.video) await document.exitPictureInPicture();
      else await this.video?.requestPictureInPicture();
    } catch {
      this.face.toast(t("room.tile.pip_failed"));
    }
  };

  readonly #fill = async (): Promise<void> => {
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else await this.requestFullscreen();
    } catch {
      this.face.toast(t("room.tile.full_failed"));
    }
  };
}
