// Qiniu's own client for browsers, qiniu-js 3.4.4, as its users run it.

import type { Page } from '@playwright/test';

export type Ask = {
  /** So many bytes of the vectors' data, or this text. */
  size?: number; text?: string;
  /** Added to each byte before it is cut at 251: another file. */
  shift?: number;
  name?: string; type?: string; key?: string | null; token: string;
  extra?: object; config?: object;
};
export type Outcome = {
  body?: Record<string, unknown>;
  error?: { name: string; code: number; reqId: string; error: string };
  fromCache: (boolean | undefined)[];
  info?: { id: string; url: string };
};

/** Loads it into a page. */
export async function addQiniu(page: Page): Promise<void> {
  await page.addScriptTag({ path: '../node_modules/qiniu-js/dist/qiniu.min.js' });
}

/** Uploads by the unmodified SDK to `host`, unless `config` names others. */
export async function uploadByQiniu(page: Page, host: string, ask: Ask): Promise<Outcome> {
  const config = { uphost: [host], upprotocol: 'http', checkByServer: true, disableStatisticsReport: true, ...ask.config };
  return page.evaluate(({ size, shift, text, name, type, key, token, extra, config }) => new Promise<Outcome>((resolve) => {
    const bytes = text === undefined ? Uint8Array.from({ length: size ?? 0 }, (_, i) => (i * 31 + (shift ?? 0)) % 251) : new TextEncoder().encode(text);
    const file = new File([bytes], name ?? 'a.bin', { type: type ?? '' });
    const seen: Outcome = { fromCache: [] };
    window.qiniu.upload(file, key, token, { fname: name ?? 'a.bin', ...extra }, config).subscribe({
      next: ({ chunks, uploadInfo }) => {
        if (chunks) seen.fromCache = chunks.map(({ fromCache }) => fromCache);
        if (uploadInfo) seen.info = uploadInfo;
      },
      error: ({ name, code, reqId, data, message }) => resolve({ ...seen, error: { name, code: code ?? 0, reqId: reqId ?? '', error: data?.error ?? message } }),
      complete: (body) => resolve({ ...seen, body }),
    });
  }), { ...ask, config });
}

declare global {
  interface Window {
    qiniu: {
      upload(file: File, key: string | null | undefined, token: string, extra: object, config: object): {
        subscribe(observer: {
          next(progress: { chunks?: { fromCache?: boolean }[]; uploadInfo?: { id: string; url: string } }): void;
          error(error: { name: string; code?: number; reqId?: string; data?: { error: string }; message: string }): void;
          complete(body: Record<string, unknown>): void;
        }): unknown;
      };
      deleteUploadedChunks(token: string, key: string, info: { id: string; url: string }): Promise<unknown>;
    };
  }
}
