/** Says what only a worker knows of its browser; it does not think. */

import { hasDisk } from '../disk.js';
import type { WorkerFacts } from '../routes.js';

void hasDisk().then((disk) => self.postMessage({ processor: 'MediaStreamTrackProcessor' in self, disk } satisfies WorkerFacts));
