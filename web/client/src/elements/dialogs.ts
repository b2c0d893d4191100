// The dialogs of the room: a question, the settings, the keys. Web Awesome's dialog holds the focus; words and looks are ours.
import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import { icon } from "../icons";
import type { Devices } from "../room/model";
import { play, type ChosenSound } from "../sounds";
import { chooseTheme, chosenTheme, type Theme } from "../theme";
import { currentLanguage, t } from "../words";
import "./devices";
import { Piece, type Question } from "./face";
import { shared } from "./sheet";

export const dialog = css`
  wa-dialog {
    --width: min(520px, calc(100vw - 32px));
    --spacing: var(--s6);
  }
  wa-dialog::part(dialog) {
    border: 1px solid var(--line);
    box-shadow: var(--shadow);
    color: var(--ink);
  }
  .head {
    display: flex;
    align-items: flex-start;
    justify-content: space-between;
    gap: var(--s4);
    margin-block-end: var(--s3);
  }
  .head h2 {
    font-size: var(--text-xl);
  }
  .head .button {
    margin: -6px -8px 0 0;
    color: var(--ink-soft);
  }
  .end {
    margin-block-start: var(--s6);
  }
`;

/** The element that has the focus, through all shadow roots. */
export function focused(): HTMLElement | null {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element instanceof HTMLElement ? element : null;
}

@customElement("balai-question")
export class BalaiQuestion extends LitElement {
  static override styles = [...shared, dialog];

  @property({ attribute: false }) question: Question | null = null;
  @query("wa-dialog") private dialog!: HTMLElement & { open: boolean };
  #answer: (yes: boolean) => void = () => undefined;
  #from: HTMLElement | null = null;

  async ask(question: Question): Promise<boolean> {
    this.#answer(false); // a question that nobody answered is answered no
    this.#from = focused();
    this.question = question;
    await this.updateComplete;
    this.dialog.open = true;
    return new Promise((resolve) => {
      this.#answer = resolve;
    });
  }

  #end(yes: boolean): void {
    this.#answer(yes);
    this.#answer = () => undefined;
    this.dialog.open = false;
    setTimeout(() => this.#from?.focus());
  }

  protected override render(): TemplateResult {
    const { question } = this;
    return html`<wa-dialog without-header label=${question?.title ?? ""} @wa-hide=${this.#hidden}>
      ${question
        ? html`<div class="head"><h2>${question.title}</h2></div>
            <p class="muted">${question.text}</p>
            <div class="buttons end">
              <button class="button secondary" type="button" autofocus @click=${() => this.#end(false)}>${t("common.cancel")}</button>
              <button class="button ${question.danger ? "danger" : ""}" type="button" @click=${() => this.#end(true)}>${question.yes}</button>
            </div>`
        : nothing}
    </wa-dialog>`;
  }

  readonly #hidden = (event: Event): void => {
    if (event.target !== this.dialog) return;
    this.#answer(false);
    this.#answer = () => undefined;
  };
}

export abstract class BalaiDialog extends Piece {
  @property({ type: Boolean }) open = false;
  @query("wa-dialog") protected dialog!: HTMLElement & { open: boolean };
  #from: HTMLElement | null = null;

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (!changed.has("open")) return;
    if (this.open) this.#from = focused();
    if (this.dialog.open !== this.open) this.dialog.open = this.open;
  }

  protected frame(title: string, body: TemplateResult): TemplateResult {
    return html`<wa-dialog without-header light-dismiss label=${title} @wa-hide=${this.#hidden}>
      <div class="head">
        <h2>${title}</h2>
        <button class="button quiet square small" type="button" autofocus aria-label=${t("common.close")} @click=${() => (this.dialog.open = false)}>${icon("x")}</button>
      </div>
      ${this.open ? body : nothing}
    </wa-dialog>`;
  }

  readonly #hidden = (event: Event): void => {
    if (event.target !== this.dialog) return;
    this.dispatchEvent(new Event("closed"));
    setTimeout(() => this.#from?.focus());
  };
}

@customElement("balai-settings")
export class BalaiSettings extends BalaiDialog {
  static override styles = [
    ...shared,
    dialog,
    css`
      fieldset,
      .part {
        display: grid;
        gap: 0;
        margin: 0;
        padding: var(--s4) 0;
        border: 0;
        border-block-start: 1px solid var(--line);
      }
      legend {
        float: inline-start;
        padding: 0;
        font-weight: 650;
      }
      legend + * {
        clear: both;
      }
      .row {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: var(--s4);
      }
      @media (max-width: 480px) {
        .row {
          grid-template-columns: 1fr;
        }
      }
    `,
  ];

