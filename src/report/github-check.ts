/** The answer of `check` for a step on GitHub: annotations, and the outputs of the step. */
import type { CheckDocument } from '../restore/result.ts';
import type { OnUnknown } from '../restore/verdict.ts';
import { checkSummary, type FindingTables, findingText, type ShownPair, type Standing, shownPairs } from './check-findings.ts';
import { errorSubject } from './check-words.ts';
import { type Annotation, annotationLines, fileOf } from './github.ts';
import { countOf } from './quantities.ts';

export interface CheckGithubOptions extends Pick<FindingTables, 'findingsOf'> {
  readonly onUnknown: OnUnknown;
}

/** Hosts that one line of an annotation names. */
const MOST_HOSTS = 8;
/** Features or messages of one finding there. */
const MOST_NAMES = 12;

/** One annotation for each image and standing, the images with most hosts first. */
export function checkGithub(document: CheckDocument, options: CheckGithubOptions): string {
  const { word, counts } = checkSummary(document);
  const pairs = shownPairs(document, options.findingsOf);
  const annotations = [
    ...document.errors.map((error): Annotation => {
      const { kind, name } = errorSubject(error);
      return {
        kind: 'error',
        file: fileOf(name),
        title: `${kind} ${name} cannot be read`,
        lines: [`${error.message} [${error.code}]`],
      };
    }),
    ...(['fail', 'open', 'warn', 'accepted'] as const).flatMap((standing) => ofStanding(standing, pairs, options.onUnknown)),
    ...policyAnnotations(document),
  ];
  return annotationLines(annotations, `${word}  ${counts}`);
}

function ofStanding(standing: Exclude<Standing, 'pass'>, pairs: readonly ShownPair[], onUnknown: OnUnknown): Annotation[] {
  const images = new Map<string, ShownPair[]>();
  for (const pair of pairs) {
    if (pair.standing !== standing) continue;
    const own = images.get(pair.result.image.path) ?? [];
    own.push(pair);
    images.set(pair.result.image.path, own);
  }
  const worst = [...images].sort(([, a], [, b]) => b.length - a.length);
  return worst.map(([image, own]) => ({
    kind: kindOf(standing, onUnknown),
    file: fileOf(image),
    title: `${image} ${wordsOf(standing, own)} ${own.length === 1 ? `on ${own[0]?.result.host.name}` : `on ${countOf(own.length, 'host')}`}`,
    lines: explanations(own),
  }));
}

/** What runsc does is told as the verdict has it, also where the policy takes it for graver, or for less grave. */
function wordsOf(standing: Exclude<Standing, 'pass'>, pairs: readonly ShownPair[]): string {
  const blocked = pairs.filter(({ result }) => result.verdict === 'blocked').length;
  if (standing === 'warn') return 'has a warning';
  if (standing === 'accepted') return 'is accepted by the policy, though runsc may refuse it,';
  if (blocked === pairs.length)
    return standing === 'fail' ? 'will not restore' : 'will not restore, and is undecided by the policy,';
  if (blocked > 0) return 'will not restore or is undecided';
  return standing === 'open' ? 'may not restore: undecided' : 'is undecided, and blocked by the policy,';
}

function kindOf(standing: Exclude<Standing, 'pass'>, onUnknown: OnUnknown): Annotation['kind'] {
  if (standing === 'fail') return 'error';
  if (standing === 'open') return ({ fail: 'error', warn: 'warning', pass: 'notice' } as const)[onUnknown];
  return standing === 'warn' ? 'warning' : 'notice';
}

/** What is the case, each told once with the hosts for which it is. */
function explanations(pairs: readonly ShownPair[]): string[] {
  const told = new Map<string, { readonly lines: readonly string[]; readonly hosts: string[] }>();
  for (const { result, findings } of pairs) {
    const lines = findings.map((finding) => `  ${findingText(finding, MOST_NAMES)}`);
    const key = JSON.stringify(lines);
    const same = told.get(key) ?? { lines, hosts: [] };
    same.hosts.push(result.host.name);
    told.set(key, same);
  }
  return [...told.values()].flatMap(({ lines, hosts }) => [`on ${someHosts(hosts)}:`, ...lines]);
}

function someHosts(hosts: readonly string[]): string {
  const more = hosts.length - MOST_HOSTS;
  return more <= 0 ? hosts.join(', ') : `${hosts.slice(0, MOST_HOSTS).join(', ')} and ${more} more`;
}

function policyAnnotations({ policy }: CheckDocument): Annotation[] {
  if (policy === undefined) return [];
  const expired = policy.waivers.filter(({ state }) => state === 'expired');
  const title = `${countOf(expired.length, 'waiver')} expired`;
  const lines = expired.map(
    ({ id, owner, expires, reason }) =>
      `${id}${owner === null ? '' : ` (${owner})`}${expires === null ? '' : `, until ${expires}`}: ${reason}`,
  );
  return [
    ...(expired.length === 0 ? [] : [{ kind: 'warning', file: policy.config, title, lines } as const]),
    ...(policy.notes.length === 0
      ? []
      : [{ kind: 'notice', file: policy.config, title: 'policy', lines: policy.notes } as const]),
  ];
}

/** The outputs of a step, in this order; values have one line. */
export function checkOutputs(document: CheckDocument): readonly (readonly [name: string, value: string])[] {
  const { verdict, results, errors, policy } = document;
  const count = (wanted: string): string => String(results.filter((result) => result.verdict === wanted).length);
  return [
    ['verdict', verdict],
    ['policy', policy?.outcome ?? ''],
    ['restorable', count('restorable')],
    ['blocked', count('blocked')],
    ['unknown', count('unknown')],
    ['errors', String(errors.length)],
    ['hosts-restorable', JSON.stringify(whollyRestorable(results, ({ host }) => host.name))],
    ['images-restorable', JSON.stringify(whollyRestorable(results, ({ image }) => image.path))],
  ];
}

/** The names of which every pair restores. */
function whollyRestorable(
  results: CheckDocument['results'],
  nameOf: (result: CheckDocument['results'][number]) => string,
): string[] {
  const all = new Map<string, boolean>();
  for (const result of results) {
    const name = nameOf(result);
    all.set(name, (all.get(name) ?? true) && result.verdict === 'restorable');
  }
  return [...all].filter(([, restorable]) => restorable).map(([name]) => name);
}
