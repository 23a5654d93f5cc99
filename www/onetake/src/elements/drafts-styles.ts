/** The list of drafts: rows with a picture, what is in them, and a bin. */

import { css } from 'lit';

export const draftsStyles = css`
  :host {
    display: block;
    position: absolute;
    inset: 0;
  }

  .drafts {
    display: flex;
    flex-direction: column;
    height: 100%;
    background: var(--_ground);
  }

  header {
    display: grid;
    grid-template-columns: var(--_target) 1fr var(--_target);
    align-items: center;
    padding: calc(var(--_safe-top) + var(--_2)) calc(var(--_safe-right) + var(--_3)) var(--_2) calc(var(--_safe-left) + var(--_3));
  }

  header .round {
    background: var(--_surface);
  }

  h1 {
    font-size: var(--_size);
    font-weight: 600;
    text-align: center;
  }

  .list {
    flex: 1;
    min-height: 0;
    padding: var(--_2) calc(var(--_safe-right) + var(--_4)) var(--_4) calc(var(--_safe-left) + var(--_4));
    overflow: auto;
  }

  .row {
    position: relative;
    grid-template-columns: 1fr auto;
    align-items: stretch;
  }

  .draft {
    justify-content: flex-start;
    gap: var(--_4);
    padding: var(--_3);
    border-radius: var(--_round);
    text-align: left;
  }

  .draft:active {
    transform: none;
    background: var(--_raised);
  }

  .draft:disabled {
    cursor: default;
  }

  .draft:focus-visible,
  .undo:focus-visible {
    outline-offset: -4px;
    box-shadow: none;
  }

  .draft[aria-current]::before {
    content: '';
    position: absolute;
    inset: var(--_5) auto var(--_5) 0;
    width: 3px;
    border-radius: 0 2px 2px 0;
    background: #ffffff;
  }

  .draft > .icon {
    margin-left: auto;
    color: var(--_quiet);
  }

  .thumb {
    display: grid;
    place-items: center;
    flex: none;
    width: 54px;
    height: 84px;
    border-radius: var(--_round-s);
    background: var(--_raised);
    color: var(--_quiet);
    overflow: hidden;
  }

  .thumb canvas {
    width: 100%;
    height: 100%;
    object-fit: cover;
  }

  .what b {
    font-size: var(--_size-l);
  }

  .go {
    font-weight: 600;
  }

  .tags {
    display: flex;
    flex-wrap: wrap;
    gap: var(--_1);
  }

  .tags i {
    padding: 3px 8px;
    border-radius: var(--_round-s);
    background: var(--_raised);
    font-size: var(--_size-xs);
    font-style: normal;
  }

  .bin {
    border-radius: var(--_round);
  }

  .gone {
    align-items: center;
    padding: var(--_2) var(--_2) var(--_2) var(--_4);
    background: none;
    box-shadow: inset 0 0 0 1px var(--_line);
    font-size: var(--_size-s);
    color: var(--_quiet);
  }

  .gone span {
    display: flex;
    align-items: center;
    gap: var(--_2);
  }

  .undo {
    padding: 0 var(--_4);
    font-weight: 700;
    color: #8ab8ff;
  }

  .room {
    display: flex;
    align-items: center;
    gap: var(--_2);
    padding-bottom: var(--_4);
    font-size: 13px;
    color: var(--_quiet);
  }

  .unkept {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0 var(--_3);
    margin-bottom: var(--_4);
    padding: var(--_3) var(--_4) var(--_1);
    border-radius: var(--_round);
    background: rgb(255 194 71 / 0.12);
    font-size: var(--_size-s);
  }

  .unkept p {
    padding-bottom: var(--_2);
  }

  .unkept .icon {
    color: var(--_warning);
  }

  .unkept .plain {
    grid-column: 2;
    justify-self: start;
    margin-left: calc(-1 * var(--_4));
    color: var(--_text);
  }

  .empty {
    display: flex;
    align-items: center;
    gap: var(--_3);
    margin-bottom: var(--_4);
    padding: var(--_5) var(--_4);
    border: 1px dashed var(--_line);
    border-radius: var(--_round);
    font-size: var(--_size-s);
    color: var(--_quiet);
  }

  footer {
    padding: var(--_3) calc(var(--_safe-right) + var(--_4)) calc(var(--_safe-bottom) + var(--_4)) calc(var(--_safe-left) + var(--_4));
  }

  .wide {
    width: 100%;
  }
`;
