import { EditorState, TextSelection } from "prosemirror-state";
import { describe, expect, it } from "vitest";
import { filled, phrase } from "./phrases";
import { schema } from "./schema";

describe("phrases", () => {
  it("are filled in, and what stands for nothing stays", () => {
    expect(filled("{pimpinan} membuka {rapat} ({lain})", { pimpinan: "Sri", rapat: "" })).toBe("Sri membuka {rapat} ({lain})");
  });
  it("go on in the paragraph that is there, line by line", () => {
    const doc = schema.node("doc", null, [schema.node("paragraph", null, [schema.text("Awal ")])]);
    const state = EditorState.create({ doc, selection: TextSelection.atEnd(doc) });
    let after = state;
    phrase("satu.\nDua.")(state, (tr) => (after = state.apply(tr)));
    expect(after.doc.textContent).toBe("Awal satu.Dua.");
    expect(after.doc.childCount).toBe(2);
  });
});