  protected override render(): TemplateResult {
    return this.frame(t("room.settings"), this.#body());
  }

  #body(): TemplateResult {
    const { settings } = this.face;
    const sounds: readonly ChosenSound[] = ["join", "hand", "chat", "vote"];
    return html`
      <div class="part"><balai-devices .devices=${settings.devices} @devices=${this.#devices}></balai-devices></div>
      <fieldset>
        <legend>${t("room.settings.sounds")}</legend>
        ${sounds.map((sound) => this.#check(t(`room.settings.sound.${sound}`), settings.sounds[sound], (on) => this.#sound(sound, on)))}
      </fieldset>
      <fieldset>
        <legend>${t("room.settings.messages")}</legend>
        ${this.#check(t("room.settings.announce"), settings.announce, (announce) => this.face.change({ announce }), t("room.settings.announce_hint"))}
      </fieldset>
      <fieldset>
        <legend>${t("room.settings.line")}</legend>
        ${this.#check(t("room.settings.economy"), settings.economy, (economy) => this.face.change({ economy }), t("room.settings.economy_hint"))}
      </fieldset>
      <div class="part row">
        <div class="field">
          <label for="theme">${t("room.settings.theme")}</label>
          <select id="theme" @change=${(event: Event) => chooseTheme((event.target as HTMLSelectElement).value as Theme)}>
            ${(["system", "light", "dark"] as const).map((theme) => html`<option value=${theme} .selected=${chosenTheme() === theme}>${t(`room.theme.${theme}`)}</option>`)}
          </select>
        </div>
        <div class="field">
          <label for="language">${t("room.settings.language")}</label>
          <select id="language" @change=${() => void this.face.switchLanguage()}>
            <option value="id" lang="id" .selected=${currentLanguage() === "id"}>Indonesia</option>
            <option value="en" lang="en" .selected=${currentLanguage() === "en"}>English</option>
          </select>
        </div>
      </div>
    `;
  }

  #check(label: string, on: boolean, change: (on: boolean) => void, hint = ""): TemplateResult {
    return html`<label class="choice">
      <input type="checkbox" .checked=${on} @change=${(event: Event) => change((event.target as HTMLInputElement).checked)} /><span>${label}</span>
      ${hint ? html`<span class="hint">${hint}</span>` : nothing}
    </label>`;
  }

  #sound(sound: ChosenSound, on: boolean): void {
    this.face.change({ sounds: { ...this.face.settings.sounds, [sound]: on } });
    if (on) play(sound);
  }

  readonly #devices = (event: CustomEvent<Devices>): void => {
    this.face.change({ devices: event.detail });
  };
}

@customElement("balai-keys")
export class BalaiKeys extends BalaiDialog {
  static override styles = [
    ...shared,
    dialog,
    css`
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        align-items: center;
        gap: 0 var(--s5);
      }
      dt,
      dd {
        display: flex;
        align-items: center;
        gap: var(--s1);
        min-block-size: 40px;
      }
      dl > div {
        display: contents;
      }
      kbd {
        min-inline-size: 30px;
        padding: 3px 8px;
        border: 1px solid var(--line-strong);
        border-block-end-width: 2px;
        border-radius: 6px;
        background: var(--sunken);
        font: 600 13px/1.4 var(--font);
        text-align: center;
      }
    `,
  ];

  protected override render(): TemplateResult {
    const keys: readonly [readonly string[], string][] = [
      [["M"], "microphone"],
      [[t("room.keys.space")], "speak"],
      [["V"], "camera"],
      [["S"], "screen"],
      [["H"], "hand"],
      [["1", "2", "3", "4", "5"], "rail"],
      [["F6"], "region"],
      ...["K", "T", "P", "U", "O"].map((letter, at): [string[], string] => [["Ctrl", "Alt", letter], ["decision", "action", "statement", "motion", "objection"][at] ?? ""]),
      [["?"], "keys"],
    ];
    return this.frame(
      t("room.keys"),
      html`<dl>${keys.map(([names, act]) => html`<div><dt>${names.map((name) => html`<kbd>${name}</kbd>`)}</dt><dd>${t(`room.keys.${act}`)}</dd></div>`)}</dl>`,
    );
  }
}
