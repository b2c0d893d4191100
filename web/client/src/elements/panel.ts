// Styles that the four panels of the rail share.
import { css } from "lit";

export const panel = css`
  :host {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
    min-inline-size: 0;
    block-size: 100%;
  }
  .scroll {
    flex: 1;
    min-block-size: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
  }
  section {
    padding: var(--s4) var(--s4) var(--s2);
  }
  section + section {
    border-block-start: 1px solid var(--line);
  }
  section > h3,
  .head {
    display: flex;
    align-items: center;
    gap: var(--s2);
    margin-block-end: var(--s2);
    color: var(--ink-soft);
    font-size: var(--text-s);
    font-weight: 600;
    letter-spacing: 0;
  }
  .line {
    display: flex;
    align-items: center;
    gap: var(--s3);
    min-block-size: 52px;
    padding-block: var(--s1);
  }
  .line > .main {
    flex: 1;
    min-inline-size: 0;
    line-height: 1.35;
  }
  .line .name {
    display: block;
    overflow-wrap: anywhere;
    font-size: 15px;
    font-weight: 550;
  }
  .line .sub {
    display: block;
    color: var(--ink-soft);
    font-size: 13px;
    overflow-wrap: anywhere;
  }
  .initials {
    display: grid;
    flex: none;
    place-items: center;
    inline-size: 36px;
    block-size: 36px;
    border-radius: 50%;
    background: var(--primary-soft);
    color: var(--primary);
    font-size: 13px;
    font-weight: 600;
  }
  .plain {
    display: grid;
    flex: none;
    place-items: center;
    inline-size: 40px;
    block-size: 40px;
    padding: 0;
    border: 0;
    border-radius: var(--radius);
    background: transparent;
    color: var(--ink-soft);
    cursor: pointer;
  }
  .plain:hover {
    background: var(--sunken);
    color: var(--ink);
  }
`;
