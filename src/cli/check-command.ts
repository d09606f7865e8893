/** `ckpt check`. */
import { check, exitCodeOf, FORMATS_HINT } from '../check.ts';
import { acceptFindings, applyPolicy } from '../config.ts';
import { writeOutputFile } from '../io/output-file.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { renderJson } from '../report/json.ts';
import type { CheckDocument } from '../restore/result.ts';
import { type CheckSettings, checkSettings } from './check-settings.ts';
import { docsUrl } from './docs-url.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import { wantsGithub, writeGithubFiles } from './github-files.ts';
import { hmacKey, keyMissing, keyUnused } from './hmac-key.ts';
import type { CheckInvocation } from './invocation.ts';
import { withoutRepeatedHint } from './repeated-hint.ts';
import { runscVersionWarning } from './runsc-version-warning.ts';
import { refuseUnsupportedPlaces } from './unsupported-places.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns the exit code of the answer, see docs/output.md */
export async function runCheck(invocation: CheckInvocation, io: ProcessIo): Promise<number> {
  const { probe, runsc, limits, quiet, details } = invocation;
  const { specs, specPolicy, network, addresses, routes, nvidiaDriver, gpus, tpus, rootfs, mounts } = invocation;
  const key = hmacKey(io, invocation.keyFile, limits);
  const settings = await checkSettings(invocation, io);
  const { images, hosts, runscVersion, require, onUnknown } = settings;
  refuseUnsupportedPlaces(hosts);
  const answers = await check({
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
  const document = withPolicy(answers, settings, invocation);
  const exitCode = exitCodeOf(document, onUnknown);
  const github = wantsGithub(invocation);
  const said = stderrLines(document, settings, key.key !== undefined).join('');
  await io.stderr.write(github ? (await import('../report/github.ts')).withoutCommands(said) : said);
  const reports = invocation.destinations.some(({ format }) => format !== 'text' && format !== 'json')
    ? await import('./check-reports.ts')
    : null;
  if (github && reports !== null) writeGithubFiles(io, reports.checkGithubFiles(document));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderCheckText } = await import('../report/check-text.ts');
      // On a terminal the hint stands on standard error.
      const errors = withoutRepeatedHint(document.errors, FORMATS_HINT, options.toFile ? 'first' : 'none');
      return renderCheckText({ ...document, errors }, { ...options, quiet, details });
    },
    ...reports?.checkReports(document, { onUnknown, exitCode, docsUrl: docsUrl(io) }),
  });
  return exitCode;
}

/** What could not be read, and warnings about the answers. */
function stderrLines(document: CheckDocument, { runscVersion, onUnknown }: CheckSettings, withKey: boolean): string[] {
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
  const open = results.filter((result) =>
    result.policy === undefined ? result.verdict === 'unknown' : result.policy.outcome === 'open',
  ).length;
  if (onUnknown === 'warn' && open > 0) warnings.push(`${open} of ${results.length} answers are unknown`);
  return [...withoutRepeatedHint(errors, FORMATS_HINT, 'first').map(documentErrorLine), ...warnings.map(warningLine)];
}

/** The answers with what a policy makes of them, where there is one; the findings of now are accepted first, when that was asked. */
function withPolicy(answers: CheckDocument, settings: CheckSettings, { baselineWrite, limits }: CheckInvocation): CheckDocument {
  const { config, baseline, require } = settings;
  if (config === null && baseline === null) return answers;
  const options = { config, baseline, require, limits };
  const judged = applyPolicy(answers, options);
  if (!baselineWrite || baseline === null) return judged;
  writeOutputFile(baseline, renderJson(acceptFindings(judged, options)));
  return applyPolicy(answers, options);
}
