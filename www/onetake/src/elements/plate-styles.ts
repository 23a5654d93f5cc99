/** The screens without a picture (opening, welcome, blocked) and the review. */

import { css } from 'lit';

export const plateStyles = css`
  .plate {
    display: flex;
    flex-direction: column;
    padding: calc(var(--_safe-top) + var(--_3)) calc(var(--_safe-right) + var(--_5)) calc(var(--_safe-bottom) + var(--_5))
      calc(var(--_safe-left) + var(--_5));
    overflow: auto;
    background:
      radial-gradient(120% 60% at 100% 0%, rgb(255 59 85 / 0.16), transparent 70%),
      radial-gradient(100% 60% at 0% 100%, rgb(94 92 230 / 0.16), transparent 70%),
      var(--_ground);
  }

  .opening {
    align-items: center;
    justify-content: center;
  }

  .busy {
    display: flex;
    align-items: center;
    gap: var(--_3);
    color: var(--_quiet);
  }

  .plate-head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    margin-right: calc(-1 * var(--_4));
  }

  .plate-body {
    display: flex;
    flex: 1;
    flex-direction: column;
    align-items: flex-start;
    justify-content: center;
    gap: var(--_4);
    padding: var(--_5) 0;
  }

  .title {
    font-size: var(--_size-xl);
    font-weight: 700;
    line-height: 1.2;
    letter-spacing: -0.02em;
    white-space: pre-line;
    text-wrap: balance;
  }

  [lang='zh-CN'] .title {
    letter-spacing: 0;
    line-height: 1.3;
  }

  .mark {
    display: block;
    flex: none;
  }

  .hero {
    padding-bottom: var(--_4);
  }

  .points {
    display: grid;
    gap: var(--_4);
    padding-top: var(--_4);
  }

  .points li {
    display: flex;
    gap: var(--_4);
    color: #d6d6de;
  }

  .points .icon {
    margin-top: -1px;
    color: #ffffff;
  }

  .plate-foot {
    display: grid;
    gap: var(--_3);
  }

  .plate-foot .notice {
    max-width: none;
    margin-right: 0;
    background: rgb(255 255 255 / 0.08);
  }

  .wide {
    width: 100%;
  }

  .kept {
    display: flex;
    align-items: center;
    gap: var(--_3);
    padding: var(--_3) var(--_4);
    border-radius: var(--_round);
    background: rgb(255 255 255 / 0.08);
    font-size: var(--_size-s);
  }

  .note {
    display: grid;
    justify-items: center;
    align-content: start;
    min-height: 64px;
    font-size: 13px;
    text-align: center;
    color: var(--_quiet);
  }

  .very-late {
    animation: appear 200ms linear 2s both;
  }

  .primary[aria-disabled='true'],
  .primary[aria-disabled='true']:hover {
    background: #d3d3da;
    cursor: default;
  }

  .spinner.dark {
    border-color: rgb(10 10 12 / 0.25);
    border-top-color: #0a0a0c;
  }

  .sign {
    display: grid;
    place-items: center;
    width: 72px;
    height: 72px;
    border-radius: 24px;
    background: rgb(255 255 255 / 0.1);
  }

  .safe {
    display: flex;
    align-items: center;
    gap: var(--_2);
    font-weight: 600;
    color: var(--_good);
  }

  .text {
    color: #d6d6de;
  }

  .steps {
    display: grid;
    gap: var(--_3);
  }

  .steps li {
    display: flex;
    gap: var(--_3);
    align-items: baseline;
  }

  .steps span {
    display: grid;
    place-items: center;
    flex: none;
    width: 26px;
    height: 26px;
    border-radius: 50%;
    background: rgb(255 255 255 / 0.14);
    font-size: 13px;
    font-weight: 700;
  }

  .review {
    display: flex;
    flex-direction: column;
    background: var(--_ground);
  }

  .review-head {
    display: flex;
    align-items: center;
    gap: var(--_2);
    padding: calc(var(--_safe-top) + var(--_2)) calc(var(--_safe-right) + var(--_3)) var(--_2) calc(var(--_safe-left) + var(--_3));
  }

  .review-head .round {
    background: var(--_surface);
  }

  .review-title {
    flex: 1;
    text-align: center;
  }

  .review-title h1 {
    font-size: var(--_size);
    font-weight: 600;
  }

  .review-title p {
    min-height: 19px;
    font-size: 13px;
    font-variant-numeric: tabular-nums;
    color: var(--_quiet);
  }

  onetake-player,
  .joining-place {
    flex: 1;
    min-height: 0;
  }

  .joining-place {
    display: grid;
    place-items: safe center;
    padding: var(--_5);
    overflow: auto;
  }

  .joining,
  .failure {
    display: grid;
    justify-items: center;
    gap: var(--_2);
    width: min(100%, 340px);
    text-align: center;
  }

  .joining button {
    margin-top: var(--_4);
  }

  .failure {
    gap: var(--_3);
  }

  .failure .title {
    font-size: 22px;
  }

  .failure pre {
    text-align: left;
  }

  .ring {
    width: 120px;
    height: 120px;
    margin-bottom: var(--_3);
  }

  .ring circle {
    fill: none;
    stroke: rgb(255 255 255 / 0.16);
    stroke-width: 6;
  }

  .ring .done {
    stroke: #ffffff;
    stroke-linecap: round;
    transform: rotate(-90deg);
    transform-origin: 50px 50px;
    transition: stroke-dasharray 200ms linear;
  }

  .ring text {
    fill: #ffffff;
    font-size: 22px;
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    text-anchor: middle;
    dominant-baseline: central;
  }

  .upload {
    margin: var(--_3) calc(var(--_safe-right) + var(--_4)) 0 calc(var(--_safe-left) + var(--_4));
  }

  .upload:not([shown]) {
    margin: 0;
  }

  .review-foot {
    display: flex;
    flex-wrap: wrap;
    gap: 0 var(--_3);
    padding: var(--_3) calc(var(--_safe-right) + var(--_4)) calc(var(--_safe-bottom) + var(--_4)) calc(var(--_safe-left) + var(--_4));
  }

  .review-foot button {
    flex: 1;
    padding-inline: var(--_3);
  }

  .review-foot .small {
    flex: none;
    width: 52px;
  }

  .review-foot [aria-disabled='true'],
  .review-foot [aria-disabled='true']:hover {
    background: var(--_raised);
    color: var(--_quiet);
    cursor: default;
  }

  /* Below the others, as the small print that it is; what it says may be long. */
  .review-foot .place {
    flex: none;
    width: 100%;
    margin: var(--_1) 0 calc(-1 * var(--_3));
    font-size: 13px;
    font-weight: 400;
  }

  .place span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }

  @container onetake (max-height: 500px) and (orientation: landscape) {
    .welcome,
    .blocked {
      display: grid;
      grid-template: auto 1fr / 1.2fr 1fr;
      column-gap: var(--_6);
      padding-bottom: calc(var(--_safe-bottom) + var(--_3));
    }

    .plate-head {
      grid-column: 1 / -1;
    }

    .plate-body {
      gap: var(--_3);
      padding: 0;
    }

    .plate-foot {
      align-content: center;
    }

    .hero {
      display: none;
    }

    .title {
      font-size: 24px;
    }

    .points {
      gap: var(--_2);
      padding-top: 0;
      font-size: var(--_size-s);
    }

    .review {
      display: grid;
      grid-template: 1fr auto / 1fr 260px;
    }

    .review-head {
      grid-area: 1 / 2;
      align-self: start;
    }

    onetake-player,
    .joining-place {
      grid-area: 1 / 1 / 3 / 2;
    }

    .review-foot {
      flex-direction: column;
      grid-area: 2 / 2;
    }

    .review-foot button,
    .review-foot .small {
      flex: none;
      width: auto;
    }

    .review-foot {
      gap: var(--_2);
    }

    .review > .upload {
      grid-area: 1 / 2;
      align-self: end;
      max-height: 100%;
      overflow: auto;
    }
  }

  @media (prefers-reduced-motion: reduce) {
    .ring .done {
      transition: none;
    }
  }
`;
