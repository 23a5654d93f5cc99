/** What floats over the picture. Text and signs stand on scrims: at least 4.5 : 1 over a white picture. */

import { css } from 'lit';

export const cameraScreenStyles = css`
  .camera {
    display: flex;
    flex-direction: column;
    justify-content: space-between;
    user-select: none;
    -webkit-user-select: none;
    -webkit-touch-callout: none;
    pointer-events: none;
  }

  .camera button,
  .camera onetake-record-button,
  .camera .notice {
    pointer-events: auto;
  }

  .camera::before,
  .camera::after {
    content: '';
    position: absolute;
    right: 0;
    left: 0;
    z-index: -1;
  }

  .camera::before {
    top: 0;
    height: 150px;
    background: linear-gradient(rgb(10 10 12 / 0.6), rgb(10 10 12 / 0.28) 55%, transparent);
  }

  .camera::after {
    bottom: 0;
    height: 260px;
    background: linear-gradient(transparent, rgb(10 10 12 / 0.3) 50%, rgb(10 10 12 / 0.66));
  }

  .camera {
    isolation: isolate;
  }

  .top {
    display: grid;
    gap: var(--_2);
    padding: calc(var(--_safe-top) + 10px) calc(var(--_safe-right) + var(--_3)) 0 calc(var(--_safe-left) + var(--_3));
  }

  .head {
    position: relative;
    display: flex;
    align-items: center;
    min-height: var(--_target);
  }

  .clock {
    position: absolute;
    left: 50%;
    display: flex;
    align-items: center;
    gap: 6px;
    height: 34px;
    padding: 0 14px;
    border-radius: var(--_pill);
    background: var(--_scrim);
    font-size: 15px;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
    transform: translateX(-50%);
  }

  .clock onetake-level {
    position: absolute;
    right: 16px;
    bottom: 3px;
    left: 16px;
  }

  .loud {
    display: flex;
    align-items: center;
    gap: 6px;
    justify-self: center;
    min-height: 30px;
    padding: 4px 12px;
    border-radius: var(--_pill);
    background: var(--_warning);
    color: #0a0a0c;
    font-size: var(--_size-s);
    font-weight: 600;
  }

  .clock b {
    font-weight: 600;
  }

  .clock span {
    color: #e4e4ea;
  }

  .clock.on {
    background: #c8102e;
  }

  .clock.on span {
    color: #ffffff;
  }

  .clock .dot {
    width: 9px;
    height: 9px;
    border-radius: 50%;
    background: #ffffff;
    animation: blink 1.4s ease-in-out infinite;
  }

  @keyframes blink {
    50% {
      opacity: 0.25;
    }
  }

  .notice {
    display: flex;
    align-items: center;
    gap: var(--_3);
    max-width: 420px;
    margin-right: 66px;
    padding-left: var(--_3);
    border-radius: var(--_round);
    background: rgb(24 24 28 / 0.92);
    font-size: var(--_size-s);
    line-height: 1.35;
  }

  .notice > .icon {
    color: var(--_warning);
  }

  .notice p {
    flex: 1;
    padding: 10px 0;
  }

  .notice-button {
    flex: none;
    font-weight: 700;
    color: #8ab8ff;
  }

  .tools {
    position: absolute;
    top: calc(var(--_safe-top) + 24px);
    right: calc(var(--_safe-right) + var(--_2));
    z-index: 1;
    display: grid;
    /* As many as stand above the buttons below; the others in columns to the left, beyond its width: one that fits its columns
       is measured before it is known how many rows there are. */
    grid-template-rows: repeat(auto-fill, 58px);
    grid-auto-columns: 60px;
    grid-auto-flow: column;
    gap: var(--_2);
    width: 60px;
    height: calc(100% - var(--_safe-top) - var(--_safe-bottom) - 164px);
    direction: rtl;
    --_panel-right: calc(100% + var(--_2));
    --_panel-width: min(300px, 100cqw - 90px);
  }

  .tools > * {
    direction: ltr;
  }

  /* Its panel stands where these are. */
  .tools:has(onetake-adjust[open]) ~ onetake-photos,
  .tools:has(onetake-adjust[open]) ~ .bottom :is(.hint, .zoom) {
    visibility: hidden;
  }

  .camera onetake-photos {
    position: absolute;
    bottom: calc(var(--_safe-bottom) + 126px);
    left: calc(var(--_safe-left) + var(--_3));
  }

  /* Above the record button, below the face. */
  .camera onetake-looks {
    position: absolute;
    right: calc(var(--_safe-right) + var(--_2));
    bottom: calc(var(--_safe-bottom) + 126px);
    left: calc(var(--_safe-left) + var(--_2));
    z-index: 2;
  }

  .tools:has(~ onetake-looks[open]),
  onetake-photos:has(~ onetake-looks[open]),
  onetake-looks[open] ~ .bottom :is(.hint, .zoom) {
    visibility: hidden;
  }

  onetake-looks[open] ~ .countdown {
    bottom: calc(var(--_safe-bottom) + 382px);
  }

  .tool.turning .icon {
    animation: turn 900ms linear 300ms infinite;
  }

  /* Low, since a face is high. */
  .countdown {
    position: absolute;
    right: 0;
    bottom: calc(var(--_safe-bottom) + 164px);
    left: 0;
    font-size: 128px;
    line-height: 1.1;
    text-align: center;
    font-weight: 700;
    font-variant-numeric: tabular-nums;
    text-shadow: 0 0 4px rgb(10 10 12 / 0.8), 0 4px 40px rgb(10 10 12 / 0.8);
  }

  .bottom {
    padding: 0 calc(var(--_safe-right) + var(--_4)) calc(var(--_safe-bottom) + 26px) calc(var(--_safe-left) + var(--_4));
  }

  .hint {
    display: flex;
    align-items: center;
    justify-content: center;
    min-height: 34px;
    margin-bottom: 56px;
  }

  .zoom {
    position: absolute;
    bottom: calc(var(--_safe-bottom) + 120px);
    left: 50%;
    width: 52px;
    margin-left: -26px;
    /* Half of it stands below the picture of a long phone, on black. */
    background: rgb(38 38 44 / 0.84);
    font-size: 13px;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }

  .pill {
    display: flex;
    align-items: center;
    gap: var(--_2);
    min-height: 34px;
    padding: 5px 14px;
    border-radius: var(--_pill);
    background: var(--_scrim);
    font-size: var(--_size-s);
    text-align: center;
  }

  .pill.ask {
    background: #c8102e;
    font-weight: 600;
  }

  .pill .spinner {
    width: 16px;
    height: 16px;
  }

  .deck {
    display: grid;
    grid-template-columns: 1fr auto 1fr;
    align-items: center;
  }

  .after {
    display: flex;
    align-items: center;
    justify-content: space-evenly;
    padding-left: var(--_3);
    transition: opacity var(--_quick) linear;
  }

  .before {
    display: flex;
    justify-content: center;
    padding-right: var(--_3);
    transition: opacity var(--_quick) linear;
  }

  .erase {
    width: 48px;
    height: 48px;
    background: rgb(38 38 44 / 0.84);
  }

  .erase.sure {
    background: #c8102e;
    animation: blink 900ms steps(1) infinite;
  }

  .erase.sure:focus-visible {
    animation: none;
  }

  .ok {
    width: 52px;
    height: 52px;
    background: #ffffff;
    color: #0a0a0c;
  }

  @container onetake (max-height: 500px) and (orientation: landscape) {
    /* Sideways the upright picture stands in the middle; what floated above and below stands at its sides. */
    .phone[data-screen='camera'] :is(.stage, .over) {
      left: 50%;
      right: auto;
      height: 100%;
      border-radius: 0;
      transform: translateX(-50%);
    }

    .camera::before,
    .camera::after {
      display: none;
    }

    .camera {
      display: block;
    }

    .top {
      width: calc(50% - 28cqh - var(--_4));
    }

    .clock {
      right: 0;
      left: auto;
      transform: none;
    }

    .notice {
      margin-right: 0;
    }

    .tools {
      right: calc(var(--_safe-right) + var(--_3));
      height: calc(100% - 36px);
      /* On the other side of the picture, where the record button is not. */
      --_panel-right: calc(50cqw + 28cqh + 4px);
      --_panel-width: min(300px, 50cqw - 28cqh - 28px);
    }

    .tools:has(onetake-adjust[open]) ~ .bottom :is(.hint, .zoom),
    .tools:has(~ onetake-looks[open]),
    onetake-looks[open] ~ .bottom :is(.hint, .zoom) {
      visibility: visible;
    }

    .camera onetake-looks {
      right: auto;
      bottom: calc(var(--_safe-bottom) + var(--_2));
      left: calc(var(--_safe-left) + var(--_2));
      width: calc(50% - 28cqh - var(--_4));
    }

    onetake-looks[open] ~ .countdown {
      bottom: var(--_2);
    }

    .camera onetake-photos {
      bottom: calc(var(--_safe-bottom) + var(--_3));
      left: calc(50% - 28cqh - 68px);
    }

    .bottom {
      position: absolute;
      top: 0;
      right: calc(var(--_safe-right) + 140px);
      bottom: 0;
      left: calc(50% + 28cqh + var(--_2));
      display: grid;
      align-content: center;
      justify-items: center;
      padding: 0;
    }

    .hint {
      position: absolute;
      right: 0;
      bottom: var(--_3);
      left: 0;
      margin: 0;
    }

    .zoom {
      position: static;
      margin: 0 0 var(--_3);
    }

    .pill {
      border-radius: var(--_round);
    }

    .countdown {
      bottom: var(--_2);
    }

    .deck {
      grid-template-columns: auto;
      gap: var(--_4);
    }

    .before {
      padding: 0;
    }

    .after {
      gap: var(--_4);
      padding: 0;
    }

    .toast-place,
    .phone:has(onetake-looks[open]) .toast-place {
      right: auto;
      bottom: var(--_4);
      width: calc(50% - 28cqh - var(--_5));
    }
  }

  @media (prefers-reduced-motion: reduce) {
    .clock .dot,
    .erase.sure {
      animation: none;
    }

    .tool.turning .icon {
      animation-duration: 2.4s;
    }
  }
`;
