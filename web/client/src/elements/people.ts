// The People panel: who waits to be let in, whose hand is up, who is here, who is not yet.
import "@awesome.me/webawesome/dist/components/dropdown/dropdown.js";
import "@awesome.me/webawesome/dist/components/dropdown-item/dropdown-item.js";
import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../icons";
import { speakingList } from "../room/deliberation";
import type { Person, Session, Waiting } from "../room/model";
import { clock, elapsed, initials, t, zoneName } from "../words";
import { nameOf, Piece, presentPeople, watcherCount } from "./face";
import { panel } from "./panel";
import { shared } from "./sheet";

const EXCUSES = ["leave", "sick", "duty"] as const;
const STAND_INS = 20; // more do not fit into a menu
const MOST_AT_ONCE = 500; // as server/meeting/entering.py says
const FIND_FROM = 12; // with fewer people a search field only stands in the way

@customElement("balai-people")
export class BalaiPeople extends Piece {
  static override styles = [
    ...shared,
    panel,
    css`
      .waiting {
        background: var(--accent-soft);
      }
      .waiting h3 {
        color: var(--accent-ink);
      }
      .waiting li {
        padding-block: var(--s2);
      }
      .waiting .buttons,
      .line .buttons {
        gap: var(--s2);
        margin-block-start: var(--s2);
      }
      .tell {
        display: grid;
        gap: var(--s1);
        padding-block-start: var(--s2);
      }
      .tell .input {
        flex: 1;
        min-inline-size: 0;
      }
      .tell .buttons {
        display: flex;
        margin-block-start: 0;
      }
      .place {
        display: grid;
        flex: none;
        place-items: center;
        inline-size: 28px;
        block-size: 28px;
        border-radius: 50%;
        background: var(--accent-soft);
        box-shadow: inset 0 0 0 1px var(--accent);
        color: var(--accent-ink);
        font-size: 13px;
        font-weight: 650;
      }
      .states {
        display: flex;
        align-items: center;
        gap: var(--s2);
        color: var(--ink-faint);
      }
      .states .icon {
        inline-size: 18px;
        block-size: 18px;
      }
      .states .on {
        color: var(--positive-ink);
      }
      .speaking .initials {
        box-shadow: 0 0 0 2px var(--surface), 0 0 0 4px var(--accent);
      }
      .absent .initials {
        background: var(--sunken);
        color: var(--ink-faint);
      }
      .absent .name {
        color: var(--ink-soft);
        font-weight: 450;
      }
      .find {
        padding: var(--s3) var(--s4) 0;
      }
      wa-dropdown::part(menu) {
        min-inline-size: 220px;
      }
      wa-dropdown-item .icon {
        inline-size: 18px;
        block-size: 18px;
      }
    `,
  ];

  @state() private wanted = "";
  @state() private word = ""; // to those who wait
  @state() private busy: ReadonlySet<string> = new Set();

