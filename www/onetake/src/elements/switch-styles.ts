/** A switch of ours: a row that says what it is for, and at its end an `<i>` that shows whether it is on. */

import { css } from 'lit';

export const switchStyles = css`
  .switch {
    border-radius: var(--_round-s);
  }

  .switch span {
    flex: 1;
    text-align: left;
  }

  .switch i {
    width: 42px;
    height: 26px;
    padding: 3px;
    border-radius: var(--_pill);
    background: #5c5c66;
  }

  .switch i::before {
    content: '';
    display: block;
    width: 20px;
    height: 20px;
    border-radius: 50%;
    background: #ffffff;
  }

  .switch[aria-checked='true'] i {
    background: #1f8a4c;
  }

  .switch[aria-checked='true'] i::before {
    translate: 16px;
  }
`;
