// <balai-room>: before, waiting, the room itself, over; keys, regions, and what its elements ask of it. Everything shown
// comes from the client's state; nothing of the meeting is decided here.
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import type { Meeting, RoomClient, RoomPage, RoomState } from "../room/model";
import { play, type Sound } from "../sounds";
import { currentLanguage, language, setWords, t, type Language } from "../words";
import "./banners";
import "./bar";
import "./check-in";
import { focused, type BalaiQuestion } from "./dialogs";
import "./ending";
import { isFailure, nameOf, presentPeople, speaks, TABS, tabsOf, type Face, type Question, type RoomDialog, type Tab } from "./face";
import { wishOf, type Wish } from "./keys";
import { newsOf, type News } from "./news";
import "./prejoin";
import "./rail";
import "./recording";
import { keepSettings, readSettings, type Settings } from "./settings";
import { shared } from "./sheet";
import "./stage";
import type { BalaiToasts, ToastKind } from "./toasts";
import "./toasts";
import "./top";

const NARROW = "(max-width: 760px), (max-height: 430px)";
const CROWD = 15; // from here on, comings and goings are shown in the list only
const REGIONS = ["top", "stage", "rail", "bar"] as const;

const short = (text: string): string => (text.length > 90 ? `${text.slice(0, 90)}…` : text);

@customElement("balai-room")
export class BalaiRoom extends LitElement implements Face {
  static override styles = [
    ...shared,
    css`
      :host {
        display: grid;
        grid-template-rows: minmax(0, 1fr);
        overflow: hidden;
        background: var(--paper);
        color: var(--ink);
      }
      .room {
        position: relative;
        display: grid;
        grid-template: auto auto minmax(0, 1fr) auto / minmax(0, 1fr) auto;
        grid-template-areas: "top top" "banners banners" "stage rail" "bar bar";
        min-block-size: 0;
      }
      .room > header {
        grid-area: top;
        min-inline-size: 0;
      }
      balai-banners {
        grid-area: banners;
      }
      .stage {
        display: grid;
        grid-area: stage;
        grid-template-rows: minmax(0, 1fr) auto;
        min-inline-size: 0;
        min-block-size: 0;
      }
      .rail {
        display: grid;
        grid-area: rail;
        min-block-size: 0;
      }
      .bar {
        grid-area: bar;
        min-inline-size: 0;
      }
      balai-question,
      balai-settings,
      balai-recording,
      balai-keys {
        position: absolute;
      }
      balai-toasts {
        position: absolute;
        inset-inline: var(--s3);
        inset-block-end: 84px;
        z-index: 3;
      }
      .sheet {
        position: fixed;
        inset: auto 0 0 0;
        z-index: 4;
        block-size: min(82dvh, 640px);
        border-radius: var(--radius) var(--radius) 0 0;
        overflow: hidden;
        background: var(--surface);
        box-shadow: var(--shadow);
        animation: rise var(--calm) ease-out;
      }
      .veil {
        position: fixed;
        inset: 0;
        z-index: 3;
        border: 0;
        background: var(--backdrop);
      }
      @media (orientation: landscape) and (max-height: 500px) {
        .sheet {
          inset: 0 0 0 auto;
          inline-size: min(420px, 100%);
          block-size: 100dvh;
          border-radius: 0;
          padding-block-start: env(safe-area-inset-top);
        }
      }
      @keyframes rise {
        from {
          transform: translateY(24px);
          opacity: 0.4;
        }
      }
      [data-region]:focus-visible {
        outline-offset: -3px;
        z-index: 1;
      }
    `,
  ];

  @property({ attribute: false }) client!: RoomClient;
  @property({ attribute: false }) page!: RoomPage;
  @state() settings: Settings = readSettings();
  @state() phone = matchMedia(NARROW).matches;
  @state() private shown!: RoomState;
  @state() private phase: "before" | "joining" | "in" = "before";
  @state() private refusal = "";
  @state() private tab: Tab | null = matchMedia("(min-width: 1180px)").matches ? "people" : null;
  @state() private fresh: ReadonlyMap<Tab, number> = new Map();
  @state() private dialog: RoomDialog | null = null;
  @state() private silenced = false;
  @query("balai-toasts") private toasts!: BalaiToasts | null;
  @query("balai-question") private question!: BalaiQuestion | null;

