/** Scheduler constraints as YAML, with what they do not say as comments. */
import type { AffinityDocument, Gap } from '../fleet/affinity-document.ts';
import { IMPACT_WORDS } from './check-words.ts';
import { escapeText } from './escape.ts';
import { countOf } from './quantities.ts';
import { wrap } from './wrap.ts';
import { yamlLines } from './yaml-lines.ts';

const WIDTH = 100;

const LABELS = { nfd: 'Node Feature Discovery', gvisor: 'ckpt host labels', kubevirt: 'KubeVirt' } as const;

/** YAML that can be applied as it is; of an image that restores nowhere, comments only. */
export function renderAffinityText(document: AffinityDocument): string {
  const { manifest } = document;
  const comments = manifest === null ? nowhere(document) : explained(document);
  return [...comments.flatMap(comment), ...(manifest === null ? [] : yamlLines(manifest)), ''].join('\n');
}

/** One comment, with its continuation lines indented. */
function comment(text: string): string[] {
  const indent = /^ */.exec(text)?.[0] ?? '';
  return wrap(text.trimStart(), WIDTH - 2 - indent.length).map((line) => `# ${indent}${escapeText(line)}`);
}

function nowhere({ image, reasons }: AffinityDocument): string[] {
  return [
    `${escapeText(image.path)}: no host can restore this image, so there is nothing to ask of one:`,
    ...reasons.map(({ gate, code, message }) => `  ${gate} (${code}): ${escapeText(message)}`),
  ];
}

function explained(document: AffinityDocument): string[] {
  const { image, rules, labels, requires, constraints, gaps, notes, notCovered } = document;
  const features = requires?.features.length ?? 0;
  const parts = [
    `${features} CPU features`,
    ...(requires?.cacheLine == null ? [] : [`cache lines of ${requires.cacheLine} bytes`]),
    ...(requires === null || requires.states.length === 0 ? [] : [`the states ${requires.states.join(', ')}`]),
    ...(requires === null || requires.mxcsrBits.length === 0 ? [] : [`MXCSR bits ${requires.mxcsrBits.join(', ')}`]),
    ...(requires?.pageSize == null ? [] : [`pages of ${requires.pageSize} bytes`]),
  ];
  return [
    `What ${escapeText(image.path)} (${image.arch ?? 'unknown'}, ${escapeText(image.runscVersion ?? 'no version')}) asks of a CPU, by the rules of ${escapeText(rules.release)}:`,
    `  ${parts.join(', ')}`,
    `${countOf(constraints.length, 'condition')} on labels of ${LABELS[labels]}.`,
    ...gapComments(gaps),
    ...notes,
    ...(document.ruleLabel === null
      ? []
      : [`Nodes that meet them get the label ${document.ruleLabel}=true, for a nodeSelector.`]),
    ...versionComments(document),
    ...(notCovered.length === 0
      ? []
      : ['Not said by labels (ckpt check):', ...notCovered.map(({ gate, message }) => `  ${gate}: ${escapeText(message)}`)]),
  ];
}

function gapComments(gaps: readonly Gap[]): string[] {
  const open = gaps.filter(({ kind }) => kind !== 'runsc-version');
  if (open.length === 0) return ['Nodes that meet them have all of it.'];
  const features = open.filter(({ kind }) => kind === 'feature');
  const denied = features.filter((gap) => gap.denied);
  const asked = features.filter((gap) => gap.asked);
  const groups = Object.entries(IMPACT_WORDS).map(([impact, title]) => ({
    title,
    names: features.filter((gap) => !gap.denied && !gap.asked && gap.impact === impact).map(({ name }) => name),
  }));
  const unnamed = features.filter((gap) => gap.impact === null).map(({ name }) => name);
  return [
    `Nodes that meet them may still lack ${countOf(open.length, 'thing')} that a restore asks for:`,
    ...open.filter(({ kind }) => kind !== 'feature').map(({ kind, name, why }) => `  ${kind} ${name}: ${why}`),
    ...[...groups, { title: 'bits without a name', names: unnamed }]
      .filter(({ names }) => names.length > 0)
      .map(({ title, names }) => `  ${title}: ${names.join(' ')}`),
    ...(asked.length === 0
      ? []
      : [`  asked for with a label that does not prove it: ${asked.map(({ name }) => name).join(' ')}`]),
    ...(denied.length === 0
      ? []
      : [`  no label by default (--denied asks for them all the same): ${denied.map(({ name }) => name).join(' ')}`]),
  ];
}

function versionComments({ requires, constraints }: AffinityDocument): string[] {
  const version = requires?.runscVersion ?? null;
  if (version === null || constraints.some(({ for: meant }) => meant.some(({ kind }) => kind === 'runsc-version'))) return [];
  return [`The restoring runsc must be ${escapeText(version)}; nothing here asks for it.`];
}
