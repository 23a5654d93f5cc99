/** A row of a list: what it is about, a bin at its end, and the question that the bin's first press asks. */

import { css } from 'lit';

export const rowStyles = css`
  ul {
    display: grid;
    gap: var(--_3);
  }

  .row {
    display: grid;
    border-radius: var(--_round);
    background: var(--_surface);
    overflow: hidden;
  }

  .what {
    display: grid;
    gap: 3px;
    font-size: var(--_size-s);
    font-variant-numeric: tabular-nums;
  }

  b {
    font-weight: 600;
  }

  small {
    font-size: 13px;
    color: var(--_quiet);
  }

  .go {
    color: #8ab8ff;
  }

  .bin {
    width: 52px;
    color: var(--_quiet);
  }

  .row .bin.sure {
    border-radius: 0;
    background: #c8102e;
    color: #ffffff;
  }

  .go:focus-visible,
  .bin:focus-visible {
    outline-offset: -4px;
    box-shadow: none;
  }

  .doomed {
    box-shadow: inset 0 0 0 1.5px #c8102e;
  }

  .ask {
    grid-column: 1 / -1;
    padding: 10px var(--_4);
    background: #c8102e;
    font-size: var(--_size-s);
    font-weight: 600;
    text-align: center;
  }
`;
