// cameraSignal for node: the same functions that run in the workers, from the same file.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';

const path = fileURLToPath(new URL('./signal.js', import.meta.url));

/** The picture and the sound of the numbered cameras; see signal.js. */
export const signal: typeof cameraSignal = runInThisContext(`${readFileSync(path, 'utf8')}; cameraSignal`, { filename: path });
