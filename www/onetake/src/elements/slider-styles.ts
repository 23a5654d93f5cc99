/** A slider of ours: `--filled` (a percentage) says how much of its track is bright, `--from` where that begins. */

import { css } from 'lit';

export const sliderStyles = css`
  .slider {
    height: var(--_target);
    margin: 0;
    border-radius: var(--_pill);
    background: none;
    appearance: none;
    cursor: pointer;
    touch-action: manipulation;
  }

  .slider::-webkit-slider-runnable-track {
    height: 4px;
    border-radius: 2px;
    background: linear-gradient(#ffffff, #ffffff) var(--from, 0) / var(--filled) 100% no-repeat rgb(255 255 255 / 0.3);
  }

  .slider::-moz-range-track {
    height: 4px;
    border-radius: 2px;
    background: linear-gradient(#ffffff, #ffffff) var(--from, 0) / var(--filled) 100% no-repeat rgb(255 255 255 / 0.3);
  }

  .slider::-webkit-slider-thumb {
    appearance: none;
    width: 16px;
    height: 16px;
    margin-top: -6px;
    border-radius: 50%;
    background: #ffffff;
  }

  .slider::-moz-range-thumb {
    width: 16px;
    height: 16px;
    border: 0;
    border-radius: 50%;
    background: #ffffff;
  }
`;
