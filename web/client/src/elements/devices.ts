// The choice of microphone, camera and loudspeaker; used before joining and in the settings.
import { css, html, LitElement, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { Devices } from "../room/model";
import { language, t } from "../words";
import { shared } from "./sheet";

type Kind = "microphone" | "camera" | "speaker";

const KINDS: Readonly<Record<Kind, { readonly browser: MediaDeviceKind; readonly field: keyof Devices }>> = {
  microphone: { browser: "audioinput", field: "microphoneId" },
  camera: { browser: "videoinput", field: "cameraId" },
  speaker: { browser: "audiooutput", field: "speakerId" },
};

@customElement("balai-devices")
export class BalaiDevices extends LitElement {
  static override styles = [
    ...shared,
    css`
      :host {
        display: grid;
        gap: var(--s4);
      }
      select {
        text-overflow: ellipsis;
      }
    `,
  ];

  @property({ attribute: false }) devices!: Devices;
  @state() private known: readonly MediaDeviceInfo[] = [];
  readonly #look = (): void => void this.look();
  readonly #anew = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    navigator.mediaDevices?.addEventListener("devicechange", this.#look);
    language.addEventListener("change", this.#anew);
    void this.look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    navigator.mediaDevices?.removeEventListener("devicechange", this.#look);
    language.removeEventListener("change", this.#anew);
  }

  /** Names are known only after a permission was given: called again then. */
  async look(): Promise<void> {
    this.known = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  }

  protected override render(): TemplateResult {
    const kinds = (Object.keys(KINDS) as Kind[]).filter((kind) => kind !== "speaker" || "setSinkId" in HTMLMediaElement.prototype);
    return html`${kinds.map((kind) => this.#choice(kind))}`;
  }

  #choice(kind: Kind): TemplateResult {
    const { browser, field } = KINDS[kind];
    const known = this.known.filter((device) => device.kind === browser && device.deviceId && device.deviceId !== "default");
    const chosen = known.some((device) => device.deviceId === this.devices[field]) ? this.devices[field] : "";
    return html`<div class="field">
      <label for=${kind}>${t(`room.device.${kind}`)}</label>
      <select id=${kind} @change=${(event: Event) => this.#chosen(field, (event.target as HTMLSelectElement).value)}>
        <option value="" .selected=${!chosen}>${t("room.device.default")}</option>
        ${known.map((device, index) => html`<option value=${device.deviceId} .selected=${device.deviceId === chosen}>${device.label || t("room.device.unnamed", { number: index + 1 })}</option>`)}
      </select>
    </div>`;
  }

  #chosen(field: keyof Devices, id: string): void {
    this.dispatchEvent(new CustomEvent<Devices>("devices", { detail: { ...this.devices, [field]: id } }));
  }
}
