/** Labels of a host as a feature file of Node Feature Discovery. */
import type { LabelledHost } from '../host-labels.ts';
import { escapeText } from './escape.ts';
import { wrap } from './wrap.ts';

const WIDTH = 100;

/**
 * The file for `/etc/kubernetes/node-feature-discovery/features.d`: comments, then `name=value` lines.
 *
 * @see NFD source/local/local.go: parseFeatureFile
 */
export function renderHostLabelsText({ name, arch, evidence, unknown, undecided, labels }: LabelledHost): string {
  const comments = [
    `What runsc restore asks of a CPU, as ckpt host labels read it. Host: ${escapeText(name)}, ${arch}, evidence ${evidence}.`,
  ];
  if (unknown.length > 0) {
    comments.push(`Not decided by this description, and labelled unknown: ${unknown.join(' ')}`);
  }
  if (undecided.length > 0) comments.push(`Not decided, and without a label: ${undecided.join(' ')}`);
  // Two spaces: `# +` would be a directive, and the name of a host may begin with a plus.
  const lines = comments.flatMap((comment) => wrap(comment, WIDTH - 3)).map((line) => `#  ${line}\n`);
  return [...lines, ...Object.entries(labels).map(([label, value]) => `${label}=${value}\n`)].join('');
}
