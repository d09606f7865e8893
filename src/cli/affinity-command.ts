/** `ckpt affinity`. */
import { affinity } from '../affinity.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { documentErrorLine } from './error-message.ts';
import { hmacKey } from './hmac-key.ts';
import type { AffinityInvocation } from './invocation.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0; 1 when no host can restore the image; 3 when it could not be read at all */
export async function runAffinity(invocation: AffinityInvocation, io: ProcessIo): Promise<0 | 1 | 3> {
  const { image, labels, form, denied, requireVersion, name, runscVersion, limits } = invocation;
  const { document, errors } = await affinity(image, {
    labels,
    form,
    denied,
    requireVersion,
    ...(name === null ? {} : { name }),
    ...(runscVersion === null ? {} : { runscVersion }),
    ...hmacKey(io, invocation.keyFile, limits),
    limits,
  });
  await io.stderr.write(errors.map(documentErrorLine).join(''));
  if (document === null) return 3;
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async () => {
      const { renderAffinityText } = await import('../report/affinity-text.ts');
      return renderAffinityText(document);
    },
  });
  return document.manifest === null ? 1 : 0;
}
