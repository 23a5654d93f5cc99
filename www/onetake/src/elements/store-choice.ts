/**
 * Where films are uploaded to: the page's own store, or a bucket of somebody's own. Addresses alone, so that the choice may be
 * kept anywhere; tokens are asked for when they are needed and forgotten with the upload.
 */

import { readPolicy } from './put-policy.js';
import type { PutPolicy } from './put-policy.js';

/** `hosts`: of uploads; none: found by the region of the bucket. `publicBase`: films are read below it; empty: nowhere. */
export type StoreChoice = { tokenUrl: string; hosts: string[]; publicBase: string };

/** What is wrong with a choice, by the field it lies in. */
export type StoreFault = { field: 'tokenUrl' | 'hosts' | 'publicBase'; kind: FaultKind; detail: string };
export type FaultKind =
  | 'address'
  | 'insecure'
  | 'credentials'
  | 'unreachable'
  | 'status'
  | 'empty'
  | 'malformed'
  | 'scope'
  | 'deadline'
  | 'expired'
  | 'short'
  | 'region'
  | 'host'
  | 'hostStatus';

/** Seconds that a token is good for at least: uploads ask for a fresh one when less is left. */
const LEAST = 120;
/** Where Qiniu tells a bucket's region; an upload without hosts asks the same. */
const REGIONS = ['https://api.qiniu.com', 'https://uc.qiniuapi.com'];
/** Milliseconds that an answer is waited for. */
const PATIENCE = 15_000;

export class StoreProblem extends Error {
  override readonly name = 'StoreProblem';
  readonly fault: StoreFault;

  constructor(kind: FaultKind, detail = '', field: StoreFault['field'] = 'tokenUrl') {
    super(`${field}: ${kind} ${detail}`.trim());
    this.fault = { kind, detail, field };
  }
}

/** Of anything: what was kept once, or `undefined`. */
export function readChoice(value: unknown): StoreChoice | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { tokenUrl, hosts, publicBase } = value as Record<string, unknown>;
  if (typeof tokenUrl !== 'string') return undefined;
  const given = { tokenUrl, hosts: Array.isArray(hosts) ? hosts.map(String) : [], publicBase: typeof publicBase === 'string' ? publicBase : '' };
  try {
    return checkedChoice(given);
  } catch {
    return undefined;
  }
}

