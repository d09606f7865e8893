/** A verification as SARIF: a result for each image and check that found damage. */
import type { VerifyDocument } from '../verify.ts';
import { type SarifInput, sarifLog } from './sarif.ts';
import { checkMeaning, damagedChecks, verifySummary } from './verify-findings.ts';
import { CHECK_NAMES } from './verify-text.ts';

export interface VerifySarifOptions {
  readonly tool: SarifInput['tool'];
  readonly exitCode: number;
  /** Where the documentation lies, ending in a slash, or null when that is not known. */
  readonly docsUrl: string | null;
}

/** The log is a plain value. */
export function verifySarif(document: VerifyDocument, { tool, exitCode, docsUrl }: VerifySarifOptions): object {
  const damaged = damagedChecks(document);
  const ids = [...new Set(damaged.map(({ check }) => check.id))].sort();
  return sarifLog({
    tool,
    exitCode,
    successful: document.errors.length === 0,
    rules: ids.map((id) => ({
      id: `verify-${id}`,
      title: `Damaged: ${CHECK_NAMES[id]}`,
      meaning: checkMeaning(id),
      help: `${checkMeaning(id)} Copy or save the image again.`,
      page: docsUrl === null ? null : `${docsUrl}verify.md`,
      tags: ['gvisor', 'checkpoint', 'integrity'],
    })),
    results: damaged.map(({ image, check, sentence, lines }) => ({
      ruleId: `verify-${check.id}`,
      level: 'error',
      message: [`${image.path}: ${sentence}`, ...lines].join('; '),
      artifact: image.path,
      logical: null,
      identity: [image.path, check.id],
      suppressions: [],
      properties: { image: image.path, check: check.id, places: check.damages.length + check.unlisted },
    })),
    notifications: document.errors.map(({ image, code, message }) => ({
      level: 'error',
      message: `image ${image}: ${message}`,
      id: code,
      artifact: image,
    })),
    artifacts: document.images.map(({ path }) => path),
    properties: { verdict: document.verdict, summary: verifySummary(document), deep: document.deep },
  });
}
