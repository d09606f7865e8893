/** `ckpt state schema`. */
import type { ProcessIo } from '../io/process-io.ts';
import { stateSchema } from '../state-schema.ts';
import { hmacKey, keyWarnings } from './hmac-key.ts';
import type { StateSchemaInvocation } from './invocation.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0: a difference is an answer, not a refusal */
export async function runStateSchema(invocation: StateSchemaInvocation, io: ProcessIo): Promise<0> {
  const { image, against, keyFile, limits } = invocation;
  const key = hmacKey(io, keyFile, limits);
  const document = await stateSchema(image, { ...(against === null ? {} : { against }), ...key, limits });
  await io.stderr.write(keyWarnings(image, document.image, key));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderStateSchemaText } = await import('../report/state-schema-text.ts');
      return renderStateSchemaText(document, options);
    },
  });
  return 0;
}
