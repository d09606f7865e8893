/** `ckpt check`. */
import { check, exitCodeOf, FORMATS_HINT } from '../check.ts';
import { UsageError } from '../errors.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { whatIsAt } from '../io/small-files.ts';
import type { CheckDocument } from '../restore/result.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import { hmacKey, keyMissing, keyUnused } from './hmac-key.ts';
import type { CheckInvocation } from './invocation.ts';
import { withoutRepeatedHint } from './repeated-hint.ts';
import { runscVersionWarning } from './runsc-version-warning.ts';
import { refuseUnsupportedPlaces } from './unsupported-places.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns the exit code of the answer, see docs/output.md */
export async function runCheck(invocation: CheckInvocation, io: ProcessIo): Promise<number> {
  const { hosts, probe, runsc, require, limits, runscVersion, quiet, details, onUnknown } = invocation;
  const { specs, specPolicy, network, addresses, routes, nvidiaDriver, gpus, tpus, rootfs, mounts } = invocation;
  const key = hmacKey(io, invocation.keyFile, limits);
  const images = invocation.images.length === 0 ? [imageHere()] : invocation.images;
  refuseUnsupportedPlaces(hosts);
  const document = await check({
    images,
    hosts,
    ...(runscVersion === null ? {} : { runscVersion }),
    specs,
    ...(specPolicy === null ? {} : { specPolicy }),
    ...(network === null ? {} : { network }),
    addresses,
    routes,
    ...(nvidiaDriver === null ? {} : { nvidiaDriver }),
    ...(gpus === null ? {} : { gpus }),
    ...(tpus === null ? {} : { tpus }),
    rootfs,
    mounts,
    ...key,
    probe,
    runsc,
    require,
    limits,
  });
  await io.stderr.write(stderrLines(document, invocation, key.key !== undefined).join(''));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderCheckText } = await import('../report/check-text.ts');
      // On a terminal the hint stands on standard error.
      const errors = withoutRepeatedHint(document.errors, FORMATS_HINT, options.toFile ? 'first' : 'none');
      return renderCheckText({ ...document, errors }, { ...options, quiet, details });
    },
  });
  return exitCodeOf(document, onUnknown);
}

/** What could not be read, and warnings about the answers. */
function stderrLines(document: CheckDocument, { runscVersion, onUnknown }: CheckInvocation, withKey: boolean): string[] {
  const { results, errors } = document;
  const warnings: string[] = [];
  const unread = new Set(errors.map(({ image }) => image));
  for (const path of new Set(results.map(({ image }) => image.path))) {
    const own = results.filter(({ image }) => image.path === path);
    const keyed = own.some(({ gates }) => gates.some(({ reasons }) => reasons.some(({ code }) => code === 'CKPT1001')));
    if (keyed && !withKey) warnings.push(keyMissing(path));
    if (!keyed && withKey && !unread.has(path)) warnings.push(keyUnused(path));
  }
  const unusual =
    runscVersion === null
      ? null
      : runscVersionWarning(
          runscVersion,
          results.map(({ rules }) => rules),
        );
  if (unusual !== null) warnings.push(unusual);
  const open = results.filter((result) => result.verdict === 'unknown').length;
  if (onUnknown === 'warn' && open > 0) warnings.push(`${open} of ${results.length} answers are unknown`);
  return [...withoutRepeatedHint(errors, FORMATS_HINT, 'first').map(documentErrorLine), ...warnings.map(warningLine)];
}

/** The image that is meant when none is named. */
function imageHere(): string {
  if (whatIsAt('checkpoint.img') !== 'nothing') return '.';
  if (whatIsAt('image.state') !== 'nothing') return './image.state';
  throw new UsageError('name an image: the current directory has neither checkpoint.img nor image.state');
}
