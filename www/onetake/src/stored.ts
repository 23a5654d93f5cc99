/**
 * What is stored at an object's public address: asked by the upload worker where the answer that made the object was lost. Knows
 * addresses alone, carries no token, and takes nothing but the hash.
 */

/** Before each question; a line that took the answer away may be gone for a moment longer. */
const WAITS_MS = [0, 1000, 3000];
const PATIENCE_MS = 10_000;

/**
 * The hash that is stored at an address, as its `ETag` says; null: nothing is stored there; undefined: that cannot be told. What is
 * not the `wanted` hash is asked for again: what serves objects may lag behind what stores them.
 */
export async function hashAt(address: string, wanted: string): Promise<string | null | undefined> {
  let told: string | null | undefined;
  for (const wait of WAITS_MS) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    // A cache on the way knows nothing yet of an address that nobody asked for before.
    const fresh = `${address}?v=${Math.random().toString(36).slice(2)}`;
    // Where there is no line, and where the address does not answer pages of this origin, fetch says the same.
    const answer = await fetch(fresh, { method: 'HEAD', cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
    if (answer?.ok) told = /^(?:W\/)?"(.*)"$/.exec(answer.headers.get('etag') ?? '')?.[1];
    else if (answer && [404, 612].includes(answer.status)) told = null;
    else if (answer && answer.status < 500) return undefined;
    if (told === wanted) break;
  }
  return told;
}
