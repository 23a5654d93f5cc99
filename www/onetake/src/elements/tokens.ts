/** Colour, space, radius, type and motion of every element; a page overrides them as CSS custom properties on `<onetake-camera>`. */

import { css } from 'lit';

export const tokens = css`
  :host {
    --_ground: var(--onetake-color-ground, #0a0a0c);
    --_surface: var(--onetake-color-surface, #17171b);
    --_raised: var(--onetake-color-raised, #26262c);
    --_line: var(--onetake-color-line, rgb(255 255 255 / 0.12));
    --_text: var(--onetake-color-text, #ffffff);
    --_quiet: var(--onetake-color-quiet, #b6b6c0);
    --_accent: var(--onetake-color-accent, #ff3b55);
    --_on-accent: var(--onetake-color-on-accent, #ffffff);
    --_warning: var(--onetake-color-warning, #ffc247);
    --_good: var(--onetake-color-good, #4cd994);
    /* White on this over a white picture is 5.7 : 1. */
    --_scrim: var(--onetake-color-scrim, rgb(10 10 12 / 0.62));

    --_1: 4px;
    --_2: 8px;
    --_3: 12px;
    --_4: 16px;
    --_5: 24px;
    --_6: 32px;
    --_7: 48px;
    --_target: 44px;

    --_round-s: var(--onetake-radius-small, 10px);
    --_round: var(--onetake-radius, 16px);
    --_round-l: var(--onetake-radius-large, 28px);
    --_pill: 999px;

    --_font: var(
      --onetake-font,
      system-ui,
      -apple-system,
      'Segoe UI',
      Roboto,
      'PingFang SC',
      'HarmonyOS Sans SC',
      'Microsoft YaHei',
      'Noto Sans CJK SC',
      'Noto Sans SC',
      sans-serif
    );
    --_size-xs: 12px;
    --_size-s: 14px;
    --_size: 16px;
    --_size-l: 20px;
    --_size-xl: 30px;

    --_ease: cubic-bezier(0.2, 0.8, 0.2, 1);
    --_quick: 140ms;
    --_calm: 260ms;

    --_safe-top: env(safe-area-inset-top, 0px);
    --_safe-right: env(safe-area-inset-right, 0px);
    --_safe-bottom: env(safe-area-inset-bottom, 0px);
    --_safe-left: env(safe-area-inset-left, 0px);
  }
`;