  protected override render(): TemplateResult {
    const { meeting } = this;
    const here = presentPeople(meeting);
    const marked = new Set([...meeting.deliberation.marks.values()].filter((one) => !one.untilMs).map((one) => one.personId));
    const inRoom = [...meeting.people.values()].filter((person) => marked.has(person.personId) && !here.includes(person));
    const away = [...meeting.people.values()].filter((person) => person.role !== "watcher" && !here.includes(person) && !inRoom.includes(person));
    const watchers = watcherCount(meeting);
    return html`
      ${meeting.people.size >= FIND_FROM ? this.#find() : nothing}
      <div class="scroll" tabindex="0" role="region" aria-label=${t("room.tab.people")}>
        ${meeting.waiting.length ? this.#waiting(meeting.waiting) : nothing} ${this.#floor()} ${meeting.hands.length ? this.#hands() : nothing}
        <section>
          <h3>${t("room.people.here", { count: here.length })}</h3>
          <ul>
            ${repeat(here.filter(this.#matches), (person) => person.personId, (person) => this.#person(person))}
          </ul>
          ${watchers ? html`<p class="muted small">${t("room.people.watchers", { count: watchers })}</p>` : nothing}
          ${here.length === 1 ? html`<p class="muted small">${t("room.people.alone")}</p>` : nothing}
        </section>
        ${inRoom.length
          ? html`<section>
              <h3>${t("room.people.in_room", { count: inRoom.length })}</h3>
              <ul>
                ${repeat(inRoom.filter(this.#matches), (person) => person.personId, (person) => this.#line(person, this.#leave(person)))}
              </ul>
            </section>`
          : nothing}
        ${away.length
          ? html`<section class="absent">
              <h3>${t("room.people.away", { count: away.length })}</h3>
              <ul>
                ${repeat(away.filter(this.#matches), (person) => person.personId, (person) => this.#line(person, this.#explain(person), false, this.#remark(person)))}
              </ul>
            </section>`
          : nothing}
      </div>
    `;
  }

  #find(): TemplateResult {
    return html`<div class="find">
      <input class="input" type="search" aria-label=${t("room.people.find")} placeholder=${t("room.people.find")} .value=${this.wanted} @input=${(event: InputEvent) => {
        this.wanted = (event.target as HTMLInputElement).value;
      }} />
    </div>`;
  }

  readonly #matches = (person: Person): boolean => {
    const text = `${person.name} ${person.function} ${person.office}`.toLocaleLowerCase();
    return text.includes(this.wanted.trim().toLocaleLowerCase());
  };

  #waiting(waiting: readonly Waiting[]): TemplateResult {
    return html`<section class="waiting">
      <h3>${icon("door-open")}${t("room.people.waiting", { count: waiting.length })}</h3>
      ${waiting.length > 1
        ? html`<button class="button secondary small" type="button" ?disabled=${this.busy.size > 0} @click=${() => this.#admitAll(waiting)}>${icon("user-check")}${t("room.people.admit_all", { count: waiting.length })}</button>`
        : nothing}
      <ul>
        ${repeat(
          waiting,
          (guest) => guest.waitingId,
          (guest) => html`<li>
            <span class="name"><strong>${guest.name}</strong></span>
            <div class="small">${[guest.function, guest.office].filter(Boolean).join(", ")}</div>
            <div class="small muted">${t(`room.people.known.${guest.known}`)}</div>
            <div class="small muted">${t("room.people.since", { time: clock(guest.atMs, this.meeting.zone), zone: zoneName(this.meeting.zone) })}</div>
            <div class="buttons">
              <button class="button small" type="button" ?disabled=${this.busy.has(guest.waitingId)} aria-label=${t("room.people.admit_named", { name: guest.name })} @click=${() => this.#answer(guest, "admit_guest")}>
                ${icon("user-check")}${t("room.people.admit")}
              </button>
              <button class="button secondary small" type="button" ?disabled=${this.busy.has(guest.waitingId)} aria-label=${t("room.people.refuse_named", { name: guest.name })} @click=${() => this.#answer(guest, "refuse_guest")}>
                ${icon("user-x")}${t("room.people.refuse")}
              </button>
            </div>
          </li>`,
        )}
      </ul>
      <form class="tell" @submit=${this.#tell}>
        <label class="small" for="tell">${t("room.people.tell")}</label>
        <span class="buttons">
          <input class="input" id="tell" maxlength="500" autocomplete="off" .value=${this.word} @input=${(event: InputEvent) => (this.word = (event.target as HTMLInputElement).value)} />
          <button class="button secondary small" type="submit" ?disabled=${!this.word.trim()}>${t("room.people.tell_send")}</button>
        </span>
      </form>
    </section>`;
  }

  readonly #tell = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const text = this.word.trim();
    if (text && (await this.face.act(this.face.client.command("tell_waiting", { text })))) this.word = "";
  };

  async #admitAll(waiting: readonly Waiting[]): Promise<void> {
    const ids = waiting.slice(0, MOST_AT_ONCE).map((one) => one.waitingId);
    this.busy = new Set([...this.busy, ...ids]);
    await this.face.act(this.face.client.command("admit_all", { waiting_ids: ids }));
    this.busy = new Set([...this.busy].filter((id) => !ids.includes(id)));
  }

  async #answer(guest: Waiting, command: "admit_guest" | "refuse_guest"): Promise<void> {
    this.busy = new Set([...this.busy, guest.waitingId]);
    await this.face.act(this.face.client.command(command, { waiting_id: guest.waitingId }));
    this.busy = new Set([...this.busy].filter((id) => id !== guest.waitingId));
  }

  #hands(): TemplateResult {
    const { meeting } = this;
    return html`<section>
      <h3>${icon("hand")}${t("room.people.hands", { count: meeting.hands.length })}</h3>
      <ol>
        ${repeat(
          speakingList(meeting.hands, meeting.deliberation),
          (id) => id,
          (id, index) => html`<li class="line">
            <span class="place num">${index + 1}</span>
            <span class="main">
              <span class="name">${meeting.people.get(id)?.name ?? ""}</span><span class="sub">${meeting.people.get(id)?.function ?? ""}</span>
              ${this.leads ? this.#answers(id) : nothing}
            </span>
          </li>`,
        )}
      </ol>
    </section>`;
  }

  /** Below the name: beside it they would leave it no room. */
  #answers(id: string): TemplateResult {
    const name = this.meeting.people.get(id)?.name ?? "";
    return html`<span class="buttons">
      ${this.meeting.status === "open" ? html`<button class="button secondary small" type="button" aria-label=${t("room.floor.give_named", { name })} @click=${() => this.#give(id)}>${t("room.floor.give")}</button>` : nothing}
      <button class="button quiet small" type="button" aria-label=${t("room.people.lower_named", { name })} @click=${() => this.face.act(this.face.client.command("lower_hand", { person_id: id }))}>${t("room.people.lower")}</button>
    </span>`;
  }

  #floor(): TemplateResult | typeof nothing {
    const { meeting } = this;
    const { floor } = meeting.deliberation;
    if (!floor) return nothing;
    const mine = floor.personId === this.state.you?.personId;
    return html`<section class="floor">
      <h3>${icon("mic")}${t("room.floor.now")}</h3>
      <div class="line">
        <span class="main"><span class="name">${nameOf(meeting, floor.personId)}</span></span>
        ${this.leads || mine ? html`<button class="button secondary small" type="button" @click=${() => this.face.act(this.face.client.command("end_floor"))}>${t(mine ? "room.floor.done" : "room.floor.end")}</button>` : nothing}
      </div>
    </section>`;
  }

  #give(personId: string): Promise<boolean> {
    return this.face.act(this.face.client.command("give_floor", { person_id: personId }));
  }

  // ---------------------------------------------------------------- presence that no device shows

  #leave(person: Person): TemplateResult | typeof nothing {
    const mark = [...this.meeting.deliberation.marks.values()].find((one) => one.personId === person.personId && !one.untilMs);
    if (!this.leads || !mark) return nothing;
    const fields = (): Readonly<Record<string, unknown>> => ({ mark_id: mark.markId, person_id: person.personId, place: mark.place, from_ms: mark.fromMs, until_ms: Math.round(this.now()) - 1000, reason: t("room.people.went") });
    return html`<button class="button quiet small" type="button" aria-label=${t("room.people.went_named", { name: person.name })} @click=${() => this.face.act(this.face.client.command("mark_presence", fields()))}>${t("room.people.went")}</button>`;
  }

  /** Who stands in for them, or why they cannot come. */
  #remark(person: Person): string {
    const { standIns, excused } = this.meeting.deliberation;
    const standIn = standIns.get(person.personId);
    return standIn ? t("room.people.stand_in", { name: nameOf(this.meeting, standIn) }) : (excused.get(person.personId) ?? "");
  }

  #explain(person: Person): TemplateResult | typeof nothing {
    const { meeting } = this;
    if (!this.leads || meeting.status !== "open") return nothing;
    const others = presentPeople(meeting).filter((one) => one.personId !== person.personId);
    return html`<wa-dropdown placement="bottom-end" @wa-select=${(event: CustomEvent<{ item: { value: string } }>) => this.#explained(person, event.detail.item.value)}>
      <button slot="trigger" class="plain" type="button" aria-label=${t("room.people.acts", { name: person.name })}>${icon("ellipsis-vertical")}</button>
      <wa-dropdown-item value="room"><span slot="icon">${icon("user-check")}</span>${t("room.people.mark")}</wa-dropdown-item>
      ${EXCUSES.map((why) => html`<wa-dropdown-item value="excuse:${why}">${t(`room.excuse.${why}`)}</wa-dropdown-item>`)}
      ${this.#remark(person) ? html`<wa-dropdown-item value="clear"><span slot="icon">${icon("undo-2")}</span>${t("room.people.unexplain")}</wa-dropdown-item>` : nothing}
      ${others.slice(0, STAND_INS).map((one) => html`<wa-dropdown-item value="stand:${one.personId}"><span slot="icon">${icon("users")}</span>${t("room.people.stand_in", { name: one.name })}</wa-dropdown-item>`)}
    </wa-dropdown>`;
  }

  async #explained(person: Person, what: string): Promise<void> {
    const { client } = this.face;
    const person_id = person.personId;
    const { excused, standIns } = this.meeting.deliberation;
    const [kind, value = ""] = what.split(":");
    if (kind === "room") await this.face.act(client.command("mark_presence", { mark_id: crypto.randomUUID(), person_id, place: "room" }));
    if (kind === "excuse") await this.face.act(client.command("excuse_absence", { person_id, reason: t(`room.excuse.${value}`) }));
    if (kind === "stand") await this.face.act(client.command("name_stand_in", { person_id, stand_in_id: value }));
    if (kind !== "clear") return;
    if (excused.has(person_id)) await this.face.act(client.command("excuse_absence", { person_id, reason: "" }));
    if (standIns.has(person_id)) await this.face.act(client.command("name_stand_in", { person_id, stand_in_id: "" }));
  }

  #person(person: Person): TemplateResult {
    const session = [...this.meeting.sessions.values()].find((one) => one.personId === person.personId);
    if (!session) return html``;
    const speaking = session.microphone && (this.state.speakers.get(session.sessionId) ?? 0) > 0;
    return this.#line(
      person,
      html`<span class="states">
          ${session.screen ? html`<span class="on">${icon("monitor-up")}<span class="visually-hidden">${t("room.people.shares")}</span></span>` : nothing}
          <span class=${session.microphone ? "on" : ""}>${icon(session.microphone ? "mic" : "mic-off")}<span class="visually-hidden">${t(session.microphone ? "room.people.unmuted" : "room.tile.muted")}</span></span>
          <span>${icon(session.camera ? "video" : "video-off")}<span class="visually-hidden">${t(session.camera ? "room.people.camera_on" : "room.tile.camera-off")}</span></span>
        </span>
        ${this.leads && person.personId !== this.state.you?.personId ? this.#acts(person, session) : nothing}`,
      speaking,
      this.#spoke(person),
    );
  }

  /** For who leads: how long each has spoken on this item. */
  #spoke(person: Person): string {
    const ms = this.state.spoken.get(person.personId) ?? 0;
    return this.leads && ms >= 1000 ? t("room.people.spoke", { time: elapsed(ms) }) : "";
  }

  #line(person: Person, end: TemplateResult | typeof nothing, speaking = false, remark = ""): TemplateResult {
    const own = person.personId === this.state.you?.personId;
    const isRoom = this.meeting.deliberation.rooms.includes(person.personId);
    const role = isRoom ? html` <span class="badge">${t("room.people.is_room")}</span>` : person.role === "participant" ? nothing : html` <span class="badge ${person.role === "chair" ? "primary" : ""}">${t(`common.role.${person.role}`)}</span>`;
    const what = person.function || person.office; // both do not fit beside the buttons
    return html`<li class="line ${speaking ? "speaking" : ""}">
      <span class="initials" aria-hidden="true">${initials(person.name)}</span>
      <span class="main">
        <span class="name">${own ? t("room.you_named", { name: person.name }) : person.name}${role}</span>
        ${what ? html`<span class="sub">${what}</span>` : nothing} ${remark ? html`<span class="sub">${remark}</span>` : nothing}
      </span>
      ${end}
    </li>`;
  }

  #acts(person: Person, session: Session): TemplateResult {
    return html`<wa-dropdown placement="bottom-end" @wa-select=${(event: CustomEvent<{ item: { value: string } }>) => this.#act(person, session, event.detail.item.value)}>
      <button slot="trigger" class="plain" type="button" aria-label=${t("room.people.acts", { name: person.name })}>${icon("ellipsis-vertical")}</button>
      ${this.meeting.status === "open" && person.role !== "observer" && person.role !== "watcher" ? html`<wa-dropdown-item value="floor"><span slot="icon">${icon("mic")}</span>${t("room.floor.give")}</wa-dropdown-item>` : nothing}
      <wa-dropdown-item value="mute" ?disabled=${!session.microphone}><span slot="icon">${icon("mic-off")}</span>${t("room.people.mute")}</wa-dropdown-item>
      <wa-dropdown-item value="camera" ?disabled=${!session.camera}><span slot="icon">${icon("video-off")}</span>${t("room.people.camera_off")}</wa-dropdown-item>
      ${session.screen ? html`<wa-dropdown-item value="screen"><span slot="icon">${icon("monitor-x")}</span>${t("room.people.screen_off")}</wa-dropdown-item>` : nothing}
      <wa-dropdown-item value="remove" variant="danger"><span slot="icon">${icon("user-x")}</span>${t("room.people.remove")}</wa-dropdown-item>
    </wa-dropdown>`;
  }

  async #act(person: Person, session: Session, what: string): Promise<void> {
    const { client } = this.face;
    if (what === "floor") return void this.#give(person.personId);
    if (what !== "remove") {
      const command = { mute: "set_microphone", camera: "set_camera", screen: "set_screen" }[what] ?? "";
      await this.face.act(client.command(command, { session_id: session.sessionId, on: false }));
      return;
    }
    const question = { title: t("room.remove.title", { name: person.name }), text: t("room.remove.text"), yes: t("room.people.remove"), danger: true };
    if (await this.face.ask(question)) await this.face.act(client.command("remove_person", { person_id: person.personId }));
  }
}
