// Comments and suggestions in the editor: where they stand in the text, how they look there, and how a suggestion is taken
// over. They are no part of the text: the meeting keeps them, and only a writer's own hand changes a word.
import { Plugin, PluginKey, type EditorState } from "prosemirror-state";
import { Decoration, DecorationSet, type EditorView } from "prosemirror-view";
import { absolutePositionToRelativePosition, relativePositionToAbsolutePosition, ySyncPluginKey } from "y-prosemirror";
import type * as Y from "yjs";
import type { Remark } from "../room/model";
import { encoded, position } from "./shared";

export interface Passage {
  readonly from: number;
  readonly to: number;
}

/** What somebody marked, before it is said. `whole`: within one paragraph, so that other words can be suggested. */
export interface Marked extends Passage {
  readonly anchor: string;
  readonly head: string;
  readonly quoted: string;
  readonly whole: boolean;
}

const LONGEST = 2_000; // as the server takes it
const redraw = new PluginKey<DecorationSet>("remarks");

interface Binding {
  readonly type: Y.XmlFragment;
  readonly doc: Y.Doc;
  readonly binding: { readonly mapping: Map<Y.AbstractType<unknown>, never> } | null;
}

/** The passage as it reads; what is no letter (a line's end, a name that is mentioned) stands for itself. */
export function words(state: EditorState, { from, to }: Passage): string {
  return state.doc.textBetween(from, to, "\n", (node) => (node.type.name === "mention" ? String(node.attrs["name"]) : "\n"));
}

/** null: nothing that could be marked is selected. */
export function markedNow(state: EditorState): Marked | null {
  const { from, to, empty, $from, $to } = state.selection;
  const sync = ySyncPluginKey.getState(state) as Binding | undefined;
  const quoted = words(state, { from, to });
  if (empty || !sync?.binding || !quoted.trim() || quoted.length > LONGEST) return null;
  const at = (place: number): string => encoded(absolutePositionToRelativePosition(place, sync.type, sync.binding?.mapping as never) as Y.RelativePosition);
  return { from, to, anchor: at(from), head: at(to), quoted, whole: $from.sameParent($to) && $from.parent.isTextblock };
}

/** null: what it was about is gone, or whoever sent it was not honest. */
export function placeOf(state: EditorState, remark: Remark): Passage | null {
  const sync = ySyncPluginKey.getState(state) as Binding | undefined;
  if (!sync?.binding) return null;
  try {
    const [from, to] = [remark.anchor, remark.head].map((one) => {
      const where = position(one);
      return where ? relativePositionToAbsolutePosition(sync.doc, sync.type, where, sync.binding?.mapping as never) : null;
    });
    const size = state.doc.content.size;
    return typeof from === "number" && typeof to === "number" && from >= 0 && from < to && to <= size ? { from, to } : null;
  } catch {
    return null;
  }
}

/** Whether the passage still reads as it did when the remark was made. */
export function stands(state: EditorState, remark: Remark): boolean {
  const place = placeOf(state, remark);
  return place !== null && words(state, place) === remark.quoted;
}

/** The suggested words stand there now; false: the passage has changed meanwhile, and nothing was done. */
export function takeOver(view: EditorView, remark: Remark): boolean {
  const place = placeOf(view.state, remark);
  if (!place || words(view.state, place) !== remark.quoted) return false;
  const { tr } = view.state;
  view.dispatch((remark.text ? tr.insertText(remark.text.replace(/\s+/g, " "), place.from, place.to) : tr.delete(place.from, place.to)).scrollIntoView());
  return true;
}

/** Draw them anew: they have changed. */
export function remarksChanged(view: EditorView): void {
  view.dispatch(view.state.tr.setMeta(redraw, true).setMeta("addToHistory", false));
}

export function remarkPlugin(all: () => readonly Remark[]): Plugin<DecorationSet> {
  return new Plugin<DecorationSet>({
    key: redraw,
    state: {
      init: () => DecorationSet.empty,
      apply: (tr, before, _old, state) => (tr.docChanged || tr.getMeta(redraw) ? drawn(state, all()) : before),
    },
    props: { decorations: (state) => redraw.getState(state) },
  });
}

function drawn(state: EditorState, remarks: readonly Remark[]): DecorationSet {
  const marks = remarks.flatMap((remark) => {
    const place = placeOf(state, remark);
    if (!place) return [];
    const changed = words(state, place) !== remark.quoted;
    const passage = Decoration.inline(place.from, place.to, { class: remark.what === "comment" || changed ? "commented" : "struck" });
    if (remark.what === "comment" || changed || !remark.text) return [passage];
    return [passage, Decoration.widget(place.to, () => inserted(remark.text), { side: 1, key: `${remark.remarkId}${remark.text}` })];
  });
  return DecorationSet.create(state.doc, marks);
}

function inserted(text: string): HTMLElement {
  const one = document.createElement("ins");
  one.className = "suggested";
  one.textContent = text;
  return one;
}
