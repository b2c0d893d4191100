// The menus that open while one writes: "/" at the start of a paragraph for what may stand there, "@" for people.
// A plugin that only tells what was typed; the editor's element shows the menu and decides.
import { Plugin, PluginKey, type EditorState } from "prosemirror-state";

export interface Asked {
  readonly kind: "slash" | "mention";
  readonly from: number; // where "/" or "@" stands
  readonly to: number;
  readonly query: string;
}

export const asked = new PluginKey<Asked | null>("asked");

const MENTION = /(?:^|\s)@([\p{L}\p{N}.,'’ -]{0,30})$/u;
const SLASH = /^\/([\p{L}\p{N} ]{0,30})$/u;
const HOLE = "\ufffc"; // a mention, a line break

export function read(state: EditorState): Asked | null {
  const { $from, empty } = state.selection;
  if (!empty || !$from.parent.isTextblock) return null;
  const before = $from.parent.textBetween(0, $from.parentOffset, HOLE, HOLE);
  const slash = SLASH.exec(before);
  if (slash) return { kind: "slash", from: $from.start(), to: $from.pos, query: slash[1] ?? "" };
  const mention = MENTION.exec(before);
  if (!mention) return null;
  const query = mention[1] ?? "";
  return { kind: "mention", from: $from.pos - query.length - 1, to: $from.pos, query };
}

/** `keys` handles a key while a menu is open; true when it was taken. */
export function menuPlugin(changed: (now: Asked | null) => void, keys: (event: KeyboardEvent) => boolean): Plugin {
  return new Plugin<Asked | null>({
    key: asked,
    state: { init: () => null, apply: (_tr, _value, _old, state) => read(state) },
    props: { handleKeyDown: (view, event) => Boolean(asked.getState(view.state)) && keys(event) },
    view: () => ({
      update: (view, before) => {
        const now = asked.getState(view.state) ?? null;
        if (now !== asked.getState(before)) changed(view.hasFocus() ? now : null);
      },
    }),
  });
}

/** Whether every word of the query begins a word of the name. */
export function matches(name: string, query: string): boolean {
  const words = folded(name).split(/[\s.,]+/);
  return folded(query)
    .split(/[\s.,]+/)
    .filter(Boolean)
    .every((part) => words.some((word) => word.startsWith(part)));
}

function folded(text: string): string {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();
}
