/** A body without framing: compression `none` of 2024-09 and later, without a key. */
import type { PullReader } from '../bytes/pull-reader.ts';
import type { BodyReader } from './body.ts';

const BLOCK = 1024 * 1024;

/** The bytes as they are. @see gVisor pkg/compressio/nocompressio.go since 68f0b41bf (2024-08-30). */
export function rawBody(reader: PullReader): BodyReader {
  return {
    get atMost() {
      return reader.remaining;
    },
    async next() {
      const bytes = await reader.some(BLOCK);
      return bytes.length === 0 ? null : bytes;
    },
    skip: (count) => reader.skip(count),
    // Nothing is read ahead: bytes behind the end are never looked at.
    async finish() {},
  };
}
