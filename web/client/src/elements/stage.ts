// The stage: gives every tile its place, and tells the client what is visible and how large.
import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, query, queryAll, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { icon } from "../icons";
import type { Shown } from "../room/model";
import { t } from "../words";
import { Piece } from "./face";
import { arrange, capacity, choose, spotlight, type Box } from "./layout";
import { shared } from "./sheet";
import "./tile";
import type { BalaiTile, Tile } from "./tile";
import { tilesOf } from "./tiles";

interface Placed {
  readonly tile: Tile;
  readonly box: Box;
  readonly main: boolean;
}

@customElement("balai-stage")
export class BalaiStage extends Piece {
  static override styles = [
    ...shared,
    css`
      :host {
        position: relative;
        min-inline-size: 0;
        min-block-size: 0;
        padding: var(--s3);
        background: var(--stage);
      }
      :host([phone]) {
        padding: var(--s2);
      }
      .floor {
        position: relative;
        inline-size: 100%;
        block-size: 100%;
      }
      .rest {
        position: absolute;
        inset-block-start: 0;
        inset-inline-start: 0;
        z-index: 1;
        padding-inline: var(--s1);
        border-color: var(--tile-line);
      }
      .rest.over {
        inset: auto var(--s4) var(--s4) auto;
        padding-inline: var(--s3);
        box-shadow: var(--shadow);
      }
      .alone {
        position: absolute;
        inset-inline: 0;
        inset-block-start: var(--s5);
        z-index: 1;
        display: grid;
        justify-items: center;
        pointer-events: none;
      }
      .alone p {
        display: flex;
        align-items: center;
        gap: var(--s2);
        margin-inline: var(--s4);
        padding: var(--s2) var(--s4);
        border-radius: var(--radius);
        background: var(--surface);
        box-shadow: var(--shadow);
        color: var(--ink-soft);
        font-size: var(--text-s);
      }
    `,
  ];

  @state() private width = 0;
  @state() private height = 0;
  @state() private pinned = "";
  @query(".floor") private floor!: HTMLElement;
  @queryAll("balai-tile") private tileElements!: NodeListOf<BalaiTile>;

  #columns = 0;
  #chosen: string[] = [];
  #spokeAtMs = new Map<string, number>();
  #lead = ""; // who stands first beside a shared screen
  #placed: Placed[] = [];
  #said = "";
  #restBox: Box | null = null;
  readonly #size = new ResizeObserver(() => this.#measure());
  readonly #visibility = (): void => this.#tell();

  protected override firstUpdated(): void {
    this.#size.observe(this.floor);
    this.#measure();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("visibilitychange", this.#visibility);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#visibility);
    this.#size.disconnect();
  }

