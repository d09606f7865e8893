/** `ckpt host labels`. */
import { UsageError } from '../errors.ts';
import { FORMATS_HINT } from '../host.ts';
import { hostLabels } from '../host-labels.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { warningLine } from './error-message.ts';
import type { HostLabelsInvocation } from './invocation.ts';
import { hostErrorLines } from './repeated-hint.ts';
import { refuseUnsupportedPlaces } from './unsupported-places.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0, or 3 when a description could not be read; the others are written all the same */
export async function runHostLabels(invocation: HostLabelsInvocation, io: ProcessIo): Promise<0 | 3> {
  refuseUnsupportedPlaces(invocation.hosts);
  const { document, errors } = await hostLabels(invocation.hosts, invocation);
  await io.stderr.write(hostErrorLines(errors, FORMATS_HINT));
  const [host, ...others] = document.hosts;
  if (host === undefined) return 3;
  if (others.length > 0 && invocation.destinations.some(({ format }) => format === 'text')) {
    throw new UsageError(`a feature file holds one host, and ${document.hosts.length} were given: name one, or use --json`);
  }
  for (const { name, unknown, undecided } of document.hosts) {
    const features = unknown.length === 0 ? [] : [unknown.length === 1 ? 'one feature' : `${unknown.length} features`];
    // Few images ask for a bit of MXCSR.
    const open = [...undecided.filter((fact) => fact !== 'mxcsr-mask'), ...features];
    if (open.length === 0) continue;
    await io.stderr.write(
      warningLine(`${name}: not decided by this description, so that no image that needs it is sent there: ${open.join(', ')}`),
    );
  }
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async () => {
      const { renderHostLabelsText } = await import('../report/host-labels-text.ts');
      return renderHostLabelsText(host);
    },
  });
  return errors.length === 0 ? 0 : 3;
}
