/** `ckpt extract --spec`. */

import { extractSpecs } from '../extract-specs.ts';
import { beginFile } from '../io/finished-file.ts';
import { shownPath } from '../io/http-address.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { writeSpecs } from '../write-specs.ts';
import { warningLine } from './error-message.ts';
import type { ExtractInvocation } from './invocation.ts';
import { json, writeDocuments } from './write-documents.ts';

/** Writes the specs to where they were asked for. */
export async function extractSpecsTo(
  invocation: ExtractInvocation,
  key: { readonly key?: Uint8Array },
  io: ProcessIo,
): Promise<0> {
  const { image, container, showEnv, limits, file, directory, force } = invocation;
  const specs = await extractSpecs(image, { ...key, limits, showEnv, ...(container === null ? {} : { container }) });
  if (specs.some(({ hidden }) => hidden))
    await io.stderr.write(
      warningLine(`values of environment variables of ${shownPath(image)} are hidden; --show-env shows them`),
    );
  if (directory === null) {
    const text = specsText(specs, container !== null);
    if (file === null || file === '-') {
      await io.stdout.write(text);
      return 0;
    }
    const output = beginFile(file, force, showEnv ? 0o600 : 0o666);
    try {
      output.write(new TextEncoder().encode(text));
      output.finish();
    } catch (error) {
      output.abandon();
      throw error;
    }
  }
  const document = writeSpecs(image, specs, directory === null ? { file } : { directory, force, showEnv });
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (style) => {
      const { renderSpecsText } = await import('../report/specs-text.ts');
      return renderSpecsText(document, style);
    },
  });
  return 0;
}

/** The spec itself when there is one container, else an object by name. The texts are as they were saved. */
function specsText(specs: readonly { readonly container: string; readonly text: string }[], single: boolean): string {
  const [first] = specs;
  if (first !== undefined && (single || specs.length === 1)) return `${first.text}\n`;
  return `{${specs.map(({ container, text }) => `${JSON.stringify(container)}:${text}`).join(',')}}\n`;
}
