// On the screen of a meeting room that several people share: the code with which each checks in on their own phone, and
// who has. The code changes every half minute; an old photograph of it is refused.
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { t } from "../words";
import { nameOf, TickingPiece } from "./face";
import { shared } from "./sheet";

const EVERY_MS = 10_000; // well within the half minute that a code is shown

@customElement("balai-check-in")
export class BalaiCheckIn extends TickingPiece {
  static override styles = [
    ...shared,
    css`
      :host {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: var(--s4);
        align-items: center;
        padding: var(--s3) var(--s4);
        border-block-start: 1px solid var(--line);
        background: var(--surface);
      }
      img {
        inline-size: clamp(132px, 22vh, 220px);
        block-size: auto;
        aspect-ratio: 1;
        border-radius: var(--radius);
        background: #fff;
      }
      h2 {
        font-size: var(--text-m);
      }
      p {
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
      .here {
        max-block-size: 4.5em;
        overflow: auto;
        color: var(--ink);
      }
      @media (max-width: 640px) {
        img {
          inline-size: 96px;
          block-size: 96px;
        }
      }
    `,
  ];

  protected override render(): TemplateResult | typeof nothing {
    const me = this.state.you?.personId ?? "";
    const { checkIns, rooms } = this.meeting.deliberation;
    if (!rooms.includes(me)) return nothing;
    const here = [...checkIns].filter(([, one]) => one.roomId === me).map(([who]) => nameOf(this.meeting, who));
    const source = `/m/${this.meeting.meetingId}/checkin.svg?at=${Math.floor(Date.now() / EVERY_MS)}`;
    return html`<img src=${source} alt=${t("room.checkin.code")} />
      <div>
        <h2>${t("room.checkin.title")}</h2>
        <p>${t("room.checkin.hint")}</p>
        <p class="here" role="status">${here.length ? t("room.checkin.here", { count: here.length, names: here.join(", ") }) : t("room.checkin.nobody")}</p>
      </div>`;
  }
}
