/** What all elements share: buttons, busy marks, text for screen readers only, focus rings. */

import { css } from 'lit';

export const controls = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  [hidden] {
    display: none !important;
  }

  h1,
  h2,
  p,
  ol,
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
  }

  ol,
  ul {
    list-style: none;
  }

  .icon {
    display: block;
    flex: none;
  }

  button,
  .controls {
    touch-action: manipulation;
  }

  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: var(--_2);
    min-width: var(--_target);
    min-height: var(--_target);
    margin: 0;
    padding: 0;
    border: 0;
    border-radius: var(--_pill);
    background: none;
    color: inherit;
    font: inherit;
    line-height: 1.2;
    cursor: pointer;
    user-select: none;
    -webkit-user-select: none;
    -webkit-touch-callout: none;
    -webkit-tap-highlight-color: transparent;
    transition:
      transform var(--_quick) var(--_ease),
      background-color var(--_quick) linear,
      opacity var(--_quick) linear;
  }

  button:active {
    transform: scale(0.94);
  }

  /* Two rings, so that one of them shows on any picture. */
  :focus {
    outline: none;
  }

  :focus-visible {
    outline: 3px solid #ffffff;
    outline-offset: 2px;
    box-shadow: 0 0 0 2px #0a0a0c, 0 0 0 7px #0a0a0c;
  }

  [tabindex='-1']:focus-visible {
    outline: none;
    box-shadow: none;
  }

  .round {
    width: var(--_target);
    height: var(--_target);
    background: var(--_scrim);
  }

  .primary,
  .secondary,
  .plain {
    min-height: 52px;
    padding: var(--_2) var(--_5);
    font-size: var(--_size);
    font-weight: 600;
  }

  .primary {
    background: #ffffff;
    color: #0a0a0c;
  }

  .secondary {
    background: var(--_raised);
  }

  .plain {
    min-height: var(--_target);
    padding: var(--_2) var(--_4);
    font-size: var(--_size-s);
    color: var(--_quiet);
  }

  @media (hover: hover) {
    .primary:hover {
      background: #e8e8ec;
    }

    .secondary:hover {
      background: #34343c;
    }

    .plain:hover {
      color: var(--_text);
    }

    .round:hover {
      background: rgb(10 10 12 / 0.8);
    }
  }

  .spoken {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  .spinner {
    flex: none;
    width: 20px;
    height: 20px;
    border: 2.5px solid rgb(255 255 255 / 0.28);
    border-top-color: #ffffff;
    border-radius: 50%;
    animation: turn 800ms linear infinite;
  }

  /* What takes less than 300 ms is not worth a word. */
  .late {
    animation: appear 200ms linear 300ms both;
  }

  .late .spinner {
    animation: turn 800ms linear infinite;
  }

  @keyframes turn {
    to {
      transform: rotate(1turn);
    }
  }

  @keyframes appear {
    from {
      opacity: 0;
      visibility: hidden;
    }
    to {
      opacity: 1;
      visibility: visible;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    button,
    button:active {
      transform: none;
      transition: none;
    }

    .spinner,
    .late .spinner {
      animation-duration: 2.4s;
    }
  }
`;
