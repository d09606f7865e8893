import { describe, expect, test } from 'vitest';
import { standingNote } from '../../../src/report/check-findings.ts';
import { type Annotation, annotationLines, MOST_ANNOTATIONS } from '../../../src/report/github.ts';
import { type CheckGithubOptions, checkGithub, checkOutputs } from '../../../src/report/github-check.ts';
import { verifyGithub, verifyOutputs } from '../../../src/report/github-verify.ts';
import { findingsOf } from '../../../src/restore/findings.ts';
import type { CheckDocument, CheckResult, Reason } from '../../../src/restore/result.ts';
import {
  blocked,
  document,
  expired,
  HOSTILE_NAMES,
  judged,
  MISSING,
  restorable,
  UNREAD_HOST,
  undecided,
  WAIVER,
  waived,
} from '../../support/check-documents.ts';
import { verifyDocument } from '../../support/verify-documents.ts';

interface Command {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly data: string;
}

/**
 * Reads lines as the runner does: `::name key=value,…::data` at the begin of a line, and `##[name …]data` anywhere in one.
 *
 * @see https://github.com/actions/runner, src/Runner.Common/ActionCommand.cs
 */
function commandsOf(output: string): Command[] {
  return output.split(/\r\n|\r|\n/).flatMap((line): Command[] => {
    const modern = /^::([^\s:]+)(?: (.*?))?::(.*)$/s.exec(line.trimStart());
    if (modern === null) {
      const old = /##\[([^\] ]*)[^\]]*\](.*)/.exec(line);
      return old === null ? [] : [{ name: `##[${old[1]}`, properties: {}, data: old[2] ?? '' }];
    }
    const pairs = (modern[2] ?? '').split(',').map((pair): [string, string] => {
      const at = pair.indexOf('=');
      const text = pair
        .slice(at + 1)
        .replaceAll('%3A', ':')
        .replaceAll('%2C', ',')
        .replaceAll('%25', '%');
      return [pair.slice(0, at), text];
    });
    const data = (modern[3] ?? '').replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
    return [{ name: modern[1] ?? '', properties: Object.fromEntries(pairs), data }];
  });
}

const of = (value: CheckDocument, onUnknown: CheckGithubOptions['onUnknown'] = 'fail') =>
  commandsOf(checkGithub(value, { findingsOf, onUnknown }));

