/** `ckpt verify`. */
import type { ProcessIo } from '../io/process-io.ts';
import { type VerifyDocument, verify } from '../verify.ts';
import { docsUrl } from './docs-url.ts';
import { documentErrorLine } from './error-message.ts';
import { wantsGithub, writeGithubFiles } from './github-files.ts';
import { hmacKey, keyWarnings } from './hmac-key.ts';
import type { VerifyInvocation } from './invocation.ts';
import { progress } from './progress.ts';
import { verifyGithubFiles, verifyReports } from './verify-reports.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0; 1 when an image is damaged; 3 when one could not be read at all */
export async function runVerify(invocation: VerifyInvocation, io: ProcessIo): Promise<0 | 1 | 3> {
  const { images, deep, limits } = invocation;
  const key = hmacKey(io, invocation.keyFile, limits);
  const line = progress(io, 'verifying');
  const document = await verify(images, {
    deep,
    ...key,
    limits,
    onProgress: (done, total) => line.update(done, total),
  }).finally(() => line.end());
  const exitCode = exitCodeOf(document);
  const github = wantsGithub(invocation);
  const said = document.errors.map(documentErrorLine).join('') + warnings(document, key);
  await io.stderr.write(github ? (await import('../report/github.ts')).withoutCommands(said) : said);
  if (github) writeGithubFiles(io, await verifyGithubFiles(document));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderVerifyText } = await import('../report/verify-text.ts');
      return renderVerifyText(document, { ...options, all: invocation.all });
    },
    ...verifyReports(document, { exitCode, docsUrl: docsUrl(io) }),
  });
  return exitCode;
}

function exitCodeOf({ errors, verdict }: VerifyDocument): 0 | 1 | 3 {
  if (errors.length > 0) return 3;
  return verdict === 'intact' ? 0 : 1;
}

/** What a key and the images have to do with one another; a key that does not fit is a damage, and told there. */
function warnings({ images }: VerifyDocument, key: { readonly key?: Uint8Array }): string {
  return images
    .filter(({ verdict, checks }) => verdict !== 'unreadable' && checks.some(({ id }) => id === 'header'))
    .map(({ path, keyed, keyVerified }) => {
      if (keyed && key.key !== undefined) return '';
      return keyWarnings(path, { hmac: keyed ? 'keyed' : 'absent', keyVerified }, key);
    })
    .join('');
}
