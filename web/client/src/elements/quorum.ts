// The quorum in the Votes panel: how it stands, and for chair and secretary: what it is (a kind of meeting, or rules of
// its own), and putting the meeting off while there is none. What the law says of a council's plenary stands with it.
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { icon } from "../icons";
import { asWish, longestAdjournmentHours, PRESETS, quorumNow, QUORUMS, type Procedure, type Quorum } from "../room/deliberation";
import { moment, t } from "../words";
import { TickingPiece } from "./face";
import { form } from "./form";
import { shared } from "./sheet";

const MINUTES = [15, 30, 60] as const;

/** In words: "more than half of the members", "at least 12 people". */
export function ruleWords({ quorum, quorumNumber, preset }: Procedure): string {
  const rule = quorum === "number" ? t("room.rules.number_of", { count: quorumNumber }) : t(`room.rules.quorum.${quorum}`);
  return preset ? `${t(`common.preset.${preset}`)}: ${rule}` : rule;
}

@customElement("balai-quorum")
export class BalaiQuorum extends TickingPiece {
  static override styles = [
    ...shared,
    form,
    css`
      .quorum {
        display: flex;
        align-items: center;
        gap: var(--s3);
        padding: var(--s3) var(--s4);
        border-block-end: 1px solid var(--line);
        font-size: var(--text-s);
      }
      .quorum .icon {
        color: var(--positive-ink);
      }
      .quorum.short {
        background: var(--accent-soft);
        color: var(--accent-ink);
        font-weight: 550;
      }
      .quorum.short .icon {
        color: inherit;
      }
      .box {
        padding: var(--s3) var(--s4);
        border-block-end: 1px solid var(--line);
        font-size: var(--text-s);
      }
      .box > * + * {
        margin-block-start: var(--s2);
      }
      summary {
        cursor: pointer;
        color: var(--ink-soft);
      }
    `,
  ];

  @state() private preset: string | null = null; // chosen, and not yet said
  @state() private kind: Quorum | null = null;
  @state() private missing = false;
  @state() private open = false;

  protected override render(): TemplateResult {
    return html`${this.meeting.status === "open" ? this.#standing() : nothing} ${this.leads ? this.#rules() : nothing}`;
  }

