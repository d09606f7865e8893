/** What is wrong with annotations, for a step on GitHub. */
import type { LintDocument } from '../fleet/lint-document.ts';
import { type Annotation, annotationLines, fileOf } from './github.ts';
import { sumOf } from './lint-text.ts';

const KINDS = { error: 'error', warning: 'warning', info: 'notice' } as const satisfies Record<string, Annotation['kind']>;

/** One annotation for each finding, at its line. */
export function renderLintGithub(document: LintDocument): string {
  const annotations = [
    ...document.errors.map(({ file, message, code }): Annotation => {
      return { kind: 'error', file: fileOf(file), title: `${file} cannot be read`, lines: [`${message} [${code}]`] };
    }),
    ...document.findings.map(({ severity, file, line, title, code, message }): Annotation => {
      return {
        kind: KINDS[severity],
        file: fileOf(file),
        ...(line === null ? {} : { line }),
        title: `${title} [${code}]`,
        lines: [message],
      };
    }),
  ];
  return annotationLines(annotations, sumOf(document));
}
