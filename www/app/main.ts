/**
 * The page: one camera element, and what it leaves to its surroundings: which draft, which language, which look, where uploads go and
 * when, and whether the meter is shown. Of a place for uploads addresses are kept, never a token.
 */

import 'onetake/elements';
import type { OnetakeCamera } from 'onetake/elements';

const DRAFT = 'onetake.draft';
const LOCALE = 'onetake.locale';
const METER = 'onetake.meter';
const LOOK = 'onetake.look';
const STORE = 'onetake.store';
const LIVE = 'onetake.live';

const camera = document.querySelector('onetake-camera') as OnetakeCamera;

// The address names the draft, so that a reload, the history and a second tab mean what they say.
camera.draft = draftOfAddress() || remembered(DRAFT) || '';
camera.meter = new URLSearchParams(location.search).has('meter') || remembered(METER) === 'on';
camera.look = parsed(remembered(LOOK));
camera.store = parsed(remembered(STORE));
camera.live = remembered(LIVE) === 'on';
const locale = remembered(LOCALE);
if (locale === 'zh' || locale === 'en') camera.locale = locale;
speak(camera.locale);

camera.addEventListener('draft', (event) => {
  const { id } = (event as CustomEvent<{ id: string }>).detail;
  remember(DRAFT, id);
  if (draftOfAddress() === id) return;
  const address = `#draft=${encodeURIComponent(id)}`;
  if (draftOfAddress()) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
});

camera.addEventListener('locale', (event) => {
  const { detail } = event as CustomEvent<'zh' | 'en'>;
  remember(LOCALE, detail);
  speak(detail);
});

camera.addEventListener('meter', (event) => remember(METER, (event as CustomEvent<boolean>).detail ? 'on' : 'off'));

camera.addEventListener('live', (event) => remember(LIVE, (event as CustomEvent<boolean>).detail ? 'on' : 'off'));

camera.addEventListener('look', (event) => remember(LOOK, JSON.stringify((event as CustomEvent).detail)));

for (const type of ['hashchange', 'popstate']) {
  addEventListener(type, () => {
    const draft = draftOfAddress();
    if (draft) camera.draft = draft;
  });
}

camera.addEventListener('store', (event) => remember(STORE, JSON.stringify((event as CustomEvent).detail)));

/** What anyone may have typed there is a name only if it can be one. */
function draftOfAddress(): string {
  const name = new URLSearchParams(location.hash.slice(1)).get('draft') ?? '';
  return /^[\w-]{1,64}$/.test(name) ? name : '';
}

/** Anything may lie there; the camera reads of it what it knows. */
function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

function speak(locale: 'zh' | 'en'): void {
  document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en';
}

/** Private windows may refuse storage; the page works without a memory. */
function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
