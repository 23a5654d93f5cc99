// A user's app: `/` drives the package with its own program, `/?element` shows the ready-made camera.

import { Studio, type Film } from 'onetake';
import 'onetake/elements';

declare global {
  interface Window { studio: Studio; films: Film[] }
}

const host = document.querySelector<HTMLElement>('#camera');
if (!host) throw new Error('the page has no #camera');

if (location.search === '?element') {
  const camera = document.createElement('onetake-camera');
  camera.locale = 'en';
  host.append(camera);
} else {
  window.films = [];
  const studio = await Studio.open({ host });
  await studio.camera.start({ facing: 'user' });
  window.studio = studio;
}
