// Before joining: one sees oneself, sees that one is heard, chooses devices, and goes in; with both, one or none of them.
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { icon } from "../icons";
import { camera, DeviceTrouble, Level, microphone, type Trouble } from "../room/devices";
import type { Devices, RoomPage } from "../room/model";
import { chooseTheme, isDark } from "../theme";
import { clock, currentLanguage, day, initials, language, t, zoneName } from "../words";
import { browserName } from "./browser";
import "./devices";
import type { BalaiDevices } from "./devices";
import { speaks } from "./face";
import type { Settings } from "./settings";
import { shared } from "./sheet";

type Standing = "off" | "starting" | "on" | Trouble;
type Kind = "microphone" | "camera";

@customElement("balai-prejoin")
export class BalaiPrejoin extends LitElement {
  static override styles = [
    ...shared,
    css`
      :host {
        display: grid;
        min-block-size: 100%;
        overflow-y: auto;
        background: var(--paper);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--s4);
        min-block-size: 60px;
        padding: 0 max(var(--s6), env(safe-area-inset-right)) 0 max(var(--s6), env(safe-area-inset-left));
        border-block-end: 1px solid var(--line);
        background: var(--surface);
      }
      .office {
        display: flex;
        align-items: center;
        gap: var(--s3);
        font-weight: 650;
      }
      .office img {
        block-size: 36px;
        inline-size: auto;
      }
      .lay {
        display: grid;
        grid-template-rows: auto 1fr;
      }
      main {
        display: grid;
        grid-template-columns: minmax(0, 1.45fr) minmax(320px, 1fr);
        align-items: center;
        align-self: center;
        gap: var(--s12);
        inline-size: 100%;
        max-inline-size: 1180px;
        margin-inline: auto;
        padding: var(--s8) var(--s6);
      }
      .preview {
        position: relative;
        overflow: hidden;
        aspect-ratio: 16 / 10;
        border-radius: var(--radius);
        background: var(--tile);
        box-shadow: inset 0 0 0 1px var(--tile-line);
        container-type: size;
      }
      video {
        display: block;
        inline-size: 100%;
        block-size: 100%;
        object-fit: cover;
        transform: scaleX(-1);
      }
      .card {
        display: grid;
        align-content: center;
        justify-items: center;
        gap: var(--s2);
        block-size: 100%;
        padding: var(--s4) var(--s4) 96px;
        text-align: center;
      }
      .initials {
        display: grid;
        place-items: center;
        inline-size: clamp(56px, 24cqmin, 112px);
        aspect-ratio: 1;
        border-radius: 50%;
        background: var(--primary-soft);
        color: var(--primary);
        font-size: clamp(20px, 9cqmin, 40px);
        font-weight: 600;
      }
      .controls {
        position: absolute;
        inset-inline: 0;
        inset-block-end: var(--s4);
        display: flex;
        justify-content: center;
        gap: var(--s3);
      }
      .toggle {
        display: inline-flex;
        align-items: center;
        gap: var(--s2);
        min-block-size: 48px;
        padding: 0 var(--s4);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--surface);
        box-shadow: var(--shadow);
        color: var(--ink);
        font-weight: 600;
        cursor: pointer;
      }
      .toggle.off {
        background: var(--danger-soft);
        color: var(--danger-ink);
      }
      .heard {
        display: flex;
        align-items: center;
        gap: var(--s3);
        min-block-size: 24px;
        margin-block-start: var(--s4);
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
      .meter {
        flex: 1;
        block-size: 8px;
        overflow: hidden;
        border-radius: 4px;
        background: var(--line);
      }
      .meter i {
        display: block;
        block-size: 100%;
        border-radius: 4px;
        background: var(--positive);
        transform: scaleX(0);
        transform-origin: 0 50%;
        transition: transform 80ms linear;
      }
      .notice {
        flex-wrap: wrap;
        margin-block-start: var(--s3);
        font-size: var(--text-s);
      }
      .notice.notice > div {
        flex-basis: 14rem;
      }
      .tools {
        display: flex;
        gap: var(--s1);
      }
      .about h1 {
        font-size: var(--text-2xl);
        letter-spacing: -0.02em;
        overflow-wrap: anywhere;
        text-wrap: balance;
      }
      .when {
        margin-block: var(--s2) var(--s6);
        color: var(--ink-soft);
      }
      .self {
        margin-block-end: var(--s5);
        padding-block: var(--s3);
        border-block: 1px solid var(--line);
      }
      .self strong {
        display: block;
        font-size: var(--text-l);
        font-weight: 600;
      }
      .go {
        margin-block-end: var(--s3);
      }
      .about .button + .hint {
        margin-block-start: var(--s2);
      }
      details {
        margin-block-start: var(--s3);
      }
      summary {
        display: inline-flex;
        align-items: center;
        gap: var(--s2);
        min-block-size: var(--control);
        color: var(--primary);
        font-weight: 600;
        cursor: pointer;
        list-style: none;
      }
      summary::-webkit-details-marker {
        display: none;
      }
      details[open] summary {
        margin-block-end: var(--s2);
      }
      @media (max-width: 860px) {
        header {
          font-size: var(--text-s);
          min-block-size: 52px;
          padding-inline: var(--s4);
        }
        main {
          grid-template-columns: minmax(0, 1fr);
          align-self: start;
          gap: var(--s5);
          max-inline-size: 560px;
          padding: var(--s4) var(--s4) max(var(--s6), env(safe-area-inset-bottom));
        }
        .about {
          display: contents;
        }
        .intro {
          order: -1;
        }
        .about h1 {
          font-size: var(--text-xl);
        }
        .when {
          margin-block: var(--s1) 0;
          font-size: var(--text-s);
        }
        .self {
          margin: 0 0 var(--s4);
        }
        .preview {
          aspect-ratio: 4 / 3;
          max-block-size: 46vh;
          inline-size: 100%;
        }
        .toggle {
          min-block-size: 44px;
        }
        details {
          margin-block-start: var(--s2);
        }
      }
    `,
  ];