  #seen: Meeting | null = null; // the meeting as of the last news
  #devicesStarted = false;
  #wanted = { microphone: false, camera: false }; // what one asked for oneself: off against this is somebody else's doing
  #spaceHeld = false;
  readonly #stop = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.shown = this.client.state;
    const { signal } = this.#stop;
    this.client.addEventListener("change", this.#changed, { signal });
    language.addEventListener("change", () => this.requestUpdate(), { signal });
    matchMedia(NARROW).addEventListener("change", (event) => (this.phone = event.matches), { signal });
    document.addEventListener("keydown", this.#keyDown, { signal });
    document.addEventListener("keyup", this.#keyUp, { signal });
    window.addEventListener("blur", () => void this.#endSpeaking(), { signal });
    window.addEventListener("beforeunload", this.#guard, { signal });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop.abort();
  }

  // ---------------------------------------------------------------- the client's state

  readonly #changed = (): void => {
    const now = this.client.state;
    this.shown = now;
    if (now.connection === "open" && now.meeting && now.you) {
      this.phase = "in";
      if (!this.#devicesStarted) this.#startDevices();
      if (this.#seen) this.#tellNews(newsOf(this.#seen, now.meeting, now.you.personId, now.you.sessionId), now.meeting);
      this.#seen = now.meeting;
    }
    if (now.connection === "waiting") this.phase = "in";
  };

  #startDevices(): void {
    if (!speaks(this.shown.you?.role)) return;
    this.#devicesStarted = true;
    this.#wanted = { microphone: this.settings.microphone, camera: this.settings.camera };
    if (this.settings.microphone) void this.act(this.client.setMicrophone(true));
    if (this.settings.camera) void this.act(this.client.setCamera(true));
  }

  #tellNews(news: readonly News[], meeting: Meeting): void {
    for (const one of news) this.#tell(one, meeting);
  }

  #tell(one: News, meeting: Meeting): void {
    const name = "personId" in one ? nameOf(meeting, one.personId) : "";
    switch (one.kind) {
      case "joined":
        this.#ring("join");
        if (presentPeople(meeting).length <= CROWD) this.#announce(t("room.news.joined", { name }));
        break;
      case "left":
        if (presentPeople(meeting).length <= CROWD) this.#announce(t("room.news.left", { name }));
        break;
      case "hand":
        this.#ring("hand");
        this.#freshen("people");
        this.#announce(t("room.news.hand", { name }), "accent");
        break;
      case "waiting":
        this.#ring("join");
        this.#freshen("people");
        this.toast(t("room.news.waiting", { name: one.name }), "accent");
        break;
      case "chat":
        if (this.tab === "chat") break;
        this.#ring("chat");
        this.#freshen("chat");
        this.#announce(t("room.news.chat", { name, text: short(one.text) }));
        break;
      case "item":
        this.#freshen("agenda");
        this.#announce(t("room.news.item", { number: one.number, title: one.title }));
        break;
      case "decision":
      case "action":
        this.#freshen("notes");
        this.#announce(t(`room.news.${one.kind}`, { number: one.number }));
        break;
      case "notes":
        this.#freshen("notes");
        break;
      case "consensus":
      case "vote":
      case "tied":
        this.#ring("vote");
        this.#freshen("votes");
        if (this.tab !== "votes") this.toast(t(`room.news.${one.kind}`, { text: short(one.text) }), "accent");
        break;
      case "adopted":
      case "rejected":
      case "void":
      case "objected":
        this.#freshen("votes");
        if (this.tab === "votes") this.toasts?.tell(t(`room.news.${one.kind}`, { text: short(one.text) }));
        else this.#announce(t(`room.news.${one.kind}`, { text: short(one.text) }));
        break;
      case "floor":
        this.#announce(t("room.news.floor", { name }));
        break;
      case "your-floor":
        this.#ring("hand");
        this.toast(t("room.news.your-floor"), "accent");
        break;
      case "quorum-lost":
        this.#freshen("votes");
        this.toast(t("room.news.quorum-lost"), "danger");
        break;
      case "adjourned":
      case "resumed":
        this.#freshen("votes");
        this.toast(t(`room.news.${one.kind}`), "accent");
        break;
      case "recording":
        this.#ring("recording");
        this.toast(t("room.news.recording"), "danger");
        break;
      case "muted":
        this.silenced = this.#wanted.microphone;
        this.#wanted.microphone = false;
        break;
      case "camera-off":
        if (this.#wanted.camera) this.toast(t("room.news.camera_off"));
        this.#wanted.camera = false;
        break;
      default:
        this.toast(t(`room.news.${one.kind}`));
    }
  }

  #announce(text: string, kind: ToastKind = ""): void {
    if (this.settings.announce) this.toast(text, kind);
  }

  #ring(sound: Sound): void {
    if (sound === "recording" || this.settings.sounds[sound]) play(sound);
  }

  #freshen(tab: Tab): void {
    if (this.tab !== tab) this.fresh = new Map(this.fresh).set(tab, (this.fresh.get(tab) ?? 0) + 1);
  }

