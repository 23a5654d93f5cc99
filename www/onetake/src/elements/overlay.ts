/** What lies on the picture itself: the ghost of the last take, and the ring where the camera was told to focus. */

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyDeclarations, PropertyValues, TemplateResult } from 'lit';
import type { Aim, Ghost } from './camera-tools.js';
import { tokens } from './tokens.js';

export class OnetakeOverlay extends LitElement {
  static override properties: PropertyDeclarations = {
    ghost: { attribute: false },
    aim: { attribute: false },
  };

  declare ghost: Ghost | undefined;
  declare aim: Aim | undefined;
  #address = '';

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#forget();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('ghost')) return;
    this.#forget();
    if (this.ghost) this.#address = URL.createObjectURL(this.ghost.file);
  }

  override render(): TemplateResult {
    const { ghost, aim } = this;
    return html`
      ${ghost && this.#address
        ? html`<video
            class=${ghost.mirrored ? 'ghost mirrored' : 'ghost'}
            part="ghost"
            aria-hidden="true"
            muted
            playsinline
            preload="auto"
            .src=${this.#address}
            @loadedmetadata=${this.#seek}
            @seeked=${(event: Event) => (event.currentTarget as HTMLElement).classList.add('there')}
          ></video>`
        : nothing}
      ${aim ? html`<i class=${aim.sharp ? 'aim sharp' : 'aim'} part="aim" style="left:${aim.x}px;top:${aim.y}px"></i>` : nothing}
    `;
  }

  /** The last picture stands until the segment ends; a hundredth before that is inside it at any frame rate. */
  #seek(event: Event): void {
    const video = event.currentTarget as HTMLVideoElement;
    video.classList.remove('there');
    video.currentTime = Math.max(0, (this.ghost?.at ?? 0) - 0.01);
  }

  #forget(): void {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = '';
  }

  static override styles = [
    tokens,
    css`
      :host {
        display: block;
        overflow: hidden;
        pointer-events: none;
      }

      :host([hidden]) {
        display: none;
      }

      .ghost {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: cover;
        opacity: 0;
      }

      .ghost.there {
        opacity: 0.3;
      }

      .ghost.mirrored {
        transform: scaleX(-1);
      }

      /* A bright line between two dark ones shows on any picture; nothing inside, for there is the face. */
      .aim {
        position: absolute;
        width: 72px;
        height: 72px;
        margin: -36px 0 0 -36px;
        border: 2px solid #ffffff;
        border-radius: 50%;
        box-shadow: 0 0 0 1.5px rgb(10 10 12 / 0.55), inset 0 0 0 1.5px rgb(10 10 12 / 0.55);
        /* A second in all: camera-tools.ts. */
        animation: aim 320ms var(--_ease) backwards, fade 200ms linear 800ms forwards;
      }

      .aim.sharp {
        border-color: var(--_warning);
      }

      @keyframes aim {
        from {
          opacity: 0;
          scale: 1.5;
        }
      }

      @keyframes fade {
        to {
          opacity: 0;
        }
      }

      @media (prefers-reduced-motion: reduce) {
        .aim {
          animation: none;
        }
      }
    `,
  ];
}

customElements.get('onetake-overlay') ?? customElements.define('onetake-overlay', OnetakeOverlay);

declare global {
  interface HTMLElementTagNameMap {
    'onetake-overlay': OnetakeOverlay;
  }
}
