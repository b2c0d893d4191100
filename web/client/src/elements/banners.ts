// What stands above the stage as long as it is so: the connection, the media, one's own presence, one's own microphone.
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { icon, type IconName } from "../icons";
import { moment, t } from "../words";
import { TickingPiece } from "./face";
import { shared } from "./sheet";

const UNSEEN_AFTER_MS = 10_000; // connected, and neither media nor an act says that somebody is there

@customElement("balai-banners")
export class BalaiBanners extends TickingPiece {
  static override styles = [
    ...shared,
    css`
      .banner {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: center;
        gap: var(--s2) var(--s3);
        min-block-size: 44px;
        padding: var(--s1) var(--s4);
        border-block-end: 1px solid var(--line);
        background: var(--accent-soft);
        color: var(--accent-ink);
        font-size: var(--text-s);
        font-weight: 550;
        text-align: center;
      }
      .banner.calm {
        background: var(--primary-soft);
        color: var(--ink);
      }
      .banner.danger {
        background: var(--danger-soft);
        color: var(--danger-ink);
      }
      .banner .icon {
        inline-size: 18px;
        block-size: 18px;
      }
      .banner .button .icon {
        inline-size: 16px;
        block-size: 16px;
      }
    `,
  ];

  /** One's microphone was turned off by chair or secretary, and nobody has taken note yet. */
  @property({ type: Boolean }) silenced = false;
  @state() private confirming = false;
  #unseenSinceMs = 0;

  protected override render(): TemplateResult {
    return html`${this.#connection()} ${this.#recording()} ${this.#silenced()} ${this.#presence()} ${this.#planned()} ${this.#adjourned()}`;
  }

  #banner(look: IconName, text: string, end: TemplateResult | typeof nothing = nothing, kind = ""): TemplateResult {
    return html`<div class="banner ${kind} ${look === "loader-circle" ? "spin" : ""}" role="status">${icon(look)}<span>${text}</span>${end}</div>`;
  }

  #connection(): TemplateResult | typeof nothing {
    if (this.state.connection !== "open") return this.#banner("loader-circle", t("room.banner.reconnecting"));
    return this.state.mediaUp ? nothing : this.#banner("loader-circle", t("room.banner.media_down"));
  }

  /** Asked until it is answered: nobody is recorded before. */
  #recording(): TemplateResult | typeof nothing {
    const { meeting, you } = this.state;
    const recording = meeting?.recording;
    if (!recording || !you || recording.answers.has(you.personId)) return nothing;
    const answer = (consents: boolean) => (): Promise<boolean> => this.face.act(this.face.client.command("answer_recording", { consents }));
    const end = html`<span class="buttons">
      <button class="button small" type="button" @click=${answer(true)}>${icon("check")}${t("room.recording.agree")}</button>
      <button class="button secondary small" type="button" @click=${answer(false)}>${t(`room.recording.refuse.${recording.refusal}`)}</button>
    </span>`;
    return this.#banner("circle-dot", t(`room.recording.ask.${recording.scope}`), end, "danger");
  }

  #silenced(): TemplateResult | typeof nothing {
    if (!this.silenced) return nothing;
    const end = html`<button class="button secondary small" type="button" @click=${() => this.dispatchEvent(new Event("noted"))}>${t("room.banner.understood")}</button>`;
    return this.#banner("mic-off", t("room.banner.muted"), end);
  }

  #presence(): TemplateResult | typeof nothing {
    const { meeting, you, connection } = this.state;
    const session = you && meeting?.sessions.get(you.sessionId);
    const unseen = connection === "open" && meeting?.status === "open" && session && !session.present;
    if (!unseen) {
      this.#unseenSinceMs = 0;
      return nothing;
    }
    this.#unseenSinceMs ||= performance.now();
    if (performance.now() - this.#unseenSinceMs < UNSEEN_AFTER_MS) return nothing;
    const end = html`<button class="button small" type="button" ?disabled=${this.confirming} @click=${this.#confirm}>${icon("user-check")}${t("room.presence.here")}</button>`;
    return this.#banner("info", t("room.presence.text"), end, "calm");
  }

  #planned(): TemplateResult | typeof nothing {
    if (this.state.meeting?.status !== "planned") return nothing;
    if (!this.leads) return this.#banner("clock", t("room.banner.planned"), nothing, "calm");
    const end = html`<button class="button small" type="button" @click=${() => this.face.act(this.face.client.command("open_meeting"))}>${icon("door-open")}${t("room.meeting.open")}</button>`;
    return this.#banner("clock", t("room.banner.planned_lead"), end, "calm");
  }

  #adjourned(): TemplateResult | typeof nothing {
    const adjourned = this.state.meeting?.deliberation.adjourned;
    if (!adjourned) return nothing;
    const time = moment(adjourned.untilMs, adjourned.sinceMs, this.state.meeting?.zone ?? "");
    return this.#banner("clock", t("room.adjourn.until", { time, times: adjourned.times }));
  }

  readonly #confirm = async (): Promise<void> => {
    this.confirming = true;
    await this.face.act(this.face.client.confirmPresence());
    this.confirming = false;
  };
}
