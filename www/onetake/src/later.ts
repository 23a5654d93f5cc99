/** Members of api.d.ts that this version does not have: each rejects with `not_built`, none pretends. */

import { notBuilt } from './errors.js';
import type { FeedEvents, FeedItem, PlayCache } from './types.js';

export async function thumbnails(
  _file: Blob,
  _options?: { count?: number; width?: number; at?: number[]; signal?: AbortSignal },
): Promise<ImageBitmap[]> {
  throw notBuilt('thumbnails');
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

