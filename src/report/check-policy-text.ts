/** What a policy makes of the answers, for people. */
import type { DocumentPolicy, JudgedFinding, PairPolicy } from '../restore/finding.ts';
import type { CheckDocument, CheckResult } from '../restore/result.ts';
import { firstOf } from './long-list.ts';
import { countOf } from './quantities.ts';
import { type Style, styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';
import { hanging } from './wrap.ts';

/** What the gate answers. */
export const POLICY_WORDS = {
  pass: 'passes',
  warn: 'passes with warnings',
  open: 'is undecided',
  fail: 'fails',
} as const satisfies Record<PairPolicy['outcome'], string>;

/** The part about the policy; every text of the document must be escaped already. Empty where there is none. */
export function policyLines({ policy, results }: CheckDocument, options: TextOptions, quiet: boolean): string[] {
  if (policy === undefined) return [];
  const style = styleFor(options);
  const from = policy.config === null ? '' : ` by ${policy.config}`;
  const head = `${style.strong('Policy')}  the gate ${paint(policy.outcome, style)(POLICY_WORDS[policy.outcome])}${from}${inAll(results)}`;
  if (quiet) return ['', head];
  return [
    '',
    head,
    ...pairs(results, options),
    ...waivers(policy, options),
    ...policy.notes.flatMap((note) => hanging('  * ', note, options.width)),
  ];
}

function paint(outcome: PairPolicy['outcome'], style: Style): (text: string) => string {
  return outcome === 'fail' ? style.bad : outcome === 'open' ? style.open : style.good;
}

/** `: 3 findings waived, 1 accepted`; what counts is told above. */
function inAll(results: readonly CheckResult[]): string {
  const findings = results.flatMap((result) => result.policy?.findings ?? []);
  const parts = [
    [findings.filter((finding) => finding.by === 'waiver' && finding.level === 'ignore').length, 'waived'],
    [findings.filter((finding) => finding.by === 'waiver' && finding.level === 'block').length, 'with an expired waiver'],
    [findings.filter((finding) => finding.by === 'baseline').length, 'accepted before'],
    [findings.filter((finding) => finding.by === 'rule' && finding.level === 'ignore').length, 'ignored by rules'],
    [findings.filter((finding) => finding.level === 'warn').length, 'to warn of'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, words]) => `${countOf(count, 'finding')} ${words}`);
  return told.length === 0 ? '' : `: ${told.join(', ')}`;
}

/** Pairs of which the policy says something else than their verdict, with what it rests on. */
function pairs(results: readonly CheckResult[], options: TextOptions): string[] {
  const told = results.filter(({ policy }) => policy?.findings.some(({ by }) => by !== 'outcome'));
  if (told.length === 0) return [];
  const { shown, more } = firstOf(told);
  const lines = shown.flatMap(({ image, host, policy }) => [
    ...(results.length === 1
      ? []
      : [`  ${image.path}  on  ${host.name}  ${policy === undefined ? '' : POLICY_WORDS[policy.outcome]}`]),
    ...because(policy?.findings ?? []).flatMap((line) => hanging(results.length === 1 ? '  ' : '    ', line, options.width)),
  ]);
  return [...lines, ...(more === null ? [] : [`  ${more}`])];
}

/** `erms, hle: waived (W-1); CKPT1801 blocks`. */
function because(findings: readonly JudgedFinding[]): string[] {
  const groups = new Map<string, Set<string>>();
  for (const finding of findings) {
    const said = judgement(finding);
    const names = groups.get(said) ?? new Set<string>();
    names.add(finding.feature ?? `${finding.gate} ${finding.code}`);
    groups.set(said, names);
  }
  return [...groups].map(([said, names]) => {
    const { shown, more } = firstOf([...names]);
    return `${[...shown, ...(more === null ? [] : [more])].join(', ')}: ${said}`;
  });
}

function judgement({ level, by, waiver }: JudgedFinding): string {
  if (waiver !== null) return waiver.expired ? `the waiver ${waiver.id} expired on ${waiver.expires}` : `waived (${waiver.id})`;
  if (by === 'baseline') return 'accepted before';
  const words = { block: 'blocks', open: 'undecided', warn: 'warned of', ignore: 'ignored' } as const;
  return by === 'rule' ? `${words[level]} by a rule` : words[level];
}

function waivers({ waivers: all }: DocumentPolicy, options: TextOptions): string[] {
  if (all.length === 0) return [];
  const rows = all.map(({ id, state, findings, expires, owner, reason }) => [
    id,
    state === 'active' ? countOf(findings, 'finding') : state,
    expires === null ? 'does not expire' : `until ${expires}`,
    [owner, reason].filter((text) => text !== null).join(': '),
  ]);
  return ['  Waivers', ...table(rows, { indent: 4, width: options.width })];
}
