/** What `names.js` says, which the build writes beside the module: what the one-letter names in `aac.wasm` mean. */

/** Of the npm package that the module comes from. */
export const VERSION: string;
/** The module name of all imports. */
export const MODULE: string;
/** Import to function of the C library. */
export const IMPORTS: Record<string, string>;
/** Function to export. */
export const EXPORTS: Record<string, string>;