  @property({ attribute: false }) page!: RoomPage;
  @property({ attribute: false }) settings!: Settings;
  @property({ type: Boolean }) joining = false;
  @property() failure = "";
  @state() private standing: Readonly<Record<Kind, Standing>> = { microphone: "off", camera: "off" };
  @query("video") private video!: HTMLVideoElement | null;
  @query(".meter i") private meter!: HTMLElement | null;
  @query("balai-devices") private list!: BalaiDevices | null;

  #tracks: Record<Kind, MediaStreamTrack | null> = { microphone: null, camera: null };
  readonly #level = new Level();
  readonly #anew = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    language.addEventListener("change", this.#anew);
    if (!speaks(this.page.role)) return;
    if (this.settings.camera) void this.#start("camera");
    if (this.settings.microphone) void this.#start("microphone");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    language.removeEventListener("change", this.#anew);
    this.#end("camera");
    this.#end("microphone");
  }

  async #start(kind: Kind): Promise<void> {
    this.#stand(kind, "starting");
    const { cameraId, microphoneId } = this.settings.devices;
    try {
      const track = await (kind === "camera" ? camera(cameraId) : microphone(microphoneId));
      if (!this.isConnected) return track.stop();
      this.#tracks[kind]?.stop();
      this.#tracks[kind] = track;
      this.#stand(kind, "on");
      void this.list?.look();
      if (kind === "microphone") this.#level.start(track, (level) => this.meter?.style.setProperty("transform", `scaleX(${level.toFixed(3)})`));
    } catch (error) {
      this.#stand(kind, error instanceof DeviceTrouble ? error.trouble : "busy");
    }
  }

  #end(kind: Kind): void {
    this.#tracks[kind]?.stop();
    this.#tracks[kind] = null;
    if (kind === "microphone") this.#level.stop();
  }

  #stand(kind: Kind, standing: Standing): void {
    this.standing = { ...this.standing, [kind]: standing };
  }

  #toggle(kind: Kind): void {
    const on = this.standing[kind] !== "on";
    this.#change({ [kind]: on });
    if (on) return void this.#start(kind);
    this.#end(kind);
    this.#stand(kind, "off");
  }

  #change(settings: Partial<Settings>): void {
    this.dispatchEvent(new CustomEvent<Partial<Settings>>("settings", { detail: settings }));
  }

  async #use(devices: Devices): Promise<void> {
    const before = this.settings.devices;
    this.#change({ devices });
    await this.updateComplete;
    if (devices.cameraId !== before.cameraId && this.standing.camera !== "off") void this.#start("camera");
    if (devices.microphoneId !== before.microphoneId && this.standing.microphone !== "off") void this.#start("microphone");
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const track = this.#tracks.camera;
    const video = this.video;
    if (!video || !track) return;
    if ((video.srcObject as MediaStream | null)?.getVideoTracks()[0] !== track) video.srcObject = new MediaStream([track]);
  }

  protected override render(): TemplateResult {
    const { page } = this;
    const theme = t(isDark() ? "room.theme.to_light" : "room.theme.to_dark");
    return html`<div class="lay">
      <header>
        <span class="office">${page.office.logo ? html`<img src=${page.office.logo} alt="" />` : nothing}${page.office.name}</span>
        <span class="tools">
          <button class="button quiet small" type="button" lang=${currentLanguage() === "id" ? "en" : "id"} @click=${() => this.dispatchEvent(new Event("language"))}>
            ${icon("languages")}${currentLanguage() === "id" ? "English" : "Indonesia"}
          </button>
          <button class="button quiet square small" type="button" aria-label=${theme} title=${theme} @click=${this.#theme}>${icon(isDark() ? "sun" : "moon")}</button>
        </span>
      </header>
      <main>
        <div>
          ${speaks(this.page.role) ? html`${this.#preview()} ${this.#heard()} ${this.#trouble("camera")} ${this.#trouble("microphone")}` : this.#listens()}
        </div>
        <div class="about">
          <div class="intro">
            <h1>${page.title}</h1>
            <p class="when num">${t("room.prejoin.when", { day: day(page.startsMs, page.zone), start: clock(page.startsMs, page.zone), end: clock(page.endsMs, page.zone), zone: zoneName(page.zone) })}</p>
          </div>
          <div>
            <div class="self">
              <span class="muted small">${t("room.prejoin.as")}</span>
              <strong>${page.role === "watcher" ? t("common.role.watcher") : page.name}</strong>
              <span class="muted">${page.role === "watcher" ? nothing : [page.function, page.role === "waiting" ? t("common.role.guest") : t(`common.role.${page.role}`)].filter(Boolean).join(", ")}</span>
            </div>
            ${this.failure ? html`<p class="notice danger go" role="alert">${icon("circle-alert")}<span>${this.failure}</span></p>` : nothing}
            <button class="button large wide ${this.joining ? "spin" : ""}" type="button" ?disabled=${this.joining} @click=${() => this.dispatchEvent(new Event("join"))}>
              ${this.joining ? icon("loader-circle") : nothing}${t(this.joining ? "room.prejoin.joining" : page.role === "waiting" ? "room.prejoin.ask" : "room.prejoin.join")}
            </button>
            ${speaks(this.page.role) ? html`<p class="hint">${this.#summary()}</p>` : nothing}
            <details>
              <summary>${icon("settings")}${t("room.prejoin.devices")}</summary>
              <balai-devices .devices=${this.settings.devices} @devices=${(event: CustomEvent<Devices>) => void this.#use(event.detail)}></balai-devices>
            </details>
          </div>
        </div>
      </main>
    </div>`;
  }

  readonly #theme = (): void => {
    chooseTheme(isDark() ? "light" : "dark");
    this.requestUpdate();
  };

  #preview(): TemplateResult {
    const on = this.standing.camera === "on";
    return html`<div class="preview">
      ${on
        ? html`<video autoplay muted playsinline .muted=${true} aria-label=${t("room.prejoin.preview")}></video>`
        : html`<div class="card">
            <span class="initials" aria-hidden="true">${initials(this.page.name)}</span>
            <span class="muted">${t(this.standing.camera === "starting" ? "room.tile.starting" : "room.prejoin.no_picture")}</span>
          </div>`}
      <div class="controls">${this.#button("microphone")} ${this.#button("camera")}</div>
    </div>`;
  }

  #listens(): TemplateResult {
    return html`<div class="preview"><div class="card"><span aria-hidden="true">${icon("eye")}</span><span class="muted">${t(this.page.role === "watcher" ? "room.listens.public" : "room.listens")}</span></div></div>`;
  }

  #button(kind: Kind): TemplateResult {
    const standing = this.standing[kind];
    const on = standing === "on" || standing === "starting";
    const act = on ? "off" : "on";
    const look = kind === "microphone" ? (on ? "mic" : "mic-off") : on ? "video" : "video-off";
    return html`<button class="toggle ${on ? "" : "off"}" type="button" aria-pressed=${on} aria-label=${t(`room.${kind}.${act}`)} @click=${() => this.#toggle(kind)}>
      ${icon(look)}<span aria-hidden="true">${t(`room.${kind}`)}</span>
    </button>`;
  }

  #heard(): TemplateResult {
    if (this.standing.microphone !== "on") return html`<p class="heard">${icon("mic-off")}<span>${t("room.prejoin.not_heard")}</span></p>`;
    return html`<div class="heard">${icon("mic")}<span>${t("room.prejoin.speak")}</span><span class="meter"><i></i></span></div>`;
  }

  #trouble(kind: Kind): TemplateResult | typeof nothing {
    const standing = this.standing[kind];
    if (standing === "off" || standing === "starting" || standing === "on") return nothing;
    const how = standing === "denied" ? t(`room.denied.${browserName(navigator.userAgent)}`) : "";
    return html`<div class="notice accent" role="status">
      ${icon("info")}
      <div><strong>${t(`room.device.${kind}.${standing}`)}</strong> ${how}</div>
      <button class="button secondary small" type="button" @click=${() => void this.#start(kind)}>${t("room.prejoin.try_again")}</button>
    </div>`;
  }

  #summary(): string {
    const { microphone: mic, camera: cam } = this.standing;
    const key = mic === "on" ? (cam === "on" ? "both" : "microphone") : cam === "on" ? "camera" : "neither";
    return t(`room.prejoin.with_${key}`);
  }
}
