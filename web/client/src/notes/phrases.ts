// Set phrases of the office: their placeholders filled in, and put where the writer stands. Pure.
import { Fragment, Slice, type Node } from "prosemirror-model";
import type { Command } from "prosemirror-state";
import { schema } from "./schema";

/** What stands for nothing here stays as it was written, for the writer to see. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] || whole);
}

/** One paragraph for each line; the first goes on in the paragraph that is there. */
export function phrase(text: string): Command {
  return (state, dispatch) => {
    const paragraphs = text.split("\n").map((line): Node => (schema.nodes["paragraph"] as NonNullable<(typeof schema.nodes)["paragraph"]>).create(null, line ? schema.text(line) : null));
    dispatch?.(state.tr.replaceSelection(new Slice(Fragment.from(paragraphs), 1, 1)).scrollIntoView());
    return true;
  };
}
