/**
 * What an upload token says of itself: bucket, name, end. Read for people and for naming, never trusted and never kept: the
 * signature is the store's business. Runs on the page, without wasm, so that a store can be tried before anything is loaded.
 */

/**
 * `place`: account and bucket, by which a store is known again. `deadline`: Unix seconds. `named`: the store gives names by a rule of
 * its own (`saveKey`), or by content.
 */
export type PutPolicy = { place: string; bucket: string; key: string | null; prefix: boolean; deadline: number; named: boolean };
export type TokenFault = 'malformed' | 'scope' | 'deadline';

/** A put policy is the last of the parts between colons: URL-safe base64 of JSON. */
export function readPolicy(token: string): PutPolicy | TokenFault {
  const parts = token.split(':');
  const policy = parts.length < 3 ? undefined : decoded(parts.at(-1) ?? '');
  if (!policy) return 'malformed';
  const { scope, deadline, isPrefixalScope, saveKey } = policy;
  if (typeof scope !== 'string' || !scope || scope.startsWith(':')) return 'scope';
  if (typeof deadline !== 'number' || !Number.isFinite(deadline)) return 'deadline';
  const [bucket = ''] = scope.split(':', 1);
  const key = scope.length > bucket.length ? scope.slice(bucket.length + 1) : null;
  // The access key, which is no secret, is the last but two: an account may stand before it.
  return { place: `${parts.at(-3)}:${bucket}`, bucket, key, prefix: Number(isPrefixalScope) === 1, deadline, named: typeof saveKey === 'string' && saveKey !== '' };
}

/** The name that a film gets under this policy: its own, unless the token fixes it or leaves it to the store. */
export function keyFor({ key, prefix, named }: PutPolicy, name: string): string | null {
  if (key !== null) return prefix ? key + name : key;
  return named ? null : name;
}

function decoded(text: string): Record<string, unknown> | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
