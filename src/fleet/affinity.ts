/** From what an image requires to a document with constraints. */
import { featureNamed } from '../cpu/feature-names.ts';
import { componentNames } from '../cpu/xsave.ts';
import type { CheckResult } from '../restore/result.ts';
import { TOOL } from '../tool.ts';
import {
  AFFINITY_SCHEMA,
  type AffinityDocument,
  type AffinityForm,
  type Constraint,
  type Gap,
  type LabelVocabulary,
  type RequiredCpu,
} from './affinity-document.ts';
import { FORMS_OF_NFD, manifestOf, ruleLabel } from './affinity-manifest.ts';
import { NOTES, type NoteCode, type NumberedRequirement, type WordsOptions, wordsFor } from './affinity-words.ts';
import type { CpuRequirements } from './cpu-requirements.ts';

/** What the caller chose. */
export interface AffinityChoices {
  readonly labels: LabelVocabulary;
  readonly form: AffinityForm;
  /** Ask for labels that NFD's default configuration does not make. */
  readonly denied: boolean;
  /** Ask for the version of runsc, too (labels of gVisor only). */
  readonly requireVersion: boolean;
  /** The name in objects; see {@link nameOfImage}. */
  readonly name: string;
}

/** @param result the answer for a host that has everything; @param needs null when the image could not be read that far */
export function affinityDocument(result: CheckResult, needs: CpuRequirements | null, choices: AffinityChoices): AffinityDocument {
  const { labels, form, name } = choices;
  const failing = result.gates.filter(({ outcome }) => outcome === 'fail');
  const nowhere = failing.length > 0 || needs === null;
  const asked = needs === null ? NOTHING_ASKED : constraintsFor(needs, choices);
  return {
    schema: AFFINITY_SCHEMA,
    tool: TOOL,
    image: result.image,
    rules: result.rules,
    labels,
    form,
    name,
    ruleLabel: form === 'node-feature-rule' ? ruleLabel(name) : null,
    verdict: nowhere ? 'nowhere' : 'depends',
    reasons: failing.flatMap(({ id, reasons }) => reasons.map(({ code, message }) => ({ gate: id, code, message }))),
    requires: needs === null ? null : requiredCpu(needs),
    constraints: asked.constraints,
    gaps: asked.gaps,
    notes: asked.notes.map((code) => NOTES[code]),
    notCovered: result.gates
      .filter(({ id, outcome }) => (outcome === 'unknown' || outcome === 'not-checked') && id !== 'runsc-version')
      .map(({ id, outcome, reasons }) => ({ gate: id, outcome, message: reasons.map(({ message }) => message).join('; ') })),
    manifest: nowhere ? null : manifestOf({ form, labels, constraints: asked.constraints, name }),
  };
}

interface Asked {
  readonly constraints: readonly Constraint[];
  readonly gaps: readonly Gap[];
  readonly notes: readonly NoteCode[];
}

const NOTHING_ASKED: Asked = { constraints: [], gaps: [], notes: [] };
/** No CPU with AVX has cache lines of another length. */
const LINE_WITH_AVX = '64';

function constraintsFor(needs: CpuRequirements, { labels, form, denied, requireVersion }: AffinityChoices): Asked {
  const options: WordsOptions = {
    labels,
    arch: needs.arch,
    denied,
    rawFlags: labels === 'nfd' && FORMS_OF_NFD.has(form),
    features: new Set(needs.features),
  };
  const byKey = new Map<string, Constraint>();
  const gaps: Gap[] = [];
  const notes = new Set<NoteCode>(labels === 'nfd' ? ['nfd-version'] : labels === 'gvisor' ? ['gvisor-labels'] : []);
  for (const { number, ...requirement } of requirementsOf(needs)) {
    if (requirement.kind === 'runsc-version' && labels === 'gvisor' && !requireVersion) {
      gaps.push({ ...requirement, label: null, asked: false, denied: false, why: VERSION_NOT_ASKED });
      continue;
    }
    const words = wordsFor({ ...requirement, number }, options);
    for (const constraint of words.constraints) {
      const known = byKey.get(constraint.key);
      byKey.set(constraint.key, { ...constraint, for: [...(known?.for ?? []), requirement] });
    }
    for (const note of words.notes) notes.add(note);
    if (words.gap !== null) gaps.push({ ...requirement, ...words.gap, asked: words.constraints.length > 0 });
  }
  const constraints = [...byKey.values()];
  const hasAvx = constraints.some(({ for: meant }) => meant.some(({ kind, name }) => kind === 'feature' && name === 'avx'));
  return {
    constraints,
    gaps: gaps.filter(({ kind, name }) => !(hasAvx && kind === 'cache-line' && name === LINE_WITH_AVX)),
    notes: (Object.keys(NOTES) as NoteCode[]).filter((code) => notes.has(code)),
  };
}

const VERSION_NOT_ASKED = 'asked for with --require-version: then nodes without a label for it are left out';

/** Everything that is required, in the order of documents. */
function requirementsOf(needs: CpuRequirements): NumberedRequirement[] {
  const plain = (kind: NumberedRequirement['kind'], name: string | null, number = 0): NumberedRequirement[] =>
    name === null ? [] : [{ kind, name, impact: null, number }];
  const { arch, cacheLine, pageSize, useXsave } = needs;
  return [
    ...plain('arch', arch),
    ...plain('runsc-version', needs.runscVersion),
    ...plain('page-size', pageSize === null ? null : String(pageSize)),
    ...plain('cache-line', cacheLine === null ? null : String(cacheLine)),
    ...plain('use-xsave', useXsave ? 'xsave' : null),
    ...needs.states.flatMap((bit) => plain('state', componentNames(1n << BigInt(bit)).join(), bit)),
    ...needs.mxcsrBits.flatMap((bit) => plain('mxcsr', String(bit), bit)),
    ...[...needs.features, ...needs.unnamed].map((name) => ({
      kind: 'feature' as const,
      name,
      impact: featureNamed(arch, name)?.impact ?? null,
      number: 0,
    })),
  ];
}

function requiredCpu({ arch, features, unnamed, states, ...rest }: CpuRequirements): RequiredCpu {
  const { cacheLine, useXsave, mxcsrBits, pageSize, runscVersion } = rest;
  return {
    arch,
    features: [...features, ...unnamed].map((name) => ({ name, impact: featureNamed(arch, name)?.impact ?? null })),
    cacheLine,
    useXsave,
    states: states.flatMap((bit) => componentNames(1n << BigInt(bit))),
    mxcsrBits,
    pageSize,
    runscVersion,
  };
}

const LONGEST_NAME = 40;
/** Names that say nothing of an image. */
const PLAIN_NAMES: ReadonlySet<string> = new Set(['image', 'checkpoint', '']);

/** A name for objects out of the path of an image: the last part that says something, as a DNS label of up to 40 characters. */
export function nameOfImage(path: string): string {
  const parts = path.split(/[/\\]/).map((part) => dnsLabel(part.replace(/[.](?:img|state|tar|tgz|gz|zst)\b/gi, '')));
  return parts.reverse().find((part) => !PLAIN_NAMES.has(part)) ?? 'image';
}

function dnsLabel(text: string): string {
  const plain = text
    .slice(0, 4096)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
  return plain.slice(0, LONGEST_NAME).replaceAll(/^-+|-+$/g, '');
}