  #standing(): TemplateResult | typeof nothing {
    const { people, sessions, deliberation } = this.meeting;
    const there = quorumNow(people.values(), sessions.values(), deliberation);
    if (!there.needed) return nothing;
    const text = t(there.reached ? "room.quorum.reached" : "room.quorum.short", { present: there.present, members: there.members, needed: there.needed });
    return html`<p class="quorum ${there.reached ? "" : "short"}">${icon(there.reached ? "circle-check" : "triangle-alert")}<span>${text}</span></p>
      ${this.#adjourned()} ${this.leads && !there.reached && !deliberation.adjourned ? this.#adjourn() : nothing}`;
  }

  #adjourned(): TemplateResult | typeof nothing {
    const { deliberation, zone } = this.meeting;
    const { adjourned } = deliberation;
    if (!adjourned) return nothing;
    const end = html`<button class="button small" type="button" @click=${() => void this.face.act(this.face.client.command("resume_meeting"))}>${icon("door-open")}${t("room.adjourn.resume")}</button>`;
    return html`<div class="box"><p>${t("room.adjourn.until", { time: moment(adjourned.untilMs, adjourned.sinceMs, zone), times: adjourned.times })}</p>${this.leads ? end : nothing}</div>`;
  }

  #adjourn(): TemplateResult {
    const { procedure, adjournments } = this.meeting.deliberation;
    const hours = longestAdjournmentHours(procedure, adjournments);
    if (!hours) return html`<p class="box">${t("room.adjourn.no_more")}</p>`;
    const council = procedure.preset.startsWith("council");
    const minutes = [...MINUTES, ...[2, 24, 48, 72].map((hour) => hour * 60)].filter((one) => one <= hours * 60);
    return html`<form class="box" @submit=${this.#putOff}>
      <p>${council ? t("room.adjourn.council", { times: adjournments + 1 }) : t("room.adjourn.text")}</p>
      <div class="field">
        <label for="for">${t("room.adjourn.for")}</label>
        <select id="for" name="for" class="input">
          ${minutes.map((one) => html`<option value=${one}>${length(one)}</option>`)}
        </select>
      </div>
      <button class="button secondary small" type="submit">${icon("clock")}${t("room.adjourn.ask")}</button>
    </form>`;
  }

  readonly #putOff = async (event: Event): Promise<void> => {
    event.preventDefault();
    const minutes = Number(new FormData(event.target as HTMLFormElement).get("for"));
    await this.face.act(this.face.client.command("adjourn_meeting", { until_ms: Math.floor(this.now() / 60_000 + minutes) * 60_000 }));
  };

  // ---------------------------------------------------------------- what it is

  #rules(): TemplateResult {
    const { procedure } = this.meeting.deliberation;
    const preset = this.preset ?? procedure.preset;
    const kind = this.kind ?? procedure.quorum;
    return html`<div class="box">
      <p>${t("room.rules.now", { rule: ruleWords(procedure) })}</p>
      <details ?open=${this.open} @toggle=${(event: Event) => (this.open = (event.target as HTMLDetailsElement).open)}>
        <summary>${t("room.rules.change")}</summary>
        <form novalidate @submit=${this.#save}>
          <div class="field">
            <label for="preset">${t("room.rules.kind")}</label>
            <select id="preset" class="input" aria-describedby="preset-hint" @change=${(event: Event) => (this.preset = (event.target as HTMLSelectElement).value)}>
              ${["", ...PRESETS].map((one) => html`<option value=${one} ?selected=${one === preset}>${t(`common.preset.${one || "own"}`)}</option>`)}
            </select>
            <span class="hint" id="preset-hint">${t(`common.preset_text.${preset || "own"}`)}</span>
          </div>
          ${preset ? nothing : this.#own(kind, procedure)}
          <label class="choice"><input type="checkbox" name="need" value="yes" ?checked=${procedure.votesNeedQuorum} /><span>${t("room.rules.votes_need_quorum")}</span></label>
          ${this.meeting.status === "open" ? this.#reason() : nothing}
          <div class="buttons"><button class="button small" type="submit">${t("room.rules.save")}</button></div>
        </form>
      </details>
    </div>`;
  }

  #own(kind: Quorum, { quorumNumber, secretaryCounts }: Procedure): TemplateResult {
    return html`<div class="field">
        <label for="quorum">${t("room.rules.quorum")}</label>
        <select id="quorum" name="quorum" class="input" @change=${(event: Event) => (this.kind = (event.target as HTMLSelectElement).value as Quorum)}>
          ${QUORUMS.map((one) => html`<option value=${one} ?selected=${one === kind}>${t(`room.rules.quorum.${one}`)}</option>`)}
        </select>
      </div>
      ${kind === "number"
        ? html`<div class="field"><label for="number">${t("room.rules.number")}</label><input id="number" name="number" class="input" type="number" min="1" max="99999" value=${quorumNumber || 1} /></div>`
        : nothing}
      <label class="choice"><input type="checkbox" name="secretary" value="yes" ?checked=${secretaryCounts} /><span>${t("room.rules.secretary_counts")}</span></label>`;
  }

  #reason(): TemplateResult {
    return html`<div class="field ${this.missing ? "invalid" : ""}">
      <label for="reason">${t("room.rules.reason")}</label>
      <span class="hint" id="reason-hint">${t("room.rules.reason_hint")}</span>
      ${this.missing ? html`<span class="error" id="reason-error">${t("room.rules.reason_missing")}</span>` : nothing}
      <input id="reason" name="reason" class="input" maxlength="500" autocomplete="off" aria-invalid=${this.missing} aria-describedby="reason-hint ${this.missing ? "reason-error" : ""}" />
    </div>`;
  }

  readonly #save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const { procedure } = this.meeting.deliberation;
    const data = new FormData(event.target as HTMLFormElement);
    const say = (name: string): string => String(data.get(name) ?? "").trim();
    const preset = this.preset ?? procedure.preset;
    this.missing = this.meeting.status === "open" && !say("reason");
    if (this.missing) {
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>("#reason")?.focus();
      return;
    }
    const rules = preset
      ? { quorum: procedure.quorum, preset }
      : { quorum: say("quorum"), quorum_number: Number(say("number") || 0), secretary_counts: say("secretary") === "yes", preset: "" };
    const others = { ...asWish(procedure), votes_need_quorum: say("need") === "yes" };
    if (await this.face.act(this.face.client.command("set_rules", { ...others, ...rules, reason: say("reason") }))) {
      this.preset = this.kind = null;
      this.open = false;
    }
  };
}

function length(minutes: number): string {
  if (minutes < 60) return t("room.votes.for_minutes", { count: minutes });
  return minutes < 24 * 60 ? t("room.adjourn.hours", { count: minutes / 60 }) : t("room.adjourn.days", { count: minutes / (24 * 60) });
}
