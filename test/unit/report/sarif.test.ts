import { describe, expect, test } from 'vitest';
import { MOST_RESULTS, messageText, type SarifResult, sarifLog } from '../../../src/report/sarif.ts';
import { checkSarif } from '../../../src/report/sarif-check.ts';
import { artifactUri } from '../../../src/report/sarif-uri.ts';
import { verifySarif } from '../../../src/report/sarif-verify.ts';
import type { CheckDocument } from '../../../src/restore/result.ts';
import {
  blocked,
  document,
  expired,
  HOSTILE_NAMES,
  judged,
  restorable,
  TABLES,
  UNREAD_HOST,
  UNREAD_IMAGE,
  undecided,
  WAIVER,
  waived,
} from '../../support/check-documents.ts';
import { schemaErrors } from '../../support/public-schemas.ts';
import { verifyDocument } from '../../support/verify-documents.ts';

interface Log {
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string; readonly helpUri?: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly kind: string;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly locations: readonly {
          readonly physicalLocation: { readonly artifactLocation: { readonly uri: string; readonly index: number } };
        }[];
        readonly partialFingerprints: { readonly primaryLocationLineHash: string };
        readonly suppressions?: readonly { readonly status: string; readonly justification: string }[];
        readonly baselineState?: string;
        readonly properties: Readonly<Record<string, unknown>>;
      }[];
      readonly artifacts: readonly { readonly location: { readonly uri: string } }[];
      readonly invocations: readonly [
        {
          readonly executionSuccessful: boolean;
          readonly exitCode: number;
          readonly toolExecutionNotifications: readonly { readonly level: string; readonly message: { readonly text: string } }[];
        },
      ];
    },
  ];
}

/** The only run of a log, once the log has been held to the schema. */
function run(log: object): Log['runs'][0] {
  expect(schemaErrors('sarif-2.1.0', log)).toEqual([]);
  return (log as Log).runs[0];
}

const of = (value: CheckDocument, docsUrl: string | null = null) => run(checkSarif(value, { ...TABLES, exitCode: 1, docsUrl }));

