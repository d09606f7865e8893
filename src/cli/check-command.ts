/** `ckpt check`. */
import { check, exitCodeOf } from '../check.ts';
import { UsageError } from '../errors.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { whatIsAt } from '../io/small-files.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import { hmacKey } from './hmac-key.ts';
import type { CheckInvocation } from './invocation.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns the exit code of the answer, see docs/output.md */
export async function runCheck(invocation: CheckInvocation, io: ProcessIo): Promise<number> {
  const { hosts, probe, runsc, require, limits, runscVersion, quiet, onUnknown } = invocation;
  const key = hmacKey(io, invocation.keyFile, limits);
  const document = await check({
    images: invocation.images.length === 0 ? [imageHere()] : invocation.images,
    hosts,
    ...(runscVersion === null ? {} : { runscVersion }),
    ...key,
    probe,
    runsc,
    require,
    limits,
  });
  const stderr = document.errors.map(documentErrorLine);
  const reasons = document.results.map((result) => ({
    path: result.image.path,
    codes: result.gates.flatMap((gate) => gate.reasons.map(({ code }) => code)),
  }));
  if (key.key === undefined) {
    for (const path of new Set(reasons.filter(({ codes }) => codes.includes('CKPT1001')).map((result) => result.path))) {
      stderr.push(warningLine(`${path} is keyed, and no key was given: it is read unverified (--key-file, CKPT_KEY)`));
    }
  }
  const open = document.results.filter((result) => result.verdict === 'unknown').length;
  if (onUnknown === 'warn' && open > 0) stderr.push(warningLine(`${open} of ${document.results.length} answers are unknown`));
  await io.stderr.write(stderr.join(''));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderCheckText } = await import('../report/check-text.ts');
      return renderCheckText(document, { ...options, quiet, errors: options.toFile });
    },
  });
  return exitCodeOf(document, onUnknown);
}

/** The image that is meant when none is named. */
function imageHere(): string {
  if (whatIsAt('checkpoint.img') !== 'nothing') return '.';
  if (whatIsAt('image.state') !== 'nothing') return './image.state';
  throw new UsageError('name an image: the current directory has neither checkpoint.img nor image.state');
}
