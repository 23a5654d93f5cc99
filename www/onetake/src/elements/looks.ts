/**
 * `<onetake-looks>`: the drawer of looks, beauty and adjustments, above the record button. Everything in it is made of
 * `looks()` and `filters()`. It keeps no choice: it fires `choice` (`CustomEvent<LookChoice>`) with what it would become,
 * `compare` (`CustomEvent<boolean>`) while the plain picture is wanted, and `drawer` (`CustomEvent<boolean>`) when it opens or
 * closes. While a take runs nothing is compared, for the film would show it, and the small pictures stand still.
 */

import { LitElement, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { Locale } from '../types.js';
import { controls } from './controls.js';
import { filterForm, filterFormStyles, slider } from './filter-form.js';
import { icon } from './icons.js';
import { GROUPS, NO_LOOK, chainOf, defaultsOf, restOf, specOf, withAdjustment, withBeauty, withoutAdjustment } from './look-choice.js';
import type { LookChoice } from './look-choice.js';
import './look-strip.js';
import type { Draw } from './look-strip.js';
import { looksStyles } from './looks-styles.js';
import { messages } from './messages.js';
import type { Messages } from './messages.js';
import { stepTo } from './row-keys.js';
import { sliderStyles } from './slider-styles.js';
import { switchStyles } from './switch-styles.js';
import { tokens } from './tokens.js';

const TABS = ['looks', 'beauty', 'adjust'] as const;
type Tab = (typeof TABS)[number];

export class OnetakeLooks extends LitElement {
  static override properties: PropertyDeclarations = {
    choice: { attribute: false },
    filming: { type: Boolean },
    locale: { type: String },
    words: { attribute: false },
    draw: { attribute: false },
    open: { type: Boolean, reflect: true },
    tab: { state: true },
    comparing: { state: true },
  };

  declare choice: LookChoice;
  /** A take runs, or is about to. */
  declare filming: boolean;
  declare locale: Locale;
  declare words: Messages;
  /** Draws the small pictures. */
  declare draw: Draw | undefined;
  /** Reflected, so that its surroundings can give way. */
  declare open: boolean;
  declare private tab: Tab;
  declare private comparing: boolean;
  /** It was opened, or used, by a pointer: Space and Enter mean the camera, as after any click. */
  #pointed = false;

  constructor() {
    super();
    this.choice = NO_LOOK;
    this.filming = this.open = this.comparing = false;
    this.locale = 'en';
    this.words = messages('en');
    this.draw = undefined;
    this.tab = 'looks';
  }

  toggle(pointed = false): void {
    this.open = !this.open;
    this.#pointed = pointed;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.open = false;
    this.#compare(false);
  }

  protected override willUpdate(): void {
    if (this.filming || !this.open) this.#compare(false);
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('open') && changed.get('open') !== undefined) this.dispatchEvent(new CustomEvent('drawer', { detail: this.open }));
    if (!this.open || (!changed.has('open') && !changed.has('tab'))) return;
    this.renderRoot.querySelector('onetake-look-strip')?.reveal();
    if (changed.has('open')) void this.#focusFirst();
  }

  async #focusFirst(): Promise<void> {
    const strip = this.renderRoot.querySelector('onetake-look-strip');
    // It has nothing to focus before it has drawn itself.
    await strip?.updateComplete;
    (this.tab === 'looks' ? strip : this.renderRoot.querySelector<HTMLElement>('.page:not([hidden]) :is(button, input)'))?.focus({ preventScroll: true });
  }

  override render(): TemplateResult | typeof nothing {
    const { open, words: t, tab } = this;
    // Once opened it stays: its small pictures are there at once the next time.
    if (!open && !this.renderRoot.querySelector('.drawer')) return nothing;
    return html`<div
      class="drawer"
      part="drawer"
      role="group"
      aria-label=${t.looksDrawer}
      ?hidden=${!open}
      @keydown=${this.#key}
      @pointerdown=${() => (this.#pointed = true)}
    >
      <div class="head">
        <div class="tabs" role="tablist" aria-label=${t.looksDrawer} @keydown=${this.#tabKey}>
          ${TABS.map(
            (name) => html`<button
              type="button"
              role="tab"
              id=${name}
              aria-controls=${`page-${name}`}
              aria-selected=${name === tab ? 'true' : 'false'}
              tabindex=${name === tab ? '0' : '-1'}
              @click=${() => (this.tab = name)}
            >
              ${t.looksTabs[name]}
            </button>`,
          )}
        </div>
        ${this.#compareButton(t)} ${this.#resetButton(t)}
        <button type="button" aria-label=${t.looksClose} @click=${() => this.toggle()}>${icon('close', 20)}</button>
      </div>
      ${this.#page('looks', () => this.#looks(t))} ${this.#page('beauty', () => this.#beauty(t))} ${this.#page('adjust', () => this.#adjust(t))}
    </div>`;
  }

  #page(name: Tab, content: () => TemplateResult): TemplateResult {
    const shown = name === this.tab;
    return html`<div class="page ${name}" role="tabpanel" id=${`page-${name}`} aria-labelledby=${name} ?hidden=${!shown}>
      ${shown || name === 'looks' ? content() : nothing}
    </div>`;
  }

  #looks(t: Messages): TemplateResult {
    const { choice } = this;
    const { parameters, label } = specOf('lut');
    const amount = parameters.find(({ name }) => name === 'amount');
    const strength = (value: number): void => this.#choose({ ...choice, strength: value });
    return html`<onetake-look-strip
        .chosen=${choice.look}
        .live=${this.open && this.tab === 'looks' && !this.filming}
        .locale=${this.locale}
        .words=${t}
        .draw=${this.draw}
        @look=${({ detail }: CustomEvent<string>) => this.#choose({ ...choice, look: detail })}
      ></onetake-look-strip>
      <div class="row strength ${choice.look ? '' : 'without'}">
        <span class="name" aria-hidden="true">${amount?.label[this.locale]}</span>
        ${slider({ min: 0, max: 1 }, choice.strength, `${label[this.locale]} · ${amount?.label[this.locale]}`, strength, () => strength(1))}
      </div>`;
  }

  #beauty(t: Messages): TemplateResult {
    const { choice } = this;
    const { on, values } = choice.beauty;
    const spec = specOf('beauty');
    const rest = defaultsOf(spec);
    const reset = (parameter: string): void => {
      const { [parameter]: _, ...left } = values;
      this.#choose({ ...choice, beauty: { on, values: left } });
    };
    const port = { values: { ...rest, ...values }, rest, set: (name: string, value: number | string) => this.#choose(withBeauty(choice, name, value)), reset };
    return html`<button type="button" class="switch" role="switch" aria-checked=${on ? 'true' : 'false'} @click=${() => this.#choose({ ...choice, beauty: { on: !on, values } })}>
        <span>${spec.label[this.locale]}</span><i></i>
      </button>
      <div class=${on ? '' : 'without'}>${filterForm(spec, port, this.locale, t)}</div>`;
  }

  #adjust(t: Messages): TemplateResult {
    const { choice } = this;
    const form = (name: string): TemplateResult => {
      const rest = restOf(choice, name);
      return filterForm(
        specOf(name),
        {
          rest,
          values: { ...rest, ...choice.adjust[name] },
          set: (parameter, value) => this.#choose(withAdjustment(choice, name, parameter, value)),
          reset: (parameter) => this.#choose(withoutAdjustment(choice, name, parameter)),
        },
        this.locale,
        t,
      );
    };
    return html`${GROUPS.map(({ name, filters }) => html`<h2>${t.looksGroups[name]}</h2>${filters.map(form)}`)}`;
  }

  #compareButton(t: Messages): TemplateResult {
    const on = (event: Event): void => {
      if (event instanceof PointerEvent) {
        if (event.button !== 0) return;
        (event.currentTarget as Element).setPointerCapture(event.pointerId);
      }
      this.#compare(true);
    };
    const off = (): void => this.#compare(false);
    const key = (event: KeyboardEvent): void => {
      if (!presses(event) || this.#pointed) return;
      event.preventDefault();
      if (!event.repeat) on(event);
    };
    return html`<button
      type="button"
      class="compare"
      aria-label=${t.looksCompare}
      aria-pressed=${this.comparing ? 'true' : 'false'}
      aria-disabled=${this.#comparable ? 'false' : 'true'}
      @pointerdown=${on}
      @pointerup=${off}
      @pointercancel=${off}
      @lostpointercapture=${off}
      @blur=${off}
      @keydown=${key}
      @keyup=${(event: KeyboardEvent) => presses(event) && off()}
      @contextmenu=${(event: Event) => event.preventDefault()}
    >
      ${icon('compare', 20)}
    </button>`;
  }

  get #comparable(): boolean {
    return !this.filming && chainOf(this.choice).length > 0;
  }

  #compare(on: boolean): void {
    const now = on && this.#comparable;
    if (now === this.comparing) return;
    this.comparing = now;
    this.dispatchEvent(new CustomEvent('compare', { detail: now }));
  }

  #resetButton(t: Messages): TemplateResult {
    const { choice, tab } = this;
    const { look, strength, beauty, adjust } = NO_LOOK;
    const resets: Record<Tab, LookChoice> = { looks: { ...choice, look, strength }, beauty: { ...choice, beauty }, adjust: { ...choice, adjust } };
    const name = t.looksTabs[tab];
    return html`<button type="button" aria-label=${t.resetOne(name)} aria-disabled=${changed(choice, tab) ? 'false' : 'true'} @click=${() => this.#choose(resets[tab])}>
      ${icon('retry', 20)}
    </button>`;
  }

  #choose(choice: LookChoice): void {
    this.dispatchEvent(new CustomEvent('choice', { detail: choice }));
  }

  #tabKey = (event: KeyboardEvent): void => {
    const next = stepTo(event, TABS.indexOf(this.tab), TABS.length, false);
    if (next === undefined) return;
    event.preventDefault();
    this.tab = TABS[next] ?? 'looks';
    this.renderRoot.querySelector<HTMLElement>(`#${this.tab}`)?.focus({ preventScroll: true });
  };

  #key = (event: KeyboardEvent): void => {
    if (event.key === 'Tab') this.#pointed = false;
    // The focus was put into it: what has it keeps what presses a button, as one that was reached by Tab.
    if (presses(event) && !this.#pointed) event.stopPropagation();
    if (event.key !== 'Escape') return;
    this.toggle();
    event.preventDefault();
  };

  static override styles = [tokens, controls, sliderStyles, switchStyles, filterFormStyles, looksStyles];
}

/** Whether a reset of this tab would change anything. */
function changed({ look, strength, beauty, adjust }: LookChoice, tab: Tab): boolean {
  if (tab === 'looks') return look !== '' || strength !== 1;
  return tab === 'beauty' ? beauty.on || Object.keys(beauty.values).length > 0 : Object.keys(adjust).length > 0;
}

function presses({ key }: KeyboardEvent): boolean {
  return key === ' ' || key === 'Enter';
}

customElements.get('onetake-looks') ?? customElements.define('onetake-looks', OnetakeLooks);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-looks': OnetakeLooks;
  }
}
