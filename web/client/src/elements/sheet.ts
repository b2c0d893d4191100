// The styles every element of the room starts from: the controls of the pages, and the little a shadow root does not inherit.
import { css, unsafeCSS, type CSSResult } from "lit";
import controls from "../styles/controls.css?inline";

const ground = css`
  :host {
    display: block;
    box-sizing: border-box;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  h4,
  p,
  ul,
  ol,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }
  h1,
  h2,
  h3,
  h4 {
    font-weight: 650;
    line-height: var(--tight);
    letter-spacing: -0.01em;
  }
  ul,
  ol {
    list-style: none;
  }
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }
  a {
    color: var(--primary);
    text-underline-offset: 0.18em;
  }
  :focus-visible {
    outline: 3px solid var(--focus);
    outline-offset: 2px;
  }
  [hidden] {
    display: none !important;
  }
  .icon {
    inline-size: 20px;
    block-size: 20px;
    flex: none;
  }
  .muted {
    color: var(--ink-soft);
  }
  .small {
    font-size: var(--text-s);
  }
  .num,
  time {
    font-variant-numeric: tabular-nums;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .spin .icon,
  .icon.spin {
    animation: turn 900ms linear infinite;
  }
  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;

export const shared: CSSResult[] = [unsafeCSS(controls), ground];
