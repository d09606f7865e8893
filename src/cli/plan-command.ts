/** `ckpt plan`. */
import { FORMATS_HINT } from '../check.ts';
import { UsageError } from '../errors.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { plan, planExitCode } from '../plan.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import { hmacKey } from './hmac-key.ts';
import type { PlanInvocation } from './invocation.ts';
import { countProgress } from './progress.ts';
import { withoutRepeatedHint } from './repeated-hint.ts';
import { runSettings } from './run-settings.ts';
import { refuseUnsupportedPlaces } from './unsupported-places.ts';
import { json, writeDocuments } from './write-documents.ts';

/** @returns the exit code, see docs/plan.md */
export async function runPlan(invocation: PlanInvocation, io: ProcessIo): Promise<number> {
  const { before, after, weights, assumeAlike, probe, runsc, limits } = invocation;
  const settings = await runSettings(invocation, io);
  const { runscVersion, require, onUnknown } = settings;
  const images = invocation.images ?? settings.config?.images ?? null;
  const hosts = invocation.hosts ?? (before === null && after === null ? settings.hosts : null);
  if (images === null && hosts === null && before === null && after === null)
    throw new UsageError('plan needs images (--images), hosts (--hosts), or both; ckpt.yaml may name them too');
  const key = hmacKey(io, invocation.keyFile, limits);
  refuseUnsupportedPlaces([...(hosts ?? []), ...(before ?? []), ...(after ?? [])]);
  const line = countProgress(io, 'reading images');
  const document = await plan({
    ...(images === null ? {} : { images }),
    ...(hosts === null ? {} : { hosts }),
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
    weights,
    assumeAlike,
    ...(runscVersion === null ? {} : { runscVersion }),
    ...key,
    probe,
    runsc,
    require,
    limits,
    onImage: (done, total) => line.update(done, total),
  }).finally(() => line.end());
  const errors = withoutRepeatedHint(document.errors, FORMATS_HINT, 'first').map(documentErrorLine);
  await io.stderr.write(errors.join(''));
  const open = document.answer === 'undecided' || document.drift?.answer === 'undecided';
  if (onUnknown === 'warn' && open) await io.stderr.write(warningLine('not everything could be decided'));
  await writeDocuments(io, invocation, {
    json: () => json(document),
    text: async (options) => {
      const { renderPlanText } = await import('../report/plan-text.ts');
      const errors = withoutRepeatedHint(document.errors, FORMATS_HINT, options.toFile ? 'first' : 'none');
      return renderPlanText({ ...document, errors }, { ...options, all: invocation.all });
    },
    table: async (options) => {
      const { renderPlanTable } = await import('../report/plan-table.ts');
      return renderPlanTable(document, options);
    },
    markdown: async () => {
      const { renderPlanMarkdown } = await import('../report/plan-markdown.ts');
      return renderPlanMarkdown(document);
    },
  });
  return planExitCode(document, { gate: invocation.exitCode, onUnknown });
}
