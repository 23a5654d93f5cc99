// A reporter that prints every retry with its reason, so that a run that needed luck says so.

import type { FullResult, Reporter, TestCase, TestResult } from '@playwright/test/reporter';

class Retries implements Reporter {
  #lines: string[] = [];

  onTestEnd(test: TestCase, result: TestResult): void {
    if (result.status === 'passed' || result.status === 'skipped' || result.retry >= test.retries) return;
    const reason = result.error?.message?.split('\n')[0] ?? result.status;
    this.#lines.push(`retry ${result.retry + 1} of ${test.titlePath().slice(2).join(' > ')}: ${reason}`);
  }

  onEnd(_result: FullResult): void {
    for (const line of this.#lines) console.log(line);
    if (this.#lines.length > 0) console.log(`${this.#lines.length} retries`);
  }

  printsToStdio(): boolean {
    return false;
  }
}

// Playwright loads reporters by their default export.
export default Retries;
