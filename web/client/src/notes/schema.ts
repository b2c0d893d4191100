// What notes may consist of: the same as server/notes/fragment.py reads. Nothing else is ever drawn.
import { Schema, type DOMOutputSpec, type Node } from "prosemirror-model";
import { tableNodes } from "prosemirror-tables";

/** "" for anything that does not lead to a page. */
export function safeLink(text: string): string {
  const wanted = text.trim();
  try {
    const url = new URL(/^[a-z][a-z0-9+.-]*:/i.test(wanted) ? wanted : `https://${wanted}`);
    return (url.protocol === "https:" || url.protocol === "http:") && url.hostname.includes(".") ? url.href : "";
  } catch {
    return "";
  }
}

const href = (value: unknown): string => (typeof value === "string" && /^https?:\/\//i.test(value) ? value : "");
const tables = tableNodes({ tableGroup: "block", cellContent: "block+", cellAttributes: {} });

export const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: { content: "inline*", group: "block", parseDOM: [{ tag: "p" }], toDOM: (): DOMOutputSpec => ["p", 0] },
    heading: {
      attrs: { level: { default: 1 } },
      content: "inline*",
      group: "block",
      defining: true,
      parseDOM: [1, 2, 3, 4, 5, 6].map((level) => ({ tag: `h${level}`, attrs: { level: Math.min(level, 3) } })),
      // Below the agenda item's own heading, which is an h3.
      toDOM: (node: Node): DOMOutputSpec => [`h${Math.min(Math.max(Number(node.attrs["level"]) || 1, 1), 3) + 3}`, 0],
    },
    bullet_list: { content: "list_item+", group: "block", parseDOM: [{ tag: "ul" }], toDOM: (): DOMOutputSpec => ["ul", 0] },
    ordered_list: { content: "list_item+", group: "block", parseDOM: [{ tag: "ol" }], toDOM: (): DOMOutputSpec => ["ol", 0] },
    list_item: { content: "paragraph block*", defining: true, parseDOM: [{ tag: "li" }], toDOM: (): DOMOutputSpec => ["li", 0] },
    table: { ...tables.table, toDOM: (): DOMOutputSpec => ["table", ["tbody", 0]] },
    table_row: tables.table_row,
    table_cell: { ...tables.table_cell, toDOM: (): DOMOutputSpec => ["td", 0] },
    table_header: { ...tables.table_header, toDOM: (): DOMOutputSpec => ["th", 0] },
    text: { group: "inline" },
    hard_break: { inline: true, group: "inline", selectable: false, parseDOM: [{ tag: "br" }], toDOM: (): DOMOutputSpec => ["br"] },
    mention: {
      attrs: { person: { default: "" }, name: { default: "" } },
      inline: true,
      group: "inline",
      atom: true,
      parseDOM: [{ tag: "span.mention", getAttrs: (dom) => ({ person: (dom as HTMLElement).dataset["person"] ?? "", name: dom.textContent ?? "" }) }],
      toDOM: (node: Node): DOMOutputSpec => ["span", { class: "mention", "data-person": String(node.attrs["person"]) }, String(node.attrs["name"])],
    },
  },
  marks: {
    strong: { parseDOM: [{ tag: "strong" }, { tag: "b" }], toDOM: (): DOMOutputSpec => ["strong", 0] },
    em: { parseDOM: [{ tag: "em" }, { tag: "i" }], toDOM: (): DOMOutputSpec => ["em", 0] },
    link: {
      attrs: { href: { default: "" } },
      inclusive: false,
      parseDOM: [{ tag: "a[href]", getAttrs: (dom) => (href((dom as HTMLElement).getAttribute("href")) ? { href: href((dom as HTMLElement).getAttribute("href")) } : false) }],
      toDOM: (mark): DOMOutputSpec => {
        const to = href(mark.attrs["href"]);
        return to ? ["a", { href: to, title: to, rel: "noopener noreferrer nofollow", target: "_blank" }, 0] : ["span", 0];
      },
    },
  },
});
