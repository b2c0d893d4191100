// The Votes panel: the question before the meeting with its countdown and what one may answer; what was decided before;
// the quorum, and how long one may speak. Chair and secretary put questions and close them.
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../icons";
import { ballotKey } from "../room/ballots";
import { asWish, openMotion, usualShare, type Choice, type Motion } from "../room/deliberation";
import { elapsed, t } from "../words";
import { nameOf, TickingPiece } from "./face";
import "./motion-form";
import type { MotionEvent } from "./motion-form";
import { panel } from "./panel";
import "./quorum";
import "./receipts";
import "./secret-vote";
import { shared } from "./sheet";

const CHOICES: readonly Choice[] = ["yes", "no", "abstain"];
const TURNS_S = [0, 60, 120, 180, 300, 600] as const;

@customElement("balai-votes")
export class BalaiVotes extends TickingPiece {
  static override styles = [
    ...shared,
    panel,
    css`
      section:has(> .button.wide) {
        padding-block-end: var(--s4);
      }
      .now {
        margin: var(--s4);
        padding: var(--s4);
        border: 1px solid var(--line);
        border-block-start: 4px solid var(--accent);
        border-radius: var(--radius);
        background: var(--surface);
      }
      .now > * + * {
        margin-block-start: var(--s3);
      }
      .what {
        overflow-wrap: anywhere;
        font-size: var(--text-l);
        font-weight: 600;
        line-height: var(--tight);
      }
      .kind {
        display: flex;
        justify-content: space-between;
        gap: var(--s2);
        color: var(--ink-soft);
        font-size: var(--text-s);
        font-weight: 600;
      }
      .kind time {
        color: var(--accent-ink);
      }
      .choices {
        display: grid;
        gap: var(--s2);
      }
      .choices .button[aria-pressed="true"] {
        background: var(--primary);
        color: var(--on-primary);
      }
      .members {
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
      .past li {
        padding-block: var(--s3);
      }
      .past li + li {
        border-block-start: 1px solid var(--line);
      }
      .past .text {
        overflow-wrap: anywhere;
        font-weight: 550;
      }
      .past .badge {
        margin-block-start: var(--s1);
      }
      details summary {
        cursor: pointer;
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
      .rules {
        display: grid;
        gap: var(--s3);
        padding-block: var(--s3);
      }
    `,
  ];

  @state() private asking = false;
  @state() private again: Motion | null = null;
  @state() private chosen: ReadonlyMap<string, Choice> = new Map(); // what this browser voted, by member: the server tells nobody
  @state() private objecting = false;

