/** `ckpt inspect`. */
import { inspect } from '../inspect.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import { hmacKey } from './hmac-key.ts';
import type { InspectInvocation } from './invocation.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0, or 3 when the image is damaged behind what could be shown */
export async function runInspect(invocation: InspectInvocation, io: ProcessIo): Promise<0 | 3> {
  const { image, sections, showEnv, limits, all } = invocation;
  const document = await inspect(image, {
    ...(sections === null ? {} : { sections }),
    ...hmacKey(io, invocation.keyFile, limits),
    showEnv,
    limits,
  });
  if (document.image.hmac === 'keyed' && !document.image.keyVerified) {
    await io.stderr.write(warningLine(`${image} is keyed, and no key was given: it is read unverified (--key-file, CKPT_KEY)`));
  }
  if (document.damage !== null) await io.stderr.write(documentErrorLine({ image, ...document.damage }));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderInspectText } = await import('../report/inspect-text.ts');
      return renderInspectText(document, { ...options, all, summary: sections === null || sections.includes('summary') });
    },
  });
  return document.damage === null ? 0 : 3;
}
