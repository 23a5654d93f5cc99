/** The dialog that says where uploads go: two ways, and the addresses of the second. */

import { css } from 'lit';

export const storeStyles = css`
  :host {
    display: contents;
  }

  dialog {
    --_dialog-width: 440px;
  }

  form {
    display: grid;
    gap: var(--_3);
  }

  .ways {
    display: grid;
    gap: var(--_2);
  }

  .ways label {
    display: flex;
    align-items: center;
    gap: var(--_3);
    min-height: 60px;
    padding: var(--_2) var(--_4);
    border: 1px solid var(--_line);
    border-radius: var(--_round);
    cursor: pointer;
  }

  .ways label:has(:checked) {
    border-color: #ffffff;
    background: var(--_raised);
  }

  .ways span {
    display: grid;
    gap: 2px;
  }

  b {
    font-weight: 600;
  }

  small {
    font-size: 13px;
    color: var(--_quiet);
  }

  input[type='radio'] {
    flex: none;
    width: 22px;
    height: 22px;
    margin: 0;
    accent-color: #ffffff;
  }

  .ways label:has(:focus-visible) {
    outline: 3px solid #ffffff;
    outline-offset: 2px;
  }

  .ways input:focus-visible {
    outline: none;
    box-shadow: none;
  }

  .fields {
    display: grid;
    gap: var(--_3);
  }

  .fields[hidden] {
    display: none;
  }

  .field {
    display: grid;
    gap: 6px;
  }

  .field label {
    font-size: var(--_size-s);
    font-weight: 600;
  }

  .field input {
    width: 100%;
    min-height: 48px;
    padding: 0 var(--_3);
    border: 1px solid #85858f;
    border-radius: var(--_round-s);
    background: var(--_ground);
    color: inherit;
    /* Smaller, and iPhones zoom the page in. */
    font: 16px/1.3 var(--_font);
    box-sizing: border-box;
  }

  .field input[aria-invalid='true'] {
    border-color: var(--_warning);
  }

  .hint,
  .fault,
  .keeps {
    font-size: 13px;
    color: var(--_quiet);
  }

  .fault,
  .keeps,
  .works {
    display: flex;
    align-items: center;
    gap: var(--_2);
  }

  .fault {
    color: var(--_warning);
  }

  .works {
    font-size: var(--_size-s);
    font-weight: 600;
    color: var(--_good);
  }

  .works:empty {
    margin-top: calc(-1 * var(--_3));
  }

  .wide {
    width: 100%;
  }

  .spinner {
    border-color: rgb(10 10 12 / 0.25);
    border-top-color: #0a0a0c;
  }
`;
