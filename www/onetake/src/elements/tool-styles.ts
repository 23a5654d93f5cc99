/** A tool at the side of the picture: a sign over a word, on a scrim; `away` keeps its place and is not there. */

import { css } from 'lit';

export const toolStyles = css`
  .tool {
    flex-direction: column;
    gap: 3px;
    width: 60px;
    min-height: 58px;
    border-radius: var(--_round);
    background: var(--_scrim);
    font-size: 11px;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }

  .tool.set {
    background: #ffffff;
    color: #0a0a0c;
  }

  .tool[aria-disabled='true'] > * {
    opacity: 0.5;
  }

  .away {
    visibility: hidden;
    opacity: 0;
  }
`;