describe('annotations of check', () => {
  test('are one for each image that does not restore, with hosts that share a reason together', () => {
    const all = of(document([blocked('img/a', 'x'), blocked('img/a', 'y'), restorable('img/b', 'x')]));
    expect(all).toEqual([
      {
        name: 'error',
        properties: { file: 'img/a', line: '1', title: 'img/a will not restore on 2 hosts' },
        data: 'on x, y:\n  cpu-features: the host lacks 2 features of the image: avx512f, ht [CKPT1601]',
      },
    ]);
  });

  test.each([
    ['fail', 'error'],
    ['warn', 'warning'],
    ['pass', 'notice'],
  ] as const)('of undecided pairs follow --on-unknown %s', (onUnknown, kind) => {
    expect(of(document([undecided('a', 'x')]), onUnknown).map(({ name }) => name)).toEqual([kind]);
  });

  test('are notices for what is waived, errors for what an expired waiver was for, and a warning that it has expired', () => {
    const policy = {
      config: 'ckpt.yaml',
      outcome: 'fail' as const,
      waivers: [{ ...WAIVER, state: 'expired' as const, findings: 1 }],
      notes: ['W-8 ends in 3 days'],
    };
    const all = of(document([waived(blocked('a', 'x')), expired(blocked('b', 'x'))], [], policy));
    expect(all.map(({ name, properties }) => [name, properties['title']])).toEqual([
      ['error', 'b will not restore on x'],
      ['warning', '1 waiver expired'],
      ['notice', 'a is accepted by the policy, though runsc may refuse it, on x'],
      ['notice', 'policy'],
    ]);
    expect(all[0]?.data).toContain('the waiver W-7 (sre, until 2027-03-01) has expired');
  });

  test('keep to the verdict where the policy takes it for graver or for less grave', () => {
    const graver = judged(undecided('a', 'x'), { level: 'block', by: 'rule' });
    const lessGrave = judged(blocked('b', 'x'), { level: 'open', by: 'rule' });
    const titles = (results: readonly CheckResult[]) => of(document(results)).map(({ properties }) => properties['title']);
    expect(titles([graver, lessGrave])).toEqual([
      'a is undecided, and blocked by the policy, on x',
      'b will not restore, and is undecided by the policy, on x',
    ]);
    expect(titles([graver, blocked('a', 'y')])).toEqual(['a will not restore or is undecided on 2 hosts']);
    expect([graver, lessGrave].map(standingNote)).toEqual([' (blocked by policy)', ' (undecided by policy)']);
  });

  test('stay below the limit of each kind, the images with most hosts first, and count the rest', () => {
    const images = Array.from({ length: 30 }, (_, index) => `image-${index}`);
    const results = [
      ...images.map((name) => blocked(name, 'x')),
      blocked('image-29', 'y'),
      ...images.map((name) => undecided(name, 'z')),
    ];
    const all = of(document(results), 'warn');
    expect(all.map(({ name }) => name)).toEqual([
      ...Array(MOST_ANNOTATIONS).fill('error'),
      ...Array(MOST_ANNOTATIONS).fill('warning'),
    ]);
    expect(all[0]?.properties['title']).toBe('image-29 will not restore on 2 hosts');
    expect(all[MOST_ANNOTATIONS - 1]?.properties['title']).toBe('ckpt: 21 more');
    expect(all[MOST_ANNOTATIONS - 1]?.data).toContain('image-28 will not restore on x');
  });

  test('show what a message of an image is made of, and let it begin no line of theirs', () => {
    const reason = {
      ...MISSING,
      code: 'CKPT1301',
      message: 'saved by x\n  pages: all is well',
      details: {},
    } as unknown as Reason;
    expect(of(document([blocked('a', 'x', reason, 'runsc-version')]))[0]?.data).toBe(
      'on x:\n  runsc-version: saved by x\\n  pages: all is well [CKPT1301]',
    );
  });

  test('hold no command that was not meant, whatever the names', () => {
    for (const name of HOSTILE_NAMES) {
      const error = { ...UNREAD_HOST, host: name, message: name };
      const all = of(document([blocked(name, name), undecided(name, name)], [error]), 'warn');
      expect(all.map((command) => command.name)).toEqual(['error', 'error', 'warning']);
      for (const { properties } of all)
        expect(Object.keys(properties)).toEqual('file' in properties ? ['file', 'line', 'title'] : ['title']);
    }
  });

  test('are cut where one is longer than GitHub shows', () => {
    const annotation: Annotation = { kind: 'error', file: null, title: 't', lines: Array(1000).fill('a line of text') };
    expect(annotationLines([annotation], 's').length).toBeLessThan(8000);
  });
});

describe('outputs of a step', () => {
  test('count the pairs, and name hosts and images of which all restore', () => {
    const outputs = Object.fromEntries(
      checkOutputs(document([blocked('a', 'x'), restorable('a', 'y'), restorable('b', 'x'), restorable('b', 'y')])),
    );
    expect(outputs).toEqual({
      verdict: 'blocked',
      policy: '',
      restorable: '3',
      blocked: '1',
      unknown: '0',
      errors: '0',
      'hosts-restorable': '["y"]',
      'images-restorable': '["b"]',
    });
  });

  test('have one line each, whatever the names', () => {
    for (const [, value] of checkOutputs(document(HOSTILE_NAMES.map((name) => restorable(name, name)))))
      expect(value).not.toMatch(/[\r\n]/);
  });
});

test('annotations of verify are one for each image that is not intact', () => {
  const all = commandsOf(verifyGithub(verifyDocument()));
  expect(all.map(({ name, properties }) => [name, properties['title']])).toEqual([
    ['error', 'b::x|y is damaged'],
    ['error', 'c<\\n::error:: cannot be read as an image'],
  ]);
  expect(Object.fromEntries(verifyOutputs(verifyDocument()))).toEqual({
    verdict: 'unreadable',
    intact: '1',
    damaged: '1',
    unreadable: '1',
  });
});
