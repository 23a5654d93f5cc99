/** Keeps the screen on while a take runs. A browser that refuses costs nothing but the comfort. */

export class WakeLock {
  #wanted = false;
  #lock: WakeLockSentinel | undefined;
  /** The browser takes the lock away from a hidden page. */
  readonly #again = () => void this.#ask();

  hold(): void {
    this.#wanted = true;
    document.addEventListener('visibilitychange', this.#again);
    void this.#ask();
  }

  release(): void {
    this.#wanted = false;
    document.removeEventListener('visibilitychange', this.#again);
    void this.#lock?.release().catch(() => undefined);
    this.#lock = undefined;
  }

  async #ask(): Promise<void> {
    if (this.#held() || !navigator.wakeLock || document.hidden) return;
    try {
      const lock = await navigator.wakeLock.request('screen');
      // The take may have ended, or another request been quicker, meanwhile.
      if (this.#wanted && !this.#held()) this.#lock = lock;
      else await lock.release();
    } catch {
      // Refused: low battery, hidden page, no permission.
    }
  }

  #held(): boolean {
    return this.#lock?.released === false;
  }
}
