// Some of Chrome's complaints about unclosed pictures are no evidence where the kit's generated cameras run
// (open-frames.ts): each test notes how many it passed over, and this reporter says at the end of a run how many they were.

import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';
import type { TestInfo } from '@playwright/test';

const TYPE = 'complaints passed over';

/** Notes a test's number of them. */
export function notePassedOver(info: TestInfo, count: number): void {
  if (count > 0) info.annotations.push({ type: TYPE, description: String(count) });
}

class PassedOver implements Reporter {
  #counts: number[] = [];

  onTestEnd(_test: TestCase, result: TestResult): void {
    this.#counts.push(...result.annotations.filter(({ type }) => type === TYPE).map(({ description }) => Number(description)));
  }

  onEnd(_result: FullResult): void {
    const sum = this.#counts.reduce((one, other) => one + other, 0);
    console.log(`${sum} complaints of unclosed pictures were passed over, in ${this.#counts.length} tests`);
  }

  printsToStdio(): boolean {
    return false;
  }
}

// Playwright loads reporters by their default export.
export default PassedOver;