describe('SARIF of check', () => {
  test('has a result for each image, host and reason, and none for pairs that restore', () => {
    const { results, tool } = of(document([blocked('a', 'x'), restorable('a', 'y'), undecided('b', 'x')]));
    expect(results.map(({ ruleId, kind, level }) => [ruleId, kind, level])).toEqual([
      ['CKPT1601', 'fail', 'error'],
      ['CKPT1602', 'open', 'none'],
    ]);
    expect(results[0]?.properties['features']).toEqual(['avx512f', 'ht']);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
  });

  test('names the pages of its rules where it is known where they lie', () => {
    const [rule] = of(document([blocked('a', 'x')]), 'https://example.org/docs/').tool.driver.rules;
    expect(rule?.helpUri).toBe('https://example.org/docs/reasons/CKPT1601.md');
    expect(of(document([blocked('a', 'x')])).tool.driver.rules[0]).not.toHaveProperty('helpUri');
  });

  test('suppresses what is waived, and says of an expired waiver that it does not count', () => {
    const { results } = of(document([waived(blocked('a', 'x')), expired(blocked('b', 'x'))]));
    expect(results.map(({ level, suppressions }) => [level, suppressions?.[0]?.status])).toEqual([
      ['note', 'accepted'],
      ['error', 'rejected'],
    ]);
    expect(results[0]?.suppressions?.[0]?.justification).toBe(`waived by W-7 (sre, until 2027-03-01): ${WAIVER.reason}`);
    expect(results[1]?.message.text).toContain('the waiver W-7 (sre, until 2027-03-01) has expired');
  });

  test('follows the rules of a policy', () => {
    const policy = (level: 'block' | 'open' | 'warn' | 'ignore') => judged(undecided('a', level), { level, by: 'rule' });
    const { results } = of(document([policy('block'), policy('open'), policy('warn'), policy('ignore')]));
    expect(results.map(({ kind, level, suppressions }) => [kind, level, suppressions?.length ?? 0])).toEqual([
      ['fail', 'error', 0],
      ['open', 'none', 0],
      ['open', 'none', 0],
      ['open', 'none', 1],
    ]);
  });

  test('says what is new where there is a file of accepted findings, of all results or of none', () => {
    const known = judged(blocked('a', 'x'), { level: 'ignore', by: 'baseline' });
    expect(of(document([known, blocked('b', 'x')])).results.map(({ baselineState }) => baselineState)).toEqual([
      'unchanged',
      'new',
    ]);
    expect(of(document([blocked('b', 'x')])).results[0]).not.toHaveProperty('baselineState');
  });

  test('tells what could not be read, and expired waivers, as notifications', () => {
    const waivers = [{ ...WAIVER, state: 'expired' as const, findings: 2 }];
    const policy = { config: 'ckpt.yaml', outcome: 'fail' as const, waivers, notes: ['a rule matched nothing'] };
    const { invocations, artifacts } = of(document([blocked('a', 'x')], [UNREAD_HOST, UNREAD_IMAGE], policy));
    expect(invocations[0].executionSuccessful).toBe(false);
    expect(invocations[0].toolExecutionNotifications.map(({ level }) => level)).toEqual(['error', 'error', 'warning', 'note']);
    expect(artifacts.map(({ location }) => location.uri)).toEqual(['a', 'lost.state']);
  });

  test('has fingerprints that do not follow the words or the order, and differ from pair to pair', () => {
    const prints = (value: CheckDocument) =>
      of(value).results.map(({ partialFingerprints }) => partialFingerprints.primaryLocationLineHash);
    const [a, b] = prints(document([blocked('a', 'x'), blocked('a', 'y')]));
    expect(a).toMatch(/^[0-9a-f]{16}:1$/);
    expect(prints(document([waived(blocked('a', 'y')), restorable('b', 'x'), blocked('a', 'x')]))).toEqual([b, a]);
    expect(prints(document([blocked('a', 'x'), blocked('a', 'x')]))).toEqual([a, a?.replace(/1$/, '2')]);
  });

  test('is valid whatever the names, and finds every file again', () => {
    const log = of(document(HOSTILE_NAMES.map((name, index) => blocked(name, HOSTILE_NAMES.at(-1 - index) ?? ''))));
    expect(log.results).toHaveLength(HOSTILE_NAMES.length);
    for (const { locations, message } of log.results) {
      const { uri, index } = locations[0]?.physicalLocation.artifactLocation ?? { uri: '', index: -1 };
      expect(log.artifacts[index]?.location.uri).toBe(uri);
      expect(uri).toMatch(/^[A-Za-z0-9\-._~:/?#@!$&'()*+,;=%]+$/);
      expect(uri).not.toContain('secret');
      expect(message.text).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}/u);
    }
  });

  test('keeps the gravest of too many results, and says how many are left out', () => {
    const result = (index: number): SarifResult => ({
      ruleId: 'R',
      level: index === MOST_RESULTS + 1 ? 'error' : 'note',
      message: `${index}`,
      artifact: 'a',
      logical: null,
      identity: [`${index}`],
      suppressions: [],
      properties: {},
    });
    const log = sarifLog({
      tool: { name: 'ckpt', version: '0.1.0' },
      exitCode: 1,
      successful: true,
      rules: [{ id: 'R', title: 'A rule', meaning: 'm', help: 'h', page: null, tags: [] }],
      results: Array.from({ length: MOST_RESULTS + 2 }, (_, index) => result(index)),
      notifications: [],
      artifacts: ['a'],
      properties: {},
    }) as Log;
    const [{ results, invocations }] = log.runs;
    expect(results).toHaveLength(MOST_RESULTS);
    expect(results.at(-1)?.level).toBe('error');
    expect(invocations[0].toolExecutionNotifications[0]?.message.text).toMatch(/^2 results are left out/);
  });
});

describe('the parts of SARIF', () => {
  test.each([
    ['a/b.state', 'a/b.state'],
    ['./a b#c?d%e', 'a%20b%23c%3Fd%25e'],
    ['c:d/e', 'c%3Ad/e'],
    ['../x', '../x'],
    ['/var/ä', 'file:///var/%C3%A4'],
    ['//host/share', 'file:///host/share'],
    ['-', 'stdin'],
    ['https://u:p@h.example/a b?t=…', 'https://h.example/a%20b?t=%E2%80%A6'],
    ['\ud800', '%EF%BF%BD'],
  ])('the file %j is %s', (path, uri) => {
    expect(artifactUri(path)).toBe(uri);
  });

  test('messages hold no links and no placeholders', () => {
    expect(messageText('[a](http://x) {0} \\](y)')).toBe('\\[a\\] (http://x) {{0}} \\\\] (y)');
  });
});

describe('SARIF of verify', () => {
  test('has a result for each image and check that found damage', () => {
    const { results, invocations } = run(
      verifySarif(verifyDocument(), { tool: { name: 'ckpt', version: '0.1.0' }, exitCode: 3, docsUrl: null }),
    );
    expect(results.map(({ ruleId, message }) => [ruleId, message.text])).toEqual([
      ['verify-chunks', 'b::x|y: chunks: 12 places damaged; checkpoint.img, byte 10: bad \\[0\\] \\[wrong-key\\]; … and 11 more'],
    ]);
    expect(invocations[0].toolExecutionNotifications).toHaveLength(1);
  });
});