  // ---------------------------------------------------------------- Face: what elements ask for

  async act(doing: Promise<void>): Promise<boolean> {
    try {
      await doing;
      return true;
    } catch (failure) {
      this.toast((isFailure(failure) && failure.text) || t("room.failed"), "danger");
      return false;
    }
  }

  ask(question: Question): Promise<boolean> {
    return this.question?.ask(question) ?? Promise.resolve(false);
  }

  toast(text: string, kind: ToastKind = ""): void {
    this.toasts?.say(text, kind);
  }

  change(settings: Partial<Settings>): void {
    const before = this.settings;
    this.settings = { ...before, ...settings };
    keepSettings(this.settings);
    if (settings.economy !== undefined) this.client.save(settings.economy);
    if (settings.devices && this.phase === "in") void this.act(this.client.useDevices(settings.devices));
  }

  openTab(tab: Tab): void {
    this.#setTab(tab);
  }

  openDialog(dialog: RoomDialog): void {
    this.dialog = dialog;
  }

  /** The room page in the other language brings the words; nothing of the meeting is touched. */
  async switchLanguage(): Promise<void> {
    const next: Language = currentLanguage() === "id" ? "en" : "id";
    const address = new URL(location.href);
    address.searchParams.set("language", next);
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const data = JSON.parse(page.querySelector("#room")?.textContent ?? "") as RoomPage;
      document.documentElement.lang = next;
      setWords(data.words, next);
    } catch {
      this.toast(t("room.language.failed"), "danger");
    }
  }

  async toggle(what: "microphone" | "camera" | "screen" | "hand"): Promise<void> {
    const { local, you, meeting } = this.shown;
    if (what === "hand") {
      await this.act(this.client.setHand(!meeting?.hands.includes(you?.personId ?? "")));
      return;
    }
    if (what === "screen" && local.screen === "unsupported") return this.toast(t("room.screen.unsupported"));
    const on = local[what] !== "on";
    if (what === "microphone") this.silenced = false;
    if (what !== "screen") this.#wanted[what] = on;
    const doing = what === "microphone" ? this.client.setMicrophone(on) : what === "camera" ? this.client.setCamera(on) : this.client.setScreen(on);
    await this.act(doing);
    if (what !== "screen") this.change({ [what]: on });
  }

  #setTab(tab: Tab | null): void {
    this.tab = tab;
    if (!tab || !this.fresh.has(tab)) return;
    const fresh = new Map(this.fresh);
    fresh.delete(tab);
    this.fresh = fresh;
  }

  // ---------------------------------------------------------------- coming and going

  async #join(): Promise<void> {
    this.phase = "joining";
    this.refusal = "";
    try {
      await this.client.enter();
    } catch (failure) {
      this.refusal = (isFailure(failure) && failure.text) || t("room.failed");
      if (this.client.state.connection !== "over") this.phase = "before";
    }
  }

  async #leave(): Promise<void> {
    await this.act(this.client.leave());
  }

  readonly #guard = (event: BeforeUnloadEvent): void => {
    if (this.phase === "in" && this.shown.connection !== "over" && this.shown.local.screen === "on") event.preventDefault();
  };

  async #meetingAct(what: string): Promise<void> {
    const { client } = this;
    const meeting = this.shown.meeting;
    if (!meeting) return;
    if (what === "open") await this.act(client.command("open_meeting"));
    if (what === "lock") await this.act(client.command("lock_room", { locked: !meeting.locked }));
    if (what === "item") this.#setTab("agenda");
    if (what === "mute") this.#setTab("people");
    if (what === "record") this.openDialog("recording");
    if (what === "pause") await this.act(client.command("pause_recording"));
    if (what === "resume") await this.act(client.command("resume_recording"));
    if (what === "stop") await this.#stopRecording();
    if (what !== "close") return;
    const question = { title: t("room.close.title"), text: t("room.close.text"), yes: t("room.close.yes"), danger: true };
    if (await this.ask(question)) await this.act(client.command("close_meeting"));
  }

  async #stopRecording(): Promise<void> {
    const question = { title: t("room.recording.stop.title"), text: t("room.recording.stop.text"), yes: t("room.recording.stop.yes") };
    if (await this.ask(question)) await this.act(this.client.command("stop_recording"));
  }

  // ---------------------------------------------------------------- keys

  readonly #keyDown = (event: KeyboardEvent): void => {
    if (this.phase !== "in" || !this.shown.meeting || this.shown.connection === "over") return;
    if (event.key === "Escape" && this.phone && this.tab && !this.dialog) return this.#setTab(null);
    const wish = wishOf(event, event.composedPath());
    if (!wish) return;
    event.preventDefault();
    this.#fulfil(wish);
  };

  #fulfil(wish: Wish): void {
    if (!speaks(this.shown.you?.role) && ["microphone", "camera", "hand", "screen"].includes(wish)) return;
    if (wish === "microphone" || wish === "camera" || wish === "hand" || wish === "screen") return void this.toggle(wish);
    if (wish === "keys") return void (this.dialog = "keys");
    if (wish === "region" || wish === "region-back") return this.#nextRegion(wish === "region" ? 1 : -1);
    if (wish === "speak") return void this.#startSpeaking();
    const wanted = TABS[Number(wish.slice(5)) - 1];
    const tab = wanted && tabsOf(this.shown.you?.role).includes(wanted) ? wanted : null;
    this.#setTab(this.tab === tab ? null : tab);
  }

  async #startSpeaking(): Promise<void> {
    if (this.shown.local.microphone === "on" || this.#spaceHeld) return;
    this.#spaceHeld = true;
    this.#wanted.microphone = true;
    this.toasts?.tell(t("room.speaking"));
    await this.act(this.client.setMicrophone(true));
  }

  readonly #keyUp = (event: KeyboardEvent): void => {
    if (event.key === " ") void this.#endSpeaking();
  };

  async #endSpeaking(): Promise<void> {
    if (!this.#spaceHeld) return;
    this.#spaceHeld = false;
    this.#wanted.microphone = false;
    await this.act(this.client.setMicrophone(false));
  }

  #nextRegion(step: 1 | -1): void {
    const regions = REGIONS.flatMap((name) => this.renderRoot.querySelector<HTMLElement>(`[data-region="${name}"]`) ?? []);
    const from = focused();
    const at = regions.findIndex((region) => region.matches(":focus, :focus-within") || (from !== null && region.contains(from)));
    regions[at < 0 ? 0 : (at + step + regions.length) % regions.length]?.focus();
  }

  // ---------------------------------------------------------------- drawing

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const { meeting } = this.shown;
    const title = meeting?.title ?? this.page.title;
    document.title = this.phase === "in" && this.#newCount ? `(${this.#newCount}) ${title}` : title;
  }

  get #newCount(): number {
    return (this.fresh.get("chat") ?? 0) + (this.fresh.get("people") ?? 0);
  }

  protected override render(): TemplateResult {
    const { connection, over, meeting } = this.shown;
    if (connection === "over") return html`<balai-over .page=${this.page} .failure=${over} @again=${() => location.reload()}></balai-over>`;
    if (connection === "waiting") return html`<balai-waiting .page=${this.page} .told=${this.shown.told} @leave=${() => void this.#leave()}></balai-waiting>`;
    if (this.phase !== "in" || !meeting) return this.#before();
    return this.#room();
  }

  #before(): TemplateResult {
    return html`<balai-prejoin
        .page=${this.page}
        .settings=${this.settings}
        .failure=${this.refusal}
        ?joining=${this.phase !== "before"}
        @settings=${(event: CustomEvent<Partial<Settings>>) => this.change(event.detail)}
        @language=${() => void this.switchLanguage()}
        @join=${() => void this.#join()}
      ></balai-prejoin>
      <balai-toasts></balai-toasts>`;
  }

  /** This device is a meeting room's, not a person's. */
  get #isRoom(): boolean {
    const { meeting, you } = this.shown;
    return you !== null && (meeting?.deliberation.rooms.includes(you.personId) ?? false);
  }

  #room(): TemplateResult {
    const rail = html`<balai-rail .face=${this} .state=${this.shown} .tab=${this.tab} .fresh=${this.fresh} @tab=${(event: CustomEvent<Tab | null>) => this.#setTab(event.detail)} @meeting=${(event: CustomEvent<string>) => void this.#meetingAct(event.detail)}></balai-rail>`;
    return html`<div class="room">
        <header data-region="top" tabindex="-1"><balai-top .face=${this} .state=${this.shown}></balai-top></header>
        <balai-banners .face=${this} .state=${this.shown} ?silenced=${this.silenced} @noted=${() => (this.silenced = false)}></balai-banners>
        <main class="stage" data-region="stage" tabindex="-1" aria-label=${t("room.stage")}><balai-stage .face=${this} .state=${this.shown}></balai-stage>${this.#isRoom ? html`<balai-check-in .face=${this} .state=${this.shown}></balai-check-in>` : nothing}</main>
        ${this.phone ? nothing : html`<aside class="rail" data-region="rail" tabindex="-1" aria-label=${t("room.rail")}>${rail}</aside>`}
        <nav class="bar" data-region="bar" tabindex="-1" aria-label=${t("room.bar")}>
          <balai-bar
            .face=${this}
            .state=${this.shown}
            .fresh=${this.#newCount}
            @panel=${() => this.#setTab(this.tab ?? "people")}
            @leave=${() => void this.#leave()}
            @meeting=${(event: CustomEvent<string>) => void this.#meetingAct(event.detail)}
          ></balai-bar>
        </nav>
        <balai-toasts></balai-toasts>
      </div>
      ${this.phone && this.tab ? this.#sheet(rail) : nothing}
      <balai-question></balai-question>
      <balai-settings .face=${this} .state=${this.shown} ?open=${this.dialog === "settings"} @closed=${() => (this.dialog = null)}></balai-settings>
      <balai-recording .face=${this} .state=${this.shown} ?open=${this.dialog === "recording"} @closed=${() => (this.dialog = null)}></balai-recording>
      <balai-keys .face=${this} .state=${this.shown} ?open=${this.dialog === "keys"} @closed=${() => (this.dialog = null)}></balai-keys>`;
  }

  #sheet(rail: TemplateResult): TemplateResult {
    return html`<button class="veil" type="button" tabindex="-1" aria-label=${t("common.close")} @click=${() => this.#setTab(null)}></button>
      <aside class="sheet" data-region="rail" tabindex="-1" aria-label=${t("room.rail")}>${rail}</aside>`;
  }
}
