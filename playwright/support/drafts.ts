// Drafts as a disk may be left: files put into the folder of a draft, whole, cut or foreign. In the page's own profile, by its own API.

import type { Page } from '@playwright/test';

/**
 * Puts a file of these bytes, or a copy of another draft's, into a draft: whole, cut to a part of its bytes, or torn in the
 * middle of its first or its last `mdat`.
 */
export function putFile(page: Page, draft: string, name: string, bytes: number[] | { of: string; cut?: number | 'first' | 'last' }): Promise<void> {
  return page.evaluate(async ([folder, file, content]) => {
    const torn = async (source: File, cut: number | 'first' | 'last'): Promise<number> => {
      if (typeof cut === 'number') return Math.round(source.size * cut);
      const view = new DataView(await source.arrayBuffer());
      const middles: number[] = [];
      for (let at = 0; at < source.size; at += view.getUint32(at)) {
        if (view.getUint32(at + 4) === 0x6d646174) middles.push(at + view.getUint32(at) / 2);
      }
      return Math.floor(middles.at(cut === 'first' ? 0 : -1) ?? 0);
    };
    const drafts = await (await (await navigator.storage.getDirectory()).getDirectoryHandle('onetake')).getDirectoryHandle('drafts');
    const target = await (await drafts.getDirectoryHandle(folder, { create: true })).getFileHandle(file, { create: true });
    const writable = await target.createWritable();
    if (Array.isArray(content)) await writable.write(new Uint8Array(content));
    else {
      const source = await (await (await drafts.getDirectoryHandle(content.of)).getFileHandle(file)).getFile();
      await writable.write(source.slice(0, await torn(source, content.cut ?? 1)));
    }
    await writable.close();
  }, [draft, name, bytes] as const);
}
