// How the editor looks.
import { css } from "lit";

export const looks = css`
  :host {
    display: block;
  }
  .bar {
    position: sticky;
    inset-block-start: 0;
    z-index: 2;
    margin-block-end: var(--s2);
    background: var(--surface);
  }
  .tools {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
  }
  .gap {
    inline-size: var(--s2);
  }
  .tool {
    display: grid;
    flex: none;
    place-items: center;
    inline-size: 36px;
    block-size: 36px;
    padding: 0;
    border: 0;
    border-radius: var(--radius);
    background: transparent;
    color: var(--ink-soft);
    cursor: pointer;
  }
  .tool .icon {
    inline-size: 18px;
    block-size: 18px;
  }
  .tool:hover:enabled {
    background: var(--sunken);
    color: var(--ink);
  }
  .tool[aria-pressed="true"] {
    background: var(--primary-soft);
    color: var(--primary);
  }
  .tool:disabled {
    opacity: 0.45;
    cursor: default;
  }
  .tool:focus-visible {
    outline-offset: -2px;
  }
  .linking {
    display: grid;
    gap: var(--s2);
    margin-block: var(--s2);
    padding: var(--s3);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--sunken);
  }
  .sheet {
    position: relative;
    overflow-x: clip; /* a name at the right edge must not widen the page */
  }
  .sheet.blank::before {
    content: attr(data-hint);
    position: absolute;
    inset-block-start: calc(var(--s3) + 1px);
    inset-inline: calc(var(--s3) + 1px);
    color: var(--ink-faint);
    line-height: 1.55;
    pointer-events: none;
  }
  .sheet.reads.blank::before {
    inset: 0;
  }
  .page {
    min-block-size: 9em;
    padding: var(--s3);
    border: 1px solid var(--line-strong);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--ink);
    line-height: 1.55;
    overflow-wrap: anywhere;
    white-space: pre-wrap;
    font-variant-ligatures: none;
  }
  .reads .page {
    min-block-size: 1.6em;
    padding: 0;
    border: 0;
    background: transparent;
  }
  .page:focus-visible {
    outline: 3px solid var(--focus);
    outline-offset: -2px;
  }
  .page > * + * {
    margin-block-start: var(--s2);
  }
  .page h4 {
    margin-block: var(--s4) var(--s1);
    font-size: var(--text-l);
  }
  .page h5 {
    margin: 0;
    margin-block: var(--s3) var(--s1);
    font-size: var(--text-m);
    font-weight: 650;
  }
  .page h6 {
    margin: 0;
    margin-block: var(--s3) var(--s1);
    color: var(--ink-soft);
    font-size: var(--text-s);
    font-weight: 650;
  }
  .page > :first-child {
    margin-block-start: 0;
  }
  .page ul,
  .page ol {
    padding-inline-start: 1.5em;
  }
  .page ul {
    list-style: disc;
  }
  .page ol {
    list-style: decimal;
  }
  .page table {
    inline-size: 100%;
    border-collapse: collapse;
    table-layout: fixed;
    font-size: var(--text-s);
  }
  .page th,
  .page td {
    position: relative;
    padding: 6px 8px;
    border: 1px solid var(--line);
    text-align: start;
    vertical-align: top;
  }
  .page th {
    background: var(--sunken);
    font-weight: 600;
  }
  .page .selectedCell {
    background: var(--primary-soft);
  }
  .mention {
    padding: 1px 5px;
    border-radius: 6px;
    background: var(--primary-soft);
    color: var(--primary);
    font-weight: 550;
  }
  .mention::before {
    content: "@";
  }
  .commented {
    background: var(--accent-soft);
    border-block-end: 2px solid var(--accent);
  }
  .struck {
    color: var(--danger-ink);
    text-decoration: line-through;
  }
  .suggested {
    margin-inline-start: 3px;
    color: var(--positive-ink);
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .remark-bar {
    display: grid;
    gap: var(--s1);
    margin-block: var(--s2);
  }
  .quoted {
    padding-inline-start: var(--s2);
    border-inline-start: 3px solid var(--accent);
    color: var(--ink-soft);
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  .caret {
    position: relative;
    margin-inline: -1px;
    border-inline-start: 2px solid var(--look);
    word-break: normal;
    pointer-events: none;
  }
  .caret .who {
    position: absolute;
    inset-block-end: 100%;
    inset-inline-start: -2px;
    max-inline-size: 16em;
    padding: 1px 6px;
    overflow: hidden;
    border-radius: 6px 6px 6px 0;
    background: var(--look);
    color: var(--on-look);
    font-size: 11px;
    font-weight: 600;
    line-height: 1.5;
    text-overflow: ellipsis;
    white-space: nowrap;
    user-select: none;
  }
  .selected {
    background: color-mix(in srgb, var(--look) 22%, transparent);
  }
  .look-0 { --look: var(--look-0); }
  .look-1 { --look: var(--look-1); }
  .look-2 { --look: var(--look-2); }
  .look-3 { --look: var(--look-3); }
  .look-4 { --look: var(--look-4); }
  .look-5 { --look: var(--look-5); }
  .menu {
    position: sticky;
    inset-block-end: 0;
    z-index: 3;
    max-block-size: 260px;
    margin-block-start: var(--s1);
    padding: var(--s1);
    overflow-y: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
  }
  .menu li {
    display: flex;
    align-items: center;
    gap: var(--s2);
    min-block-size: 38px;
    padding: var(--s1) var(--s2);
    border-radius: 6px;
    cursor: pointer;
    line-height: 1.35;
  }
  .menu li[aria-selected="true"] {
    background: var(--primary-soft);
    color: var(--primary);
  }
  .menu small {
    display: block;
    color: var(--ink-soft);
  }
  .menu .icon {
    inline-size: 17px;
    block-size: 17px;
  }
  .standing {
    display: flex;
    align-items: center;
    gap: 6px;
    min-block-size: 28px;
    color: var(--ink-soft);
    font-size: 13px;
  }
  .standing .icon {
    inline-size: 15px;
    block-size: 15px;
  }
  .standing.offline,
  .standing.refused {
    color: var(--danger-ink);
    font-weight: 550;
  }
  .ProseMirror-gapcursor {
    display: none;
  }
`;
