/** What changes pictures and comes with onetake, as data that a page makes its controls of. */

import { FILTERS, LOOKS } from './filter-table.js';
import type { FilterSpec, Look } from './types.js';

/** Every shipped filter with its parameters: the UI is generated from this. A copy of the caller's own. */
export function filters(): FilterSpec[] {
  return [...structuredClone(FILTERS)];
}

/** The named looks that onetake ships, in the order of a drawer, each with the chain that draws it. A copy of the caller's own. */
export function looks(): Look[] {
  return [...structuredClone(LOOKS)];
}
