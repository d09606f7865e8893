/** Opens a state file: reads its header and finds out how its body is framed, which no field of the header says. */
import type { ByteSource } from '../bytes/byte-source.ts';
import { PullReader } from '../bytes/pull-reader.ts';
import { isGraphHeader } from './graph-header.ts';
import { readHeader } from './header.ts';
import { compressionOf } from './metadata.ts';
import { rawBody } from './raw-body.ts';
import type { OpenOptions, Statefile } from './statefile.ts';

/**
 * Opens the state file in `source`.
 *
 * A body that begins with an object graph right behind the metadata has neither hashes nor framing: the common case since
 * 2026-04, which needs neither inflating nor hashing, so that the code for both is loaded for the other cases only.
 *
 * @throws CkptError of the header, `bad-hmac` for a damaged header, `wrong-key`, `truncated`, `unknown-shape`.
 */
export async function openStatefile(source: ByteSource, options: OpenOptions): Promise<Statefile> {
  const reader = new PullReader(source);
  const header = await readHeader(reader, options.limits);
  const compression = compressionOf(header.metadata, 16);
  if (compression === 'none' && isGraphHeader(await reader.peek(10))) {
    return { header, compression, hmac: 'absent', keyVerified: false, framing: 'raw', body: rawBody(reader), reader };
  }
  const { openFramedBody } = await import('./framed-body.ts');
  return { header, compression, reader, ...(await openFramedBody(reader, header, compression, options)) };
}