/** The same with whole addresses; throws a `StoreProblem` at the first that is none. */
export function checkedChoice({ tokenUrl, hosts, publicBase }: StoreChoice): StoreChoice {
  return {
    tokenUrl: address(tokenUrl, 'tokenUrl'),
    hosts: hosts.map((host) => origin(host)),
    publicBase: publicBase.trim() ? address(publicBase, 'publicBase').replace(/\/*$/, '/') : '',
  };
}

/** Asks for a token and for the hosts that an upload would go to: what the token says, or a `StoreProblem`. Nothing is uploaded. */
export async function tryStore(choice: StoreChoice, signal: AbortSignal): Promise<PutPolicy> {
  const { policy, hosts } = await askToken(choice.tokenUrl, signal);
  await tryHosts(choice.hosts.length > 0 ? choice.hosts : hosts, policy, signal);
  return policy;
}

/** `hosts` and `domain`: what the endpoint adds of its own accord, as our store does; a setting comes before them. */
export type Grant = { token: string; policy: PutPolicy; hosts: string[]; domain: string };

/** A token that is good for a while, as JSON (`token`, `uptoken`) or plain text. */
export async function askToken(url: string, signal?: AbortSignal): Promise<Grant> {
  const { text, now } = await answer(url, signal);
  const { token, hosts, domain } = tokenIn(text);
  if (!token) throw new StoreProblem('empty');
  const policy = readPolicy(token);
  if (typeof policy === 'string') throw new StoreProblem(policy);
  // This device's clock may be wrong: where the server's cannot be read, the store alone knows what is over.
  const left = now === undefined ? Infinity : Math.floor(policy.deadline - now / 1000);
  if (left <= 0) throw new StoreProblem('expired', String(Math.max(1, Math.round(-left / 60))));
  if (left < LEAST) throw new StoreProblem('short', String(left));
  return { token, policy, hosts, domain };
}

/**
 * Whether uploads find somebody there: each host is asked for what it must refuse, without a token, so that nothing is begun or stored;
 * without hosts the region of the bucket is asked for. Throws a `StoreProblem` of the first that is no upload host.
 */
async function tryHosts(hosts: string[], policy: PutPolicy, signal: AbortSignal): Promise<void> {
  if (hosts.length === 0) return tryRegion(policy, signal);
  const found = await Promise.allSettled(hosts.map((host) => tryHost(host, policy.bucket, signal)));
  for (const result of found) if (result.status === 'rejected') throw result.reason;
}

/** An upload without a token: upload hosts say 401 to it, other servers that they know no such address. */
async function tryHost(host: string, bucket: string, signal: AbortSignal): Promise<void> {
  const base = (host.includes('://') ? host : `https://${host}`).replace(/\/+$/, '');
  const name = base.replace(/^https?:\/\//, '');
  // Without a header or a body of its own it needs no preflight.
  const status = await ask(`${base}/buckets/${encodeURIComponent(bucket)}/objects/~/uploads`, 'POST', signal);
  if (status === 0) throw new StoreProblem('host', name, 'hosts');
  if (status < 400 || status === 404 || status === 405 || (status >= 500 && status < 600)) throw new StoreProblem('hostStatus', `${name} ${status}`, 'hosts');
}

async function tryRegion({ place, bucket }: PutPolicy, signal: AbortSignal): Promise<void> {
  const accessKey = place.slice(0, -bucket.length - 1);
  const query = `/v4/query?ak=${encodeURIComponent(accessKey)}&bucket=${encodeURIComponent(bucket)}`;
  for (const base of REGIONS) {
    const status = await ask(base + query, 'GET', signal);
    if (status === 200) return;
    // What one of them says of a bucket, all say.
    if ((status >= 400 && status < 500 && status !== 429) || status >= 600) break;
  }
  throw new StoreProblem('region', '', 'hosts');
}

/** The status of the answer; 0 where there is none, or none that this page may read. */
async function ask(url: string, method: string, signal: AbortSignal): Promise<number> {
  try {
    const { status, body } = await fetch(url, { method, cache: 'no-store', signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) });
    void body?.cancel();
    return status;
  } catch (reason) {
    if (signal.aborted) throw reason;
    return 0;
  }
}

/** An address of the web, or nothing: whatever else is given is neither shown nor opened. */
export function webAddress(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
  } catch {
    return undefined;
  }
}

/** On this machine. */
export function isNear({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]';
}

/** `now`: by the clock of the server, where it may be read, which another origin may not without leave. */
async function answer(url: string, signal?: AbortSignal): Promise<{ text: string; now: number | undefined }> {
  const limit = AbortSignal.timeout(PATIENCE);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { cache: 'no-store', headers: { accept: 'application/json, text/plain' }, signal: signal ? AbortSignal.any([signal, limit]) : limit });
    text = await response.text();
  } catch (reason) {
    if (signal?.aborted) throw reason;
    throw new StoreProblem('unreachable', limit.aborted ? 'no answer in time' : String(reason));
  }
  if (!response.ok) throw new StoreProblem('status', String(response.status));
  return { text, now: Date.parse(response.headers.get('date') ?? '') || undefined };
}

function tokenIn(text: string): { token: string; hosts: string[]; domain: string } {
  let body: unknown = text.trim();
  try {
    body = JSON.parse(text);
  } catch {
    // Plain text, then.
  }
  if (typeof body === 'string') return { token: /[\s<]/.test(body) ? '' : body, hosts: [], domain: '' };
  const { token, uptoken, hosts, domain } = (body ?? {}) as Record<string, unknown>;
  return {
    token: [token, uptoken].find((one): one is string => typeof one === 'string') ?? '',
    hosts: Array.isArray(hosts) ? hosts.filter((host): host is string => typeof host === 'string') : [],
    domain: typeof domain === 'string' ? baseOf(domain.trim()) : '',
  };
}

/** Films are read below it; a host may be given without its scheme. What is no address of the web is none. */
function baseOf(domain: string): string {
  if (domain === '' || domain.startsWith('/')) return '';
  const url = webAddress(domain.includes('://') ? domain : `https://${domain}`);
  if (!url || url.username || url.password) return '';
  return (url.origin + url.pathname).replace(/\/*$/, '/');
}

/** Plain http is for this machine alone, and never beside a page of https, which browsers do not let. */
function address(text: string, field: StoreFault['field']): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new StoreProblem('address', text.trim(), field);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw new StoreProblem('address', text.trim(), field);
  if (url.username || url.password) throw new StoreProblem('credentials', url.host, field);
  if (url.protocol === 'http:' && !isNear(url) && location.protocol === 'https:') throw new StoreProblem('insecure', url.host, field);
  return url.href;
}

/** A host may be given with or without its scheme. */
function origin(host: string): string {
  return new URL(address(host.includes('://') ? host : `https://${host.trim()}`, 'hosts')).origin;
}
