/** Use case `baseline --lint`: what is wrong with the annotations of config files. */

import type { BaselineOptions } from './baseline.ts';
import type { TextDocument } from './documents/text-document.ts';
import { CkptError, UsageError } from './errors.ts';
import { levelRules } from './fleet/level-rules.ts';
import { type LintDocument, type LintedFile, lintExitCode, lintFiles } from './fleet/lint-document.ts';
import { annotationPlaces, kindOf } from './fleet/lint-places.ts';
import { openHosts } from './host/open-host.ts';
import { readSmallFile, readStandardInput } from './io/small-files.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';

export { lintExitCode };

/**
 * Lints OCI configs and Kubernetes objects, JSON or YAML, against hosts where some are given.
 *
 * @throws UsageError when a version names no code
 */
export async function lintAnnotations(
  files: readonly string[],
  hosts: readonly string[],
  options: Omit<BaselineOptions, 'without'> = {},
): Promise<LintDocument> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const opened = await openHosts(hosts, { ...options, details: 'runsc' });
  const rules = levelRules(options.runscVersion ?? null, opened.hosts);
  if (rules === null) throw new UsageError(`--runsc-version ${options.runscVersion} names no release of runsc and no date`);
  const read: LintedFile[] = [];
  const failed = opened.errors.map(({ host, error }) => errorOf(host, error));
  for (const file of files) {
    try {
      read.push({ file, documents: await documentsOf(file, limits) });
    } catch (error) {
      if (!(error instanceof CkptError)) throw error;
      failed.push(errorOf(file, error));
    }
  }
  return lintFiles(read, { hosts: opened.hosts, rules }, failed);
}

function errorOf(file: string, { code, message, place }: CkptError): LintDocument['errors'][number] {
  return { file, code, message, layer: place.layer };
}

/** @throws CkptError `bad-spec`, `over-limit`, and what reading a file throws */
async function documentsOf(file: string, limits: Limits): Promise<LintedFile['documents']> {
  const what = 'an OCI runtime spec';
  const bytes = file === '-' ? await readStandardInput(limits.specBytes, what) : readSmallFile(file, limits.specBytes, what);
  const { parseYaml } = await import('./documents/yaml.ts');
  const { TextSyntaxError } = await import('./documents/text-document.ts');
  let documents: readonly TextDocument[];
  try {
    documents = parseYaml(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof TextSyntaxError)) throw error;
    const place = { layer: 'spec', file, ...(error.line === null ? {} : { line: error.line }) } as const;
    throw new CkptError('bad-spec', place, { expected: 'JSON or YAML', found: error.message });
  }
  if (documents.every((document) => kindOf(document) === 'other')) {
    const expected = 'an OCI runtime config or a Kubernetes object';
    throw new CkptError('bad-spec', { layer: 'spec', file }, { expected, found: 'neither' });
  }
  return documents.map((document) => ({ document, places: annotationPlaces(document, limits.specValues) }));
}
