// Before a recording begins: what of the meeting is kept, and what becomes of who does not agree to it.
import { css, html, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { icon } from "../icons";
import type { Refusal, Scope } from "../room/recording";
import { t } from "../words";
import { BalaiDialog, dialog } from "./dialogs";
import { shared } from "./sheet";

const SCOPES: readonly Scope[] = ["everything", "audio_screen", "audio"];
const REFUSALS: readonly Refusal[] = ["unrecorded", "leave"];

@customElement("balai-recording")
export class BalaiRecording extends BalaiDialog {
  static override styles = [
    ...shared,
    dialog,
    css`
      fieldset {
        display: grid;
        gap: 0;
        margin: 0;
        padding: var(--s3) 0;
        border: 0;
      }
      legend {
        padding: 0;
        font-weight: 650;
      }
    `,
  ];

  @state() private scope: Scope = "everything";
  @state() private refusal: Refusal = "unrecorded";

  protected override render(): TemplateResult {
    return this.frame(
      t("room.recording.title"),
      html`<p class="muted">${t("room.recording.text")}</p>
        ${this.#choice("scope", SCOPES, this.scope, (one) => (this.scope = one))} ${this.#choice("refusal", REFUSALS, this.refusal, (one) => (this.refusal = one))}
        <div class="buttons end">
          <button class="button secondary" type="button" @click=${() => (this.dialog.open = false)}>${t("common.cancel")}</button>
          <button class="button" type="button" @click=${this.#start}>${icon("circle-dot")}${t("room.recording.start")}</button>
        </div>`,
    );
  }

  #choice<T extends string>(name: string, values: readonly T[], chosen: T, choose: (one: T) => void): TemplateResult {
    return html`<fieldset>
      <legend>${t(`room.recording.${name}`)}</legend>
      ${values.map(
        (one) => html`<label class="choice"><input type="radio" name=${name} .checked=${one === chosen} @change=${() => choose(one)} /><span>${t(`room.recording.${name}.${one}`)}</span></label>`,
      )}
    </fieldset>`;
  }

  readonly #start = (): void => {
    const fields = { recording_id: crypto.randomUUID(), scope: this.scope, refusal: this.refusal };
    this.dialog.open = false;
    void this.face.act(this.face.client.command("start_recording", fields));
  };
}
