// Styles that the forms in the rail share.
import { css } from "lit";

export const form = css`
  form {
    display: grid;
    gap: var(--s4);
    margin-block: var(--s2) var(--s3);
    padding: var(--s4);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--sunken);
  }
  textarea.input {
    min-block-size: 4.6em;
    field-sizing: content;
  }
  .choice {
    padding-block: var(--s1);
  }
  .choice .hint {
    display: block;
  }
`;
