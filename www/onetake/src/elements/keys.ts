/**
 * Keys to actions. A button that was reached by Tab keeps Space and Enter for itself, as its user expects; after a click they
 * mean the camera again. Keys pressed in another part of the page are not ours.
 */

export type Action = 'closer' | 'wider' | 'focus' | 'torch' | 'timer' | 'ghost' | 'photo' | 'adjust' | 'looks' | 'beauty' | 'space' | 'enter' | 'flip' | 'erase' | 'undo' | 'escape' | 'help' | 'back' | 'on' | 'mute' | 'save' | 'upload';

const ACTIONS: Record<string, Action> = {
  ' ': 'space',
  Enter: 'enter',
  f: 'flip',
  F: 'flip',
  Backspace: 'erase',
  Delete: 'erase',
  Escape: 'escape',
  '?': 'help',
  ArrowLeft: 'back',
  ArrowRight: 'on',
  m: 'mute',
  M: 'mute',
  '+': 'closer',
  '=': 'closer',
  '-': 'wider',
  a: 'focus',
  A: 'focus',
  t: 'torch',
  T: 'torch',
  c: 'timer',
  C: 'timer',
  g: 'ghost',
  G: 'ghost',
  p: 'photo',
  P: 'photo',
  e: 'adjust',
  E: 'adjust',
  l: 'looks',
  L: 'looks',
  b: 'beauty',
  B: 'beauty',
  s: 'save',
  S: 'save',
  u: 'upload',
  U: 'upload',
};

/** With Control, or Command on a Mac. */
const CONTROL_ACTIONS: Record<string, Action> = { z: 'undo' };

export class Keys {
  readonly #element: HTMLElement;
  readonly #act: (action: Action) => boolean;
  #listening: AbortController | undefined;
  #tabbed = false;
  #ours = false;

  constructor(element: HTMLElement, act: (action: Action) => boolean) {
    this.#element = element;
    this.#act = act;
  }

  listen(): void {
    this.#listening = new AbortController();
    const { signal } = this.#listening;
    document.addEventListener('keydown', (event) => this.#down(event), { signal });
    document.addEventListener('keyup', (event) => this.#up(event), { signal });
    document.addEventListener('pointerdown', () => (this.#tabbed = false), { signal, capture: true });
  }

  stop(): void {
    this.#listening?.abort();
  }

  #down(event: KeyboardEvent): void {
    if (event.key === 'Tab') this.#tabbed = true;
    if (event.defaultPrevented || event.altKey || event.isComposing) return;
    const action = event.ctrlKey || event.metaKey ? CONTROL_ACTIONS[event.key] : ACTIONS[event.key];
    const path = event.composedPath();
    const target = path[0];
    const elsewhere = !path.includes(this.#element) && target !== document.body && target !== document.documentElement;
    // What stands above everything has its keys for itself.
    if (!action || elsewhere || path.some((at) => at instanceof HTMLDialogElement)) return;
    const presses = action === 'space' || action === 'enter';
    if (presses && this.#tabbed && target instanceof HTMLButtonElement) return;
    if (presses && target instanceof HTMLElement && target.tagName === 'SUMMARY') return;
    const goesOn = action === 'back' || action === 'on' || action === 'closer' || action === 'wider';
    if (event.repeat && !goesOn) {
      if (this.#ours) event.preventDefault();
      return;
    }
    this.#ours = this.#act(action);
    if (this.#ours) event.preventDefault();
  }

  /** Firefox clicks a focused button at keyup, whatever became of keydown. */
  #up(event: KeyboardEvent): void {
    if (event.key === ' ' && this.#ours) event.preventDefault();
    this.#ours = false;
  }
}
