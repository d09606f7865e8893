/** The first lines about pairs: the verdict, and where runsc would stop. */
import type { CheckResult } from '../restore/result.ts';
import { paintVerdict, reservations, VERDICT_WORDS } from './check-words.ts';
import { styleFor, type TextOptions } from './style.ts';
import { wrap } from './wrap.ts';

/** Pairs whose explanation is the same but for the names; the first stands for all. */
export type PairGroup = readonly [CheckResult, ...CheckResult[]];

/** One line for each image, with the hosts behind it. */
export function verdictLines(group: PairGroup, options: TextOptions): string[] {
  const hosts = new Map<string, string[]>();
  for (const { image, host } of group) {
    const names = hosts.get(image.path);
    if (names === undefined) hosts.set(image.path, [host.name]);
    else names.push(host.name);
  }
  return [...hosts].flatMap(([path, names]) => verdictLine(group[0], path, names, options));
}

function verdictLine(result: CheckResult, path: string, hosts: readonly string[], options: TextOptions): string[] {
  const word = VERDICT_WORDS[result.verdict];
  const limits = result.verdict === 'restorable' ? reservations(result) : '';
  const rest = `${path}  on  ${hosts.join(', ')}${limits === '' ? '' : ` (${limits})`}`;
  const indent = ' '.repeat(word.length + 2);
  // One pair is one line, however long.
  const lines = hosts.length === 1 ? [rest] : wrap(rest, options.width - indent.length);
  const painted = paintVerdict(result.verdict, styleFor(options))(word);
  return lines.map((line, index) => `${index === 0 ? `${painted}  ` : indent}${line}`.trimEnd());
}

/** Where runsc would stop, and what it would print. */
export function failureLines(result: CheckResult, options: TextOptions): string[] {
  const filesOnly = result.image.kind === 'fscheckpoint';
  if (result.firstFailure === null)
    return filesOnly ? ['  by `runsc create -fs-restore-image-path`; `runsc restore` takes no filesystem checkpoint'] : [];
  const style = styleFor(options);
  const lines = [`  runsc ${filesOnly ? 'create' : 'restore'} would stop at the gate ${style.strong(result.firstFailure)}`];
  // One line, whatever its length: people search logs for it.
  if (result.runscError !== null) lines.push(`  and print: ${result.runscError}`);
  else lines.push('  what it would print is not known');
  return lines;
}
