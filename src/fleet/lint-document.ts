/** The answer of `ckpt baseline --lint` as a value. */
import { pathText, type TextDocument } from '../documents/text-document.ts';
import type { Host } from '../host/host.ts';
import { TOOL } from '../tool.ts';
import { ANNOTATION, annotationValue } from './annotation.ts';
import type { LevelRules } from './level-rules.ts';
import { lintValue } from './lint.ts';
import { LINTS, type LintCode, type LintSeverity } from './lint-codes.ts';
import { type AnnotationPlace, kindOf } from './lint-places.ts';

export const LINT_SCHEMA = 'ckpt/lint@1';

/** One thing that a file says wrongly. */
export interface LintFinding {
  readonly code: LintCode;
  readonly severity: LintSeverity;
  readonly title: string;
  readonly file: string;
  /** 1-based; null when it is about the file as a whole. */
  readonly line: number | null;
  /** Where in the document, such as `annotations.dev.gvisor.internal.cpufeatures`. */
  readonly path: string | null;
  readonly message: string;
  /** What to write instead, or null. */
  readonly suggestion: string | null;
}

/** One annotation that runsc would read. */
export interface LintedAnnotation {
  readonly file: string;
  readonly line: number | null;
  readonly path: string;
  /** The value as it should be written, or null when it has no name that is understood. */
  readonly corrected: string | null;
  /** What it keeps, with names as they are meant; in feature-number order. */
  readonly features: readonly string[];
}

export interface LintDocument {
  readonly schema: typeof LINT_SCHEMA;
  readonly tool: typeof TOOL;
  readonly rules: LevelRules;
  readonly hosts: readonly string[];
  readonly files: readonly string[];
  readonly annotations: readonly LintedAnnotation[];
  /** In the order of the files and their lines. */
  readonly findings: readonly LintFinding[];
  readonly errors: readonly { readonly file: string; readonly code: string; readonly message: string; readonly layer: string }[];
}

/** A file out of which documents were read, each with its mentions of the annotation. */
export interface LintedFile {
  readonly file: string;
  readonly documents: readonly { readonly document: TextDocument; readonly places: readonly AnnotationPlace[] }[];
}

/** What each file is held against. */
export interface LintInput {
  readonly hosts: readonly Host[];
  readonly rules: LevelRules;
}

/** Lints the documents of files. */
export function lintFiles(files: readonly LintedFile[], input: LintInput, errors: LintDocument['errors']): LintDocument {
  const annotations: LintedAnnotation[] = [];
  const findings: LintFinding[] = [];
  const configs: LintedAnnotation[] = [];
  for (const { file, documents } of files) {
    let mentions = 0;
    for (const { document, places } of documents) {
      mentions += places.length;
      for (const place of places) {
        const { annotation, found } = lintPlace(file, document, place, input);
        findings.push(...found);
        if (annotation === null) continue;
        annotations.push(annotation);
        if (kindOf(document) === 'oci') configs.push(annotation);
      }
    }
    if (mentions === 0) findings.push(lintFinding('CKPT3021', { file }, `no annotation ${ANNOTATION}`));
  }
  findings.push(...differing(configs));
  const order = new Map(files.map(({ file }, index) => [file, index]));
  const at = ({ file, line }: LintFinding): readonly [number, number] => [order.get(file) ?? 0, line ?? 0];
  return {
    schema: LINT_SCHEMA,
    tool: TOOL,
    rules: input.rules,
    hosts: input.hosts.map(({ name }) => name),
    files: files.map(({ file }) => file),
    annotations,
    findings: findings
      .map((finding, index) => ({ finding, index, place: at(finding) }))
      .sort((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1] || a.index - b.index)
      .map(({ finding }) => finding),
    errors,
  };
}

/** 1 when a finding is an error, 3 when a file or host could not be read, else 0. */
export function lintExitCode({ findings, errors }: LintDocument): 0 | 1 | 3 {
  if (errors.length > 0) return 3;
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function lintPlace(
  file: string,
  document: TextDocument,
  place: AnnotationPlace,
  { hosts, rules }: LintInput,
): { readonly annotation: LintedAnnotation | null; readonly found: LintFinding[] } {
  const path = pathText(place.path);
  const line = document.lineOf(place.path);
  const where = { file, line, path };
  if (place.kind === 'unread') {
    const found = lintFinding('CKPT3017', where, `runsc does not read ${ANNOTATION} at ${path}`);
    return { annotation: null, found: [found] };
  }
  if (place.kind === 'misspelt') {
    const found = lintFinding('CKPT3018', where, `${JSON.stringify(place.key)} is not ${ANNOTATION}`, ANNOTATION);
    return { annotation: null, found: [found] };
  }
  if (typeof place.value !== 'string') {
    const text =
      Array.isArray(place.value) && place.value.every((name) => typeof name === 'string') ? place.value.join(',') : null;
    return { annotation: null, found: [lintFinding('CKPT3019', where, 'the value is no text', text)] };
  }
  const { features, findings } = lintValue(place.value, hosts, rules);
  const found = findings.map(({ code, message, suggestion }) => lintFinding(code, where, message, suggestion));
  if (!rules.readsAnnotation) found.push(lintFinding('CKPT3009', where, `${rules.release} ignores the annotation`));
  const arm64 = hosts.filter(({ arch }) => arch === 'arm64').map(({ name }) => name);
  if (arm64.length > 0)
    found.push(lintFinding('CKPT3010', where, `the sandbox does not boot on ${arm64.slice(0, 8).join(', ')}: arm64`));
  const corrected = features.length === 0 ? null : annotationValue(features);
  return { annotation: { ...where, corrected, features }, found };
}

function differing(configs: readonly LintedAnnotation[]): LintFinding[] {
  const [first, ...others] = configs;
  if (first === undefined) return [];
  const other = others.find(({ features }) => annotationValue(features) !== annotationValue(first.features));
  if (other === undefined) return [];
  return [lintFinding('CKPT3020', other, `the list differs from that of ${first.file}`)];
}

function lintFinding(
  code: LintCode,
  { file, line = null, path = null }: { readonly file: string; readonly line?: number | null; readonly path?: string | null },
  message: string,
  suggestion: string | null = null,
): LintFinding {
  const { severity, title } = LINTS[code];
  return { code, severity, title, file, line, path, message, suggestion };
}
