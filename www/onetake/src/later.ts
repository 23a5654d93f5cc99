/** Members of api.d.ts that this version does not have: each rejects with `not_built`, none pretends. */

import { notBuilt } from './errors.js';
import type {
  CompressOptions,
  FeedEvents,
  FeedItem,
  Film,
  PendingUpload,
  PlayCache,
  Upload,
  UploadOptions,
} from './types.js';
import type { Studio } from './studio.js';

export async function compress(_file: Blob, _options?: CompressOptions): Promise<Film> {
  throw notBuilt('compress');
}

export async function thumbnails(
  _file: Blob,
  _options?: { count?: number; width?: number; at?: number[]; signal?: AbortSignal },
): Promise<ImageBitmap[]> {
  throw notBuilt('thumbnails');
}

/** Its `result` rejects with `not_built`; so does iterating it. */
export function upload(_source: Blob | Studio, _options: UploadOptions): Upload {
  const result = Promise.reject<never>(notBuilt('upload'));
  result.catch(() => undefined);
  return {
    state: 'failed',
    result,
    pause: () => undefined,
    resume: () => undefined,
    abort: async () => undefined,
    finish: async () => {
      throw notBuilt('upload');
    },
    [Symbol.asyncIterator]: () => ({ next: () => result }),
  };
}

export async function pendingUploads(): Promise<PendingUpload[]> {
  throw notBuilt('pendingUploads');
}

export async function installCache(_options?: {
  script?: string;
  maxBytes?: number;
  match?: RegExp;
  key?: (url: string) => string;
}): Promise<PlayCache> {
  throw notBuilt('installCache');
}

/** Constructing one throws `not_built`. */
export class Feed {
  readonly index = 0;

  constructor(_options: {
    host: HTMLElement;
    items: Iterable<FeedItem> | AsyncIterable<FeedItem>;
    cache?: PlayCache;
    players?: number;
    preloadAhead?: number;
  }) {
    throw notBuilt('Feed');
  }

  async next(): Promise<void> {
    throw notBuilt('Feed');
  }

  async previous(): Promise<void> {
    throw notBuilt('Feed');
  }

  on<E extends keyof FeedEvents>(_event: E, _listener: (value: FeedEvents[E]) => void): () => void {
    throw notBuilt('Feed');
  }

  close(): void {}
}

