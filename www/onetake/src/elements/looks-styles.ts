/** The drawer of looks. Its pages are equally high, so that nothing jumps between them; what is longer scrolls. */

import { css } from 'lit';

export const looksStyles = css`
  :host {
    display: block;
    pointer-events: none;
    user-select: none;
    -webkit-user-select: none;
  }

  .drawer {
    display: flex;
    flex-direction: column;
    padding-bottom: var(--_1);
    border-radius: var(--_round);
    background: #1d1d22;
    font-size: var(--_size-s);
    pointer-events: auto;
    container: drawer / inline-size;
    animation: rise var(--_calm) var(--_ease);
  }

  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(12px);
    }
  }

  .head {
    display: flex;
    flex: none;
    align-items: center;
    padding: 0 var(--_1);
  }

  .tabs {
    display: flex;
    flex: 1;
    min-width: 0;
  }

  [role='tab'] {
    position: relative;
    padding: 0 10px;
    border-radius: var(--_round-s);
    font-weight: 600;
    color: var(--_quiet);
    white-space: nowrap;
  }

  [role='tab'][aria-selected='true'] {
    color: #ffffff;
  }

  [role='tab'][aria-selected='true']::after {
    content: '';
    position: absolute;
    right: 10px;
    bottom: 6px;
    left: 10px;
    height: 2px;
    border-radius: 1px;
    background: #ffffff;
  }

  [aria-disabled='true'] {
    color: #77777f;
    cursor: default;
  }

  .compare {
    touch-action: none;
  }

  .compare[aria-pressed='true'] {
    background: #ffffff;
    color: #0a0a0c;
  }

  .page {
    /* Of beauty half of the fifth row is seen: there is more below. */
    height: min(212px, 100cqh - 140px);
    padding: 0 var(--_3);
    overflow: hidden auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: rgb(255 255 255 / 0.3) transparent;
  }

  /* And fades: what has the focus is never in that. */
  .page:not(.looks) {
    padding-bottom: var(--_3);
    scroll-padding-bottom: 28px;
    mask-image: linear-gradient(#000000 calc(100% - 24px), transparent);
  }

  .page.looks {
    display: flex;
    flex-direction: column;
    justify-content: space-evenly;
    padding: 0;
    overflow: hidden;
  }

  .strength {
    grid-template: 'name control said' auto / auto 1fr 40px;
    padding: 0 var(--_4);
  }

  .without {
    opacity: 0.7;
  }

  h2 {
    margin: var(--_3) 0 0;
    font-size: var(--_size-xs);
    font-weight: 600;
    color: var(--_quiet);
  }

  h2:first-of-type {
    margin-top: var(--_1);
  }

  .switch {
    width: 100%;
    font-weight: 600;
  }

  .switch:focus-visible,
  .page :focus-visible {
    outline-offset: -2px;
    box-shadow: none;
  }

  @container drawer (max-width: 320px) {
    [role='tab'] {
      padding: 0 var(--_1);
      font-size: 13px;
    }

    [role='tab'][aria-selected='true']::after {
      right: var(--_1);
      left: var(--_1);
    }
  }

  @media (prefers-reduced-motion: reduce) {
    .drawer {
      animation: none;
    }
  }
`;
