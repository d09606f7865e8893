/** `ckpt baseline`. */
import { type BaselineAnswer, baseline, FORMATS_HINT } from '../baseline.ts';
import { UsageError } from '../errors.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import type { BaselineInvocation, LintInvocation } from './invocation.ts';
import { withoutRepeatedHint } from './repeated-hint.ts';
import { runSettings } from './run-settings.ts';
import { refuseUnsupportedPlaces } from './unsupported-places.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns 0; 1 when a lint is an error; 3 when something could not be read */
export async function runBaseline(invocation: BaselineInvocation | LintInvocation, io: ProcessIo): Promise<0 | 1 | 3> {
  const settings = await runSettings({ ...invocation, require: null, onUnknown: null }, io);
  const { runscVersion } = settings;
  const hosts = invocation.hosts.length === 0 ? (settings.hosts ?? []) : invocation.hosts;
  refuseUnsupportedPlaces(hosts);
  if (invocation.action === 'lint') return runLint({ ...invocation, hosts, runscVersion }, io);
  if (hosts.length === 0)
    throw new UsageError('name at least one host: a file, a directory, cpu:<model>, or current for this machine');
  return runLevel({ ...invocation, hosts, runscVersion }, io);
}

async function runLevel(invocation: BaselineInvocation, io: ProcessIo): Promise<0 | 3> {
  const { hosts, as, write, runscVersion, probe, runsc, limits, without } = invocation;
  const options = { without, probe, runsc, limits, ...(runscVersion === null ? {} : { runscVersion }) };
  const { document, errors }: BaselineAnswer = await baseline(hosts, options);
  await io.stderr.write(withoutRepeatedHint(errors, FORMATS_HINT, 'first').map(documentErrorLine).join(''));
  if (document === null) return 3;
  const isUsed = as !== null || write !== null;
  const { annotation } = document;
  if (isUsed && annotation === null)
    throw new UsageError(
      'runsc has no such annotation on arm64: with it the sandbox does not boot, so that there is nothing to paste',
    );
  // A level of some of the hosts only is not what was asked for.
  if (isUsed && errors.length > 0) return 3;
  if (isUsed && annotation?.value === '')
    throw new UsageError('the hosts have no feature in common that is known; an empty annotation would remove everything');
  if (isUsed) {
    const warnings = document.notes.filter(({ severity }) => severity === 'warning');
    await io.stderr.write(warnings.map(({ message }) => warningLine(message)).join(''));
  }
  if (write !== null && annotation !== null) {
    const { writeLevel } = await import('../write-level.ts');
    const { changed, backup } = writeLevel(write, annotation.value, limits);
    await io.stderr.write(
      changed
        ? `${write}: annotation set; the old content is in ${backup}\n`
        : `${write}: has this annotation already, nothing is written\n`,
    );
  }
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (look) => {
      if (as !== null && annotation !== null) {
        const { renderSnippet } = await import('../report/baseline-snippets.ts');
        return renderSnippet(annotation, as);
      }
      const { renderBaselineText } = await import('../report/baseline-text.ts');
      return renderBaselineText(document, look);
    },
  });
  return errors.length === 0 ? 0 : 3;
}

async function runLint(invocation: LintInvocation, io: ProcessIo): Promise<0 | 1 | 3> {
  const { files, hosts, runscVersion, probe, runsc, limits } = invocation;
  const { lintAnnotations, lintExitCode } = await import('../lint-annotations.ts');
  const options = { probe, runsc, limits, ...(runscVersion === null ? {} : { runscVersion }) };
  const document = await lintAnnotations(files, hosts, options);
  await io.stderr.write(document.errors.map(({ file, ...error }) => documentErrorLine({ host: file, ...error })).join(''));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (look) => (await import('../report/lint-text.ts')).renderLintText(document, look),
    markdown: async () => (await import('../report/lint-text.ts')).renderLintMarkdown(document),
    github: async () => (await import('../report/lint-github.ts')).renderLintGithub(document),
  });
  return lintExitCode(document);
}
