/** What an opened state file is. */
import type { PullReader } from '../bytes/pull-reader.ts';
import type { Limits } from '../limits.ts';
import type { BodyReader } from './body.ts';
import type { RawHeader } from './header.ts';
import type { Compression } from './metadata.ts';

export type Framing = 'flate' | 'raw' | 'chunked';
/** The 32 bytes behind the metadata: not there, made with the empty key (runsc up to 2026-03), or made with a key. */
export type HeaderHmac = 'absent' | 'empty-key' | 'keyed';

export interface Statefile {
  readonly header: RawHeader;
  readonly compression: Compression;
  readonly hmac: HeaderHmac;
  /** Header and body were checked with the caller's key. */
  readonly keyVerified: boolean;
  readonly framing: Framing;
  readonly body: BodyReader;
  readonly reader: PullReader;
}

export interface OpenOptions {
  /** HMAC key, or null. */
  readonly key: Uint8Array | null;
  readonly limits: Limits;
  /** See `FlateOptions`; default true. */
  readonly trustChunkSize?: boolean;
}
