/** `ckpt host show`, `capture`, `probe` and `diff`. */
import { UsageError } from '../errors.ts';
import { captureHost, diffHosts, FORMATS_HINT, probeExecutable, showHosts } from '../host.ts';
import { writeOutputFile } from '../io/output-file.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { renderJson } from '../report/json.ts';
import type { HostCaptureInvocation, HostDiffInvocation, HostProbeInvocation, HostShowInvocation } from './invocation.ts';
import { hostErrorLines } from './repeated-hint.ts';
import { refuseUnsupportedPlaces } from './unsupported-places.ts';
import { json, writeDocuments } from './write-documents.ts';

const EXECUTABLE = 0o755;

/** @returns 0, or 3 when a description could not be read; the others are shown all the same */
export async function runHostShow(invocation: HostShowInvocation, io: ProcessIo): Promise<0 | 3> {
  refuseUnsupportedPlaces(invocation.hosts);
  const { hosts, errors } = await showHosts(invocation.hosts, invocation);
  await io.stderr.write(hostErrorLines(errors, FORMATS_HINT));
  const [only, ...others] = hosts;
  if (only !== undefined) {
    await writeDocuments(io, invocation, {
      json: async () => {
        const { jsonListPieces, jsonPieces } = await import('../report/json.ts');
        return others.length === 0 ? jsonPieces(only.profile) : jsonListPieces(each(hosts, (host) => host.profile));
      },
      text: async (options) => {
        const { renderHostText } = await import('../report/host-text.ts');
        const views = each(hosts, (host) => host.view);
        return renderHostText(views, { ...options, leaves: invocation.leaves, all: invocation.all });
      },
    });
  }
  return errors.length === 0 ? 0 : 3;
}

/** One after the other, as they are asked for: thousands of hosts do not fit into memory laid out. */
function* each<T, U>(values: readonly T[], of: (value: T) => U): Generator<U> {
  for (const value of values) yield of(value);
}

export async function runHostCapture(invocation: HostCaptureInvocation, io: ProcessIo): Promise<0> {
  refuseUnsupportedPlaces([invocation.host]);
  const profile = renderJson(await captureHost(invocation.host, invocation));
  if (invocation.file === null) await io.stdout.write(profile);
  else writeOutputFile(invocation.file, profile);
  return 0;
}

/** @throws UsageError when the program would be written to a terminal */
export async function runHostProbe({ file }: HostProbeInvocation, io: ProcessIo): Promise<0> {
  const program = probeExecutable();
  if (file !== null) writeOutputFile(file, program, EXECUTABLE);
  else if (io.stdout.isTerminal) throw new UsageError('the probe is a program and not for a terminal: name a file with -o FILE');
  else await io.stdout.write(program);
  return 0;
}

export async function runHostDiff(invocation: HostDiffInvocation, io: ProcessIo): Promise<0> {
  refuseUnsupportedPlaces([invocation.a, invocation.b]);
  const comparison = await diffHosts(invocation.a, invocation.b, invocation);
  await writeDocuments(io, invocation, {
    json: () => json(comparison),
    text: async (options) => {
      const { renderHostDiffText } = await import('../report/host-diff-text.ts');
      return renderHostDiffText(comparison, options);
    },
  });
  return 0;
}
