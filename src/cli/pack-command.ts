/** `ckpt pack`. */
import { UsageError } from '../errors.ts';
import type { OutputPlace } from '../extraction/output.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { pack } from '../pack.ts';
import type { PackInvocation } from './invocation.ts';
import { progress } from './progress.ts';
import { json, writeDocuments } from './write-documents.ts';

/** Thrown to stop an archive that nobody reads any more. */
const READER_IS_GONE = new Error('the reader has gone away');

/** @returns 0 */
export async function runPack(invocation: PackInvocation, io: ProcessIo): Promise<0> {
  const { image, file, compression, limits } = invocation;
  const line = progress(io, 'packing');
  try {
    const document = await pack(image, placeOf(invocation, io), {
      ...(compression === null ? {} : { compression }),
      limits,
      onProgress: (done, total) => line.update(done, total),
    }).finally(() => line.end());
    // Beside an archive on standard output, what was packed is told on standard error.
    await writeDocuments(file === null ? { ...io, stdout: io.stderr } : io, invocation, {
      json: () => json(document),
      text: async (options) => {
        const { renderPackText } = await import('../report/pack-text.ts');
        return renderPackText(document, options);
      },
    });
    return 0;
  } catch (error) {
    if (error === READER_IS_GONE) return 0;
    throw error;
  }
}

function placeOf({ file, force }: PackInvocation, io: ProcessIo): OutputPlace {
  if (file !== null) return { file, force };
  if (io.stdout.isTerminal) throw new UsageError('an archive is not for a terminal: name a file with -o FILE, or pipe it');
  return {
    write: async (bytes) => {
      await io.stdout.write(bytes);
      if (io.stdout.closed) throw READER_IS_GONE;
    },
  };
}
