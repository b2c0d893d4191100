// What the toolbar and the keys of the editor can do, as ProseMirror commands with their name and look.
import { chainCommands, exitCode, lift, setBlockType, toggleMark } from "prosemirror-commands";
import type { MarkType, Node, NodeType } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { TextSelection, type Command, type EditorState } from "prosemirror-state";
import { addColumnAfter, addRowAfter, deleteColumn, deleteRow, deleteTable, goToNextCell, isInTable } from "prosemirror-tables";
import { redo, undo } from "y-prosemirror";
import type { IconName } from "../icons";
import { schema } from "./schema";

export interface Act {
  readonly name: string; // its words are room.editor.<name>
  readonly look: IconName;
  readonly run: Command;
  readonly on?: (state: EditorState) => boolean; // pressed now
  readonly keys?: string; // as a reader would say them
}

const { nodes, marks } = schema;
const kind = (name: keyof typeof nodes): NodeType => nodes[name] as NodeType;
const mark = (name: keyof typeof marks): MarkType => marks[name] as MarkType;

export function hasMark(state: EditorState, type: MarkType): boolean {
  const { from, $from, to, empty } = state.selection;
  return empty ? Boolean(type.isInSet(state.storedMarks ?? $from.marks())) : state.doc.rangeHasMark(from, to, type);
}

function inside(state: EditorState, type: NodeType): boolean {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === type) return true;
  return false;
}

function isHeading(state: EditorState, level: number): boolean {
  const { parent } = state.selection.$from;
  return parent.type === kind("heading") && parent.attrs["level"] === level;
}

const heading = (level: number): Command => (state, dispatch, view) =>
  (isHeading(state, level) ? setBlockType(kind("paragraph")) : setBlockType(kind("heading"), { level }))(state, dispatch, view);

const list = (type: NodeType): Command => (state, dispatch, view) =>
  inside(state, type) ? liftListItem(kind("list_item"))(state, dispatch, view) : wrapInList(type)(state, dispatch, view);

const COLUMNS = 3;

export const insertTable: Command = (state, dispatch) => {
  const cells = (type: NodeType): Node[] => Array.from({ length: COLUMNS }, () => type.createAndFill() as Node);
  const row = (type: NodeType): Node => kind("table_row").create(null, cells(type));
  const table = kind("table").create(null, [row(kind("table_header")), row(kind("table_cell")), row(kind("table_cell"))]);
  const { $from } = state.selection;
  const after = $from.after(1);
  if (!dispatch) return true;
  const replaces = $from.depth === 1 && !$from.parent.content.size;
  const tr = replaces ? state.tr.replaceWith($from.before(1), after, [table, kind("paragraph").create()]) : state.tr.insert(after, table);
  const at = replaces ? $from.before(1) : after;
  dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(at + 3))).scrollIntoView());
  return true;
};

export function setLink(href: string): Command {
  return (state, dispatch) => {
    const type = mark("link");
    const { from, to, empty } = state.selection;
    if (!dispatch) return true;
    if (!href) dispatch(state.tr.removeMark(from, to, type));
    else if (empty) dispatch(state.tr.insert(from, schema.text(href, [type.create({ href })])));
    else dispatch(state.tr.removeMark(from, to, type).addMark(from, to, type.create({ href })));
    return true;
  };
}

export const WRITING: readonly Act[] = [
  { name: "strong", look: "bold", run: toggleMark(mark("strong")), on: (state) => hasMark(state, mark("strong")), keys: "Ctrl+B" },
  { name: "em", look: "italic", run: toggleMark(mark("em")), on: (state) => hasMark(state, mark("em")), keys: "Ctrl+I" },
  { name: "heading", look: "heading", run: heading(1), on: (state) => isHeading(state, 1), keys: "Ctrl+Alt+1" },
  { name: "subheading", look: "heading-2", run: heading(2), on: (state) => isHeading(state, 2), keys: "Ctrl+Alt+2" },
  { name: "bullets", look: "list", run: list(kind("bullet_list")), on: (state) => inside(state, kind("bullet_list")), keys: "Ctrl+Shift+8" },
  { name: "numbers", look: "list-ordered", run: list(kind("ordered_list")), on: (state) => inside(state, kind("ordered_list")), keys: "Ctrl+Shift+7" },
  { name: "table", look: "table", run: insertTable },
];

export const BACK: readonly Act[] = [
  { name: "undo", look: "undo-2", run: (state) => undo(state), keys: "Ctrl+Z" },
  { name: "redo", look: "redo-2", run: (state) => redo(state), keys: "Ctrl+Y" },
];

/** Only while the cursor stands in a table. */
export const IN_TABLE: readonly Act[] = [
  { name: "add_row", look: "between-horizontal-end", run: addRowAfter },
  { name: "add_column", look: "between-vertical-end", run: addColumnAfter },
  { name: "delete_row", look: "minus", run: deleteRow },
  { name: "delete_column", look: "columns-2", run: deleteColumn },
  { name: "delete_table", look: "trash-2", run: deleteTable },
];

export { isInTable };

export const KEYS: Readonly<Record<string, Command>> = {
  "Mod-b": toggleMark(mark("strong")),
  "Mod-i": toggleMark(mark("em")),
  "Mod-Alt-0": setBlockType(kind("paragraph")),
  "Mod-Alt-1": heading(1),
  "Mod-Alt-2": heading(2),
  "Mod-Alt-3": heading(3),
  "Mod-Shift-8": list(kind("bullet_list")),
  "Mod-Shift-7": list(kind("ordered_list")),
  "Mod-z": (state) => undo(state),
  "Mod-y": (state) => redo(state),
  "Shift-Mod-z": (state) => redo(state),
  "Shift-Enter": chainCommands(exitCode, (state, dispatch) => {
    dispatch?.(state.tr.replaceSelectionWith(kind("hard_break").create()).scrollIntoView());
    return true;
  }),
  Enter: splitListItem(kind("list_item")),
  "Mod-]": sinkListItem(kind("list_item")),
  "Mod-[": chainCommands(liftListItem(kind("list_item")), lift),
  // Tab moves on to the next control, as everywhere; only in a table it moves to the next cell.
  Tab: goToNextCell(1),
  "Shift-Tab": goToNextCell(-1),
};

