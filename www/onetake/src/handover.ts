/** Ways to give a file to the user: as a download, or through the system's share sheet. Knows nothing of what is in it. */

import { OnetakeError } from './errors.js';

/** Milliseconds for the browser to have opened what it downloads. */
const OPENED = 60_000;

/** Offers the file as a download of this name. */
export function download(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const anchor = Object.assign(document.createElement('a'), { href: url, download: name, hidden: true });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  // The download reads the URL after this turn.
  setTimeout(() => URL.revokeObjectURL(url), OPENED);
}

/** `false` where nothing shares such files, or the user closed the sheet. */
export async function shareFiles(files: File[]): Promise<boolean> {
  if (!navigator.canShare?.({ files })) return false;
  try {
    await navigator.share({ files });
    return true;
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === 'AbortError') return false;
    throw new OnetakeError('not_supported', 'never', `sharing failed: ${String(reason)}`);
  }
}

/** Whether there is a sheet that takes files of this type. */
export function sharesFiles(type: string): boolean {
  return navigator.canShare?.({ files: [new File([], 'file', { type })] }) ?? false;
}
