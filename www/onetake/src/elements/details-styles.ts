/** The line of details: codes and messages, folded, to be copied. */

import { css } from 'lit';

export const detailsStyles = css`
  details {
    width: 100%;
    font-size: 13px;
    color: var(--_quiet);
  }

  summary {
    display: flex;
    align-items: center;
    min-height: var(--_target);
    cursor: pointer;
  }

  summary::before {
    content: '›';
    width: 16px;
    font-size: 18px;
    line-height: 1;
  }

  details[open] summary::before {
    transform: rotate(90deg);
    transform-origin: 4px 11px;
  }

  pre {
    max-height: 180px;
    margin: 0;
    padding: var(--_3);
    overflow: auto;
    border-radius: var(--_round-s);
    background: rgb(255 255 255 / 0.07);
    font: 12px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    user-select: text;
  }
`;
