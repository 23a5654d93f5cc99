/** The list of shortcuts. `<dialog>` brings the focus trap, Escape and the return of the focus. */

import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { closeOutside } from './dialog.js';
import { icon } from './icons.js';
import type { Messages } from './messages.js';

/** `uploads`: films are uploaded here. */
export function helpDialog(t: Messages, language: TemplateResult, uploads: boolean): TemplateResult {
  const filming: [string, string][] = [
    [t.keySpace, t.keyRecord],
    ['F', t.keyFlip],
    [t.keyBackspace, t.keyErase],
    ['Ctrl Z', t.keyUndo],
    [t.keyEnter, t.keyDone],
    ['+ −', t.keyZoom],
    ['A', t.keyFocus],
    ['L', t.keyLooks],
    ['B', t.keyBeauty],
    ['E', t.keyAdjust],
    ['P', t.keyPhoto],
    ['T', t.keyFlash],
    ['C', t.keyTimer],
    ['G', t.keyGhost],
    ['?', t.keyHelp],
  ];
  const watching: [string, string][] = [
    [t.keySpace, t.keyPlay],
    ['← →', t.keySeek],
    ['M', t.keyMute],
    ['F', t.keyFullscreen],
    ['S', t.keySave],
    ...(uploads ? ([['U', t.keyUpload]] as [string, string][]) : []),
    [t.keyEscape, t.keyBack],
  ];
  return html`<dialog class="help" aria-labelledby="help-title" @click=${closeOutside}>
    <form method="dialog">
      <header>
        <h2 id="help-title">${t.help}</h2>
        <button class="round" aria-label=${t.helpClose}>${icon('close')}</button>
      </header>
      ${list(t.helpCamera, filming)}${list(t.helpReview, watching)}
      <footer>${language}</footer>
    </form>
  </dialog>`;
}

function list(title: string, rows: [string, string][]): TemplateResult {
  return html`<h3>${title}</h3>
    <dl>
      ${rows.map(([key, meaning]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${meaning}</dd></div>`)}
    </dl>`;
}