  #measure(): void {
    this.width = this.floor.clientWidth;
    this.height = this.floor.clientHeight;
  }

  protected override render(): TemplateResult {
    this.toggleAttribute("phone", this.face.phone);
    const tiles = tilesOf(this.state, this.pinned);
    this.#placed = this.#place(tiles);
    const faces = tiles.filter((tile) => !tile.screen);
    const hidden = tiles.length - this.#placed.length;
    return html`<div class="floor">
        <div role="list" aria-label=${t("room.stage")}>
        ${repeat(
          this.#placed,
          (one) => one.tile.key,
          (one) => html`<balai-tile .face=${this.face} .state=${this.state} .tile=${one.tile} @pin=${this.#pin}></balai-tile>`,
        )}
        </div>
        ${hidden > 0 && this.width
        ? html`<button class="rest ${this.#restBox ? "" : "over"} button secondary small" type="button" @click=${() => this.face.openTab("people")}>${icon("users")}${t("room.stage.more", { count: hidden })}</button>`
        : nothing}
      </div>
      ${faces.length === 1 && tiles.length === 1 ? html`<div class="alone"><p>${icon("info")}${t("room.stage.alone")}</p></div>` : nothing}`;
  }

  #place(tiles: readonly Tile[]): Placed[] {
    const gap = this.face.phone ? 6 : 8;
    for (const tile of tiles) if (tile.speaking) this.#spokeAtMs.set(tile.key, performance.now());
    const large = tiles.find((tile) => tile.pinned) ?? tiles.find((tile) => tile.screen && !tile.own) ?? tiles.find((tile) => tile.screen);
    this.#restBox = null;
    if (!this.width || !this.height) return [];
    return large ? this.#beside(large, tiles, gap) : this.#grid(tiles, gap);
  }

  #grid(tiles: readonly Tile[], gap: number): Placed[] {
    const shown = this.#choose(tiles, capacity(this.width, this.height, gap));
    const grid = arrange(shown.length, this.width, this.height, gap, this.#columns);
    this.#columns = grid.columns;
    return shown.map((tile, index) => ({ tile, box: grid.boxes[index] as Box, main: false }));
  }

  #beside(large: Tile, tiles: readonly Tile[], gap: number): Placed[] {
    const rest = tiles.filter((tile) => tile !== large);
    const light = spotlight(rest.length, this.width, this.height, gap);
    const speaker = rest.find((tile) => tile.speaking && !tile.own);
    if (speaker && !rest.some((tile) => tile.key === this.#lead && tile.speaking)) this.#lead = speaker.key;
    const first = rest.filter((tile) => tile.key === this.#lead);
    const others = rest.filter((tile) => tile.key !== this.#lead);
    const full = rest.length > light.strip.length && light.strip.length > 1; // the last place says how many more there are
    if (full) this.#restBox = light.strip.at(-1) ?? null;
    const strip = [...first, ...others].slice(0, light.strip.length - (full ? 1 : 0));
    return [{ tile: large, box: light.main, main: true }, ...strip.map((tile, index) => ({ tile, box: light.strip[index] as Box, main: false }))];
  }

  #choose(tiles: readonly Tile[], fits: number): Tile[] {
    const speaking = new Set(tiles.filter((tile) => tile.speaking).map((tile) => tile.key));
    this.#chosen = choose(tiles.map((tile) => tile.key), fits, this.#chosen, speaking, this.#spokeAtMs);
    const byKey = new Map(tiles.map((tile) => [tile.key, tile]));
    return this.#chosen.map((key) => byKey.get(key) as Tile);
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    this.tileElements.forEach((element, index) => {
      const box = this.#placed[index]?.box;
      if (box) put(element, box);
    });
    const rest = this.renderRoot.querySelector<HTMLElement>(".rest");
    if (rest && this.#restBox) put(rest, this.#restBox);
    else rest?.removeAttribute("style");
    this.#tell();
  }

  /** Only when it differs from what was said last: this runs at every change of the room. */
  #tell(): void {
    const scale = document.hidden ? 0 : window.devicePixelRatio;
    const shown = new Map(
      this.#placed.map(({ tile, box, main }): [string, Shown] => [
        tile.producerId,
        {
          producerId: tile.producerId,
          widthPx: Math.round(box.width * scale),
          heightPx: Math.round(box.height * scale),
          priority: main ? 2 : tile.speaking ? 1 : 0,
        },
      ]),
    );
    const all = [...this.state.remote.values()]
      .filter((stream) => stream.source === "camera" || stream.source === "screen")
      .map((stream): Shown => shown.get(stream.producerId) ?? { producerId: stream.producerId, widthPx: 0, heightPx: 0, priority: 0 });
    const said = JSON.stringify(all);
    if (said === this.#said) return;
    this.#said = said;
    this.face.client.show(all);
  }

  readonly #pin = (event: CustomEvent<string>): void => {
    this.pinned = event.detail;
  };
}

function put(element: HTMLElement, box: Box): void {
  element.style.setProperty("width", `${box.width}px`);
  element.style.setProperty("height", `${box.height}px`);
  element.style.setProperty("transform", `translate(${box.x}px, ${box.y}px)`);
}
