/** One upload: a line that grows with what is to be said, a code on white, a dialog for the code alone. */

import { css } from 'lit';

export const uploadStyles = css`
  :host {
    display: block;
    position: relative;
  }

  .card {
    display: grid;
    gap: var(--_2);
    padding: var(--_2) var(--_2) var(--_3) var(--_4);
    border-radius: var(--_round);
    background: var(--_surface);
    font-size: var(--_size-s);
    overflow: hidden;
  }

  .row {
    display: flex;
    align-items: center;
    gap: var(--_3);
    /* Two lines of facts are as high as one: nothing jumps. */
    min-height: 60px;
  }

  .failed .row {
    min-height: 44px;
  }

  .sign {
    display: grid;
    flex: none;
    color: var(--_quiet);
  }

  .done > .row .sign {
    color: var(--_good);
  }

  .failed > .row .sign,
  .offline > .row .sign {
    color: var(--_warning);
  }

  .what {
    display: grid;
    flex: 1;
    gap: 2px;
    min-width: 0;
    font-variant-numeric: tabular-nums;
  }

  b {
    font-weight: 600;
  }

  small:empty {
    display: none;
  }

  small {
    line-height: 1.35;
    font-size: 13px;
    color: var(--_quiet);
  }

  .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  .way {
    flex: none;
    width: var(--_target);
    height: var(--_target);
    border-radius: 50%;
  }

  .way.sure {
    background: #c8102e;
  }

  .way + .way {
    margin-left: calc(-1 * var(--_2));
  }

  .bar {
    height: 6px;
    margin-right: var(--_2);
    border-radius: 3px;
    background: rgb(255 255 255 / 0.16);
    overflow: hidden;
  }

  .bar i {
    display: block;
    height: 100%;
    border-radius: 3px;
    background: #ffffff;
    transition: width 200ms linear;
  }

  .paused .bar i,
  .offline .bar i {
    background: var(--_quiet);
  }

  .vague i {
    width: 30% !important;
    animation: run 1.4s ease-in-out infinite alternate;
  }

  @keyframes run {
    from {
      margin-left: 0;
    }
    to {
      margin-left: 70%;
    }
  }

  .ask {
    font-weight: 600;
    color: var(--_text);
  }

  .trouble {
    display: grid;
    gap: var(--_1);
    max-height: 40vh;
    padding-right: var(--_2);
    overflow: auto;
  }

  .safe {
    display: flex;
    align-items: center;
    gap: var(--_2);
    font-weight: 600;
    color: var(--_good);
  }

  .deeds {
    display: flex;
    flex-wrap: wrap;
    gap: var(--_2);
  }

  .deeds .secondary {
    display: flex;
    flex: 1 1 auto;
    align-items: center;
    justify-content: center;
    gap: var(--_2);
    min-height: var(--_target);
    padding: var(--_2) var(--_4);
    border-radius: var(--_pill);
    font-size: var(--_size-s);
    cursor: pointer;
  }

  label.secondary:focus-within {
    outline: 3px solid #ffffff;
    outline-offset: 2px;
  }

  .stored {
    padding-right: var(--_2);
    overflow-wrap: anywhere;
    color: var(--_quiet);
  }

  .card.done {
    padding-right: var(--_4);
  }

  .result {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: var(--_4);
    align-items: center;
    padding-bottom: var(--_1);
  }

  .code {
    flex: none;
    width: 124px;
    border-radius: 8px;
  }

  .code onetake-qr {
    width: 100%;
  }

  .link {
    display: grid;
    gap: var(--_2);
    min-width: 0;
  }

  a {
    display: -webkit-box;
    min-height: var(--_target);
    align-content: center;
    overflow: hidden;
    -webkit-box-orient: vertical;
    -webkit-line-clamp: 2;
    overflow-wrap: anywhere;
    font-weight: 600;
    color: #8ab8ff;
    user-select: text;
    -webkit-user-select: text;
  }

  dialog {
    --_dialog-width: 360px;
  }

  dialog::backdrop {
    background: rgb(0 0 0 / 0.7);
  }

  dialog form {
    display: grid;
    gap: var(--_3);
    justify-items: center;
    text-align: center;
  }

  dialog .round {
    justify-self: end;
    margin-right: calc(-1 * var(--_3));
  }

  dialog onetake-qr {
    width: 100%;
  }

  .address {
    font-size: 13px;
    overflow-wrap: anywhere;
    color: var(--_quiet);
    user-select: text;
    -webkit-user-select: text;
  }

  @media (prefers-reduced-motion: reduce) {
    .bar i {
      transition: none;
    }

    .vague i {
      animation: none;
    }
  }
`;
