/** `ckpt state dump`. */
import { openOutputFile } from '../io/output-file.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { type DumpDifference, stateDump } from '../state-dump.ts';
import { errorMessage, warningLine } from './error-message.ts';
import { hmacKey, keyWarnings } from './hmac-key.ts';
import type { StateDumpInvocation } from './invocation.ts';

const DIFFERENCES = {
  'protobuf-memory':
    'the memory metadata of this image is protobuf, which runsc statefile takes for object data: behind the kernel graph its dump is wrong and differs from this one',
  'pages-elsewhere':
    'the pages of this image lie in another file, and runsc statefile looks for them in the state file: its dump ends at the first of them and differs from this one',
} as const satisfies Record<DumpDifference, string>;

/** Thrown to stop a dump that nobody reads any more. */
const READER_IS_GONE = new Error('the reader has gone away');

/** @returns 0, or 3 when the image is damaged behind what was printed */
export async function runStateDump(invocation: StateDumpInvocation, io: ProcessIo): Promise<0 | 3> {
  const { image, html, file, limits } = invocation;
  const key = hmacKey(io, invocation.keyFile, limits);
  const output = file === null ? null : openOutputFile(file, [image, `${image}/checkpoint.img`]);
  const write = async (block: Uint8Array): Promise<void> => {
    if (output !== null) {
      output.write(block);
      return;
    }
    await io.stdout.write(block);
    if (io.stdout.closed) throw READER_IS_GONE;
  };
  try {
    const { hmac, keyVerified, difference, damage } = await stateDump(image, write, { ...key, html, limits });
    await io.stderr.write(keyWarnings(image, { hmac, keyVerified }, key));
    if (difference !== null) await io.stderr.write(warningLine(DIFFERENCES[difference]));
    if (damage === null) return 0;
    await io.stderr.write(errorMessage(damage, false).text);
    return 3;
  } catch (error) {
    if (error === READER_IS_GONE) return 0;
    throw error;
  } finally {
    output?.close();
  }
}