  protected override render(): TemplateResult {
    const { meeting } = this;
    const open = openMotion(meeting.deliberation);
    const past = meeting.deliberation.motions.filter((one) => one !== open).reverse();
    return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("room.tab.votes")}>
      <balai-quorum .face=${this.face} .state=${this.state}></balai-quorum>${open ? this.#now(open) : this.#ask()}
      ${past.length
        ? html`<section>
            <h3>${t("room.votes.past")}</h3>
            <ol class="past">
              ${repeat(past, (one) => one.motionId, (one) => this.#past(one, open !== null))}
            </ol>
          </section>`
        : open || this.asking
          ? nothing
          : html`<div class="empty">${icon("gavel")}<h3>${t("room.votes.empty")}</h3><p>${t(this.leads ? "room.votes.empty_lead" : "room.votes.empty_hint")}</p></div>`}
      ${this.leads && !open ? this.#rules() : nothing}
    </div>`;
  }

  #ask(): TemplateResult | typeof nothing {
    const { meeting } = this;
    if (!this.leads || meeting.status !== "open") return nothing;
    if (!this.asking && !this.again) {
      return html`<section><button class="button wide" type="button" @click=${() => (this.asking = true)}>${icon("gavel")}${t("room.votes.ask")}</button></section>`;
    }
    return html`<section>
      <balai-motion-form .again=${this.again} .items=${meeting.items} .itemId=${meeting.currentItemId} .share=${usualShare(meeting.deliberation.procedure)} .done=${this.#asked} @cancel=${this.#stopAsking}></balai-motion-form>
    </section>`;
  }

  readonly #asked = async (motion: MotionEvent): Promise<boolean> => {
    const done = await this.face.act(this.face.client.command(motion.command, motion.fields));
    if (done) this.#stopAsking();
    return done;
  };

  readonly #stopAsking = (): void => {
    this.asking = false;
    this.again = null;
  };

  // ---------------------------------------------------------------- the question before the meeting

  #now(motion: Motion): TemplateResult {
    const leftMs = motion.untilMs - this.now();
    const timed = motion.phase === "consensus" || motion.phase === "vote";
    return html`<article class="now" aria-label=${t("room.votes.now")}>
      <p class="kind"><span>${t(`room.votes.phase.${motion.phase}`)}</span>${timed ? html`<time>${elapsed(leftMs)}</time>` : nothing}</p>
      <p class="what">${motion.text}</p>
      ${motion.phase === "consensus" ? this.#consensus(motion) : nothing} ${motion.phase === "vote" || motion.phase === "counting" ? this.#vote(motion) : nothing} ${motion.phase === "tied" ? this.#tie(motion) : nothing}
      ${this.leads ? this.#end(motion) : nothing}
    </article>`;
  }

  #consensus(motion: Motion): TemplateResult {
    const me = this.state.you?.personId ?? "";
    const member = ["chair", "secretary", "participant"].includes(this.state.you?.role ?? "");
    const mine = motion.objections.has(me);
    return html`<p class="members">${t("room.votes.consensus_hint")}</p>
      ${motion.objections.size
        ? html`<ul>
            ${[...motion.objections].map(([who, why]) => html`<li><strong>${nameOf(this.meeting, who)}</strong>${why ? html`: ${why}` : nothing}</li>`)}
          </ul>`
        : nothing}
      ${!member
        ? nothing
        : mine
          ? html`<button class="button secondary wide" type="button" @click=${() => this.#tell("withdraw_objection", motion)}>${icon("undo-2")}${t("room.votes.withdraw_objection")}</button>`
          : this.objecting
            ? html`<form @submit=${(event: Event) => this.#object(event, motion)}>
                <div class="field"><label for="why">${t("room.votes.why")} <span class="optional">${t("common.optional")}</span></label><textarea id="why" name="why" class="input" maxlength="1000" rows="2"></textarea></div>
                <div class="buttons"><button class="button small danger" type="submit">${t("room.votes.object")}</button><button class="button quiet small" type="button" @click=${() => (this.objecting = false)}>${t("common.cancel")}</button></div>
              </form>`
            : html`<button class="button danger-quiet wide" type="button" @click=${() => (this.objecting = true)}>${icon("hand")}${t("room.votes.object")}</button>`}`;
  }

  async #object(event: Event, motion: Motion): Promise<void> {
    event.preventDefault();
    const reason = String(new FormData(event.target as HTMLFormElement).get("why") ?? "").trim();
    if (await this.#tell("raise_objection", motion, { reason })) this.objecting = false;
  }

  #vote(motion: Motion): TemplateResult {
    const me = this.state.you?.personId ?? "";
    const { standIns } = this.meeting.deliberation;
    const mayVoteFor = motion.eligible.filter((memberId) => memberId === me || standIns.get(memberId) === me);
    const secret = motion.ballot === "secret";
    return html`<p class="members">${t(`room.votes.ballot.${motion.ballot}`)}, ${t(`room.votes.share.${motion.share}.${motion.of}`)}</p>
      ${mayVoteFor.map((memberId) =>
        secret
          ? html`<balai-secret-vote .face=${this.face} .state=${this.state} .motion=${motion} .memberId=${memberId}></balai-secret-vote>`
          : this.#choices(motion, memberId, memberId === me),
      )}
      <p class="members num" role="status">${t(secret ? "room.secret.papers" : "room.votes.voted", { count: motion.voted.length, of: motion.eligible.length })}</p>`;
  }

  #choices(motion: Motion, memberId: string, own: boolean): TemplateResult {
    const said = this.chosen.get(`${motion.motionId} ${memberId}`);
    return html`<div class="choices" role="group" aria-label=${own ? t("room.votes.yours") : t("room.votes.for_member", { name: nameOf(this.meeting, memberId) })}>
      ${own ? nothing : html`<p><strong>${t("room.votes.for_member", { name: nameOf(this.meeting, memberId) })}</strong></p>`}
      ${CHOICES.map(
        (choice) => html`<button class="button secondary wide" type="button" aria-pressed=${said === choice} @click=${() => this.#cast(motion, memberId, choice)}>
          ${said === choice ? icon("check") : nothing}${t(`common.choice.${choice}`)}
        </button>`,
      )}
      ${!said && motion.voted.includes(memberId) ? html`<p class="members">${t("room.votes.is_in")}</p>` : nothing}
    </div>`;
  }

  async #cast(motion: Motion, memberId: string, choice: Choice): Promise<void> {
    if (await this.#tell("cast_vote", motion, { choice, member_id: memberId })) this.chosen = new Map(this.chosen).set(`${motion.motionId} ${memberId}`, choice);
  }

  #tie(motion: Motion): TemplateResult {
    const counts = html`<p class="num">${this.#counts(motion)}</p>`;
    if (this.state.you?.role !== "chair") return counts;
    return html`${counts}
      <div class="choices">
        ${(["yes", "no"] as const).map((choice) => html`<button class="button wide" type="button" @click=${() => this.#tell("break_tie", motion, { choice })}>${t(`room.votes.tie.${choice}`)}</button>`)}
      </div>`;
  }

  #end(motion: Motion): TemplateResult {
    const close = motion.phase === "consensus" ? "close_consensus" : motion.phase === "vote" ? "close_vote" : "";
    return html`<div class="buttons">
      ${close ? html`<button class="button secondary small" type="button" @click=${() => this.#tell(close, motion)}>${icon("check")}${t("room.votes.close")}</button>` : nothing}
      ${motion.phase === "counting" ? nothing : html`<button class="button quiet small" type="button" @click=${() => this.#withdraw(motion)}>${icon("trash-2")}${t("room.votes.withdraw")}</button>`}
    </div>`;
  }

  async #withdraw(motion: Motion): Promise<void> {
    const question = { title: t("room.votes.withdraw_title"), text: t("room.votes.withdraw_text"), yes: t("room.votes.withdraw"), danger: true };
    if (await this.face.ask(question)) await this.#tell("withdraw_motion", motion);
  }

  #tell(command: string, motion: Motion, fields: Readonly<Record<string, unknown>> = {}): Promise<boolean> {
    return this.face.act(this.face.client.command(command, { motion_id: motion.motionId, ...fields }));
  }

  // ---------------------------------------------------------------- what was decided before, and the rules

  #counts(motion: Motion): string {
    return t("room.votes.counts", { yes: motion.yes, no: motion.no, abstain: motion.abstain });
  }

  #past(motion: Motion, busy: boolean): TemplateResult {
    const kind = motion.phase === "adopted" ? "positive" : motion.phase === "objected" ? "accent" : "";
    const names = (choice: Choice): string => motion.votes.filter(([, said]) => said === choice).map(([who]) => nameOf(this.meeting, who)).join(", ");
    return html`<li>
      <p class="text">${motion.number}. ${motion.text}</p>
      <span class="badge ${kind}">${t(`room.votes.phase.${motion.phase}`)}</span>
      ${motion.yes + motion.no + motion.abstain ? html`<p class="members num">${this.#counts(motion)}</p>` : nothing}
      ${motion.objections.size ? html`<p class="members">${t("room.votes.objections", { names: [...motion.objections.keys()].map((who) => nameOf(this.meeting, who)).join(", ") })}</p>` : nothing}
      ${motion.votes.length
        ? html`<details>
            <summary>${t("room.votes.by_name")}</summary>
            ${CHOICES.filter(names).map((choice) => html`<p class="members">${t(`common.choice.${choice}`)}: ${names(choice)}</p>`)}
          </details>`
        : nothing}
      ${motion.receipts.length ? html`<balai-receipts .motion=${motion} .own=${this.#receipts(motion)}></balai-receipts>` : nothing}
      ${motion.phase === "objected" && this.leads && !busy && this.meeting.status === "open"
        ? html`<button class="button secondary small" type="button" @click=${() => (this.again = motion)}>${icon("gavel")}${t("room.votes.vote_on_it")}</button>`
        : nothing}
    </li>`;
  }

  /** Of this browser's own ballots in this vote. */
  #receipts(motion: Motion): readonly string[] {
    return motion.eligible.flatMap((memberId) => this.state.ballots.get(ballotKey(motion.motionId, memberId))?.receipt ?? []);
  }

  #rules(): TemplateResult {
    const { procedure } = this.meeting.deliberation;
    const set = (change: Readonly<Record<string, unknown>>): void => {
      void this.face.act(this.face.client.command("set_rules", { ...asWish(procedure), ...change }));
    };
    const value = (event: Event): string => (event.target as HTMLSelectElement).value;
    return html`<section>
      <details>
        <summary>${t("room.rules.title")}</summary>
        <div class="rules">
          <div class="field">
            <label for="turn">${t("room.rules.turn")}</label>
            <select id="turn" class="input" @change=${(event: Event) => set({ turn_seconds: Number(value(event)) })}>
              ${TURNS_S.map((seconds) => html`<option value=${seconds} ?selected=${seconds === procedure.turnSeconds}>${seconds ? t("room.votes.for_minutes", { count: seconds / 60 }) : t("room.rules.no_turn")}</option>`)}
            </select>
          </div>
          <label class="choice"><input type="checkbox" .checked=${procedure.firstSpeechesFirst} @change=${(event: Event) => set({ first_speeches_first: (event.target as HTMLInputElement).checked })} /><span>${t("room.rules.first")}</span></label>
        </div>
      </details>
    </section>`;
  }
}
