/** `ckpt inspect`. */
import { inspect } from '../inspect.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import { hmacKey, keyMissing, keyUnused } from './hmac-key.ts';
import type { InspectInvocation } from './invocation.ts';
import { refuseUnsupportedPlaces } from './unsupported-places.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0, or 3 when the image is damaged behind what could be shown */
export async function runInspect(invocation: InspectInvocation, io: ProcessIo): Promise<0 | 3> {
  const { image, sections, showEnv, limits, all } = invocation;
  refuseUnsupportedPlaces([image], []);
  const key = hmacKey(io, invocation.keyFile, limits);
  const document = await inspect(image, {
    ...(sections === null ? {} : { sections }),
    ...key,
    showEnv,
    limits,
  });
  const { hmac, keyVerified } = document.image;
  if (hmac === 'keyed' && !keyVerified) await io.stderr.write(warningLine(keyMissing(image)));
  if (hmac !== 'keyed' && key.key !== undefined) await io.stderr.write(warningLine(keyUnused(image)));
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
