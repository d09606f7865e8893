/** `ckpt diff`. */
import { diff } from '../diff.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { documentErrorLine } from './error-message.ts';
import { hmacKey, keyWarnings } from './hmac-key.ts';
import type { DiffInvocation } from './invocation.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0; 1 when the images differ and the caller wants to know by the exit code; 3 when one is damaged */
export async function runDiff(invocation: DiffInvocation, io: ProcessIo): Promise<0 | 1 | 3> {
  const { a, b, showEnv, limits } = invocation;
  const key = hmacKey(io, invocation.keyFile, limits);
  const document = await diff(a, b, { ...key, showEnv, limits });
  for (const { image, damage } of [document.a, document.b]) {
    await io.stderr.write(keyWarnings(image.path, image, key));
    if (damage !== null) await io.stderr.write(documentErrorLine({ image: image.path, ...damage }));
  }
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderDiffText } = await import('../report/diff-text.ts');
      return renderDiffText(document, { ...options, all: invocation.all });
    },
  });
  if (document.a.damage !== null || document.b.damage !== null) return 3;
  return invocation.exitCode && !document.same ? 1 : 0;
}
