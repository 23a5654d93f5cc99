/** The layout of `<onetake-camera>`: phone first; beside the phone column where there is room; sideways on a phone held so. */

import { css } from 'lit';
import { cameraScreenStyles } from './camera-screen-styles.js';
import { detailsStyles } from './details-styles.js';
import { dialogStyles } from './dialog.js';
import { plateStyles } from './plate-styles.js';
import { toolStyles } from './tool-styles.js';

const frameStyles = css`
  :host {
    display: block;
    position: relative;
    height: 100%;
    min-height: 320px;
    overflow: hidden;
    container: onetake / size;
    background: var(--_ground);
    color: var(--_text);
    font: 400 var(--_size) / 1.45 var(--_font);
    -webkit-text-size-adjust: 100%;
    color-scheme: dark;
  }

  .frame {
    height: 100%;
  }

  .brand,
  .side {
    display: none;
  }

  .phone {
    position: relative;
    height: 100%;
    overflow: hidden;
    background: var(--_ground);
    touch-action: manipulation;
  }

  /* As much of the picture as is filmed: a phone longer than 9 : 16 has its buttons below it, a shorter one over it. */
  .stage,
  .over {
    position: absolute;
    inset: 0 0 auto;
    aspect-ratio: 9 / 16;
    max-height: 100%;
    overflow: hidden;
    border-radius: 0 0 var(--_round) var(--_round);
    background: #000000;
    /* Two fingers zoom the camera, not the page. */
    touch-action: none;
  }

  .over {
    background: none;
    pointer-events: none;
  }

  .phone:not([data-screen='camera']) .stage {
    visibility: hidden;
  }

  .screen {
    position: absolute;
    inset: 0;
  }

  .wordmark {
    display: flex;
    align-items: center;
    gap: var(--_2);
    font-size: var(--_size-l);
    font-weight: 700;
    letter-spacing: -0.02em;
  }

  .toast-place {
    position: absolute;
    right: var(--_4);
    bottom: calc(var(--_safe-bottom) + 212px);
    left: var(--_4);
    display: flex;
    justify-content: center;
    pointer-events: none;
  }

  .phone[data-screen='review'] .toast-place {
    bottom: calc(var(--_safe-bottom) + 144px);
  }

  /* Above a film there is nothing to press. */
  .phone:has(onetake-upload[shown]) .toast-place {
    top: calc(var(--_safe-top) + 72px);
    bottom: auto;
  }

  .phone:has(onetake-looks[open]) .toast-place {
    bottom: calc(var(--_safe-bottom) + 380px);
  }

  .toast {
    display: flex;
    align-items: center;
    gap: var(--_2);
    max-width: 100%;
    min-height: 48px;
    padding: var(--_2) var(--_4);
    border: 1px solid var(--_line);
    border-radius: var(--_round);
    background: #1d1d22;
    font-size: var(--_size-s);
    pointer-events: auto;
    animation: rise var(--_calm) var(--_ease);
  }

  .toast-button {
    margin: calc(-1 * var(--_2)) calc(-1 * var(--_3)) calc(-1 * var(--_2)) 0;
    padding: 0 var(--_3);
    font-weight: 700;
    color: #8ab8ff;
  }

  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(12px);
    }
  }

  .help {
    --_dialog-width: 400px;
  }

  .help form {
    padding-top: var(--_4);
  }

  .help h3 {
    margin: var(--_4) 0 var(--_1);
    font-size: 13px;
    font-weight: 600;
    color: var(--_quiet);
  }

  .help dl div {
    display: flex;
    align-items: center;
    gap: var(--_4);
    min-height: 32px;
    font-size: var(--_size-s);
  }

  .help dt {
    min-width: 96px;
  }

  kbd {
    display: inline-block;
    padding: 3px 9px;
    border: 1px solid var(--_line);
    border-bottom-width: 2px;
    border-radius: 7px;
    background: var(--_raised);
    font: 600 13px/1.3 var(--_font);
  }

  .help footer {
    display: flex;
    justify-content: flex-end;
    margin: var(--_3) calc(-1 * var(--_4)) calc(-1 * var(--_3)) 0;
  }

  @container onetake (min-width: 900px) and (min-height: 560px) {
    .frame {
      display: grid;
      grid-template-columns: minmax(0, 1fr) auto minmax(0, 1fr);
      gap: var(--_7);
      padding: var(--_5) var(--_7);
    }

    .brand,
    .side {
      display: flex;
      flex-direction: column;
      min-height: 0;
      padding: var(--_4) 0;
    }

    .brand {
      justify-content: space-between;
    }

    .brand-tools {
      display: grid;
      justify-items: start;
      margin-left: calc(-1 * var(--_4));
    }

    .side {
      width: min(100%, 320px);
    }

    .phone {
      height: auto;
      aspect-ratio: 9 / 16;
      max-height: 960px;
      margin: auto 0;
      border-radius: var(--_round-l);
      box-shadow: 0 0 0 1px var(--_line), 0 24px 80px rgb(0 0 0 / 0.5);
      height: min(100%, 960px);
    }

    .plate-head .wordmark,
    .plate-head .language {
      visibility: hidden;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    .toast {
      animation: none;
    }
  }
`;

export const cameraStyles = [toolStyles, dialogStyles, frameStyles, plateStyles, detailsStyles, cameraScreenStyles];
