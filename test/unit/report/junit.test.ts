import { describe, expect, test } from 'vitest';
import { checkJunit } from '../../../src/report/junit-check.ts';
import { verifyJunit } from '../../../src/report/junit-verify.ts';
import { findingsOf } from '../../../src/restore/findings.ts';
import type { CheckDocument } from '../../../src/restore/result.ts';
import type { OnUnknown } from '../../../src/restore/verdict.ts';
import {
  blocked,
  document,
  expired,
  HOSTILE_NAMES,
  judged,
  restorable,
  UNREAD_HOST,
  UNREAD_IMAGE,
  undecided,
  waived,
} from '../../support/check-documents.ts';
import { junitErrors } from '../../support/public-schemas.ts';
import { verifyDocument } from '../../support/verify-documents.ts';

/** The report, once it has been held to the schema. */
async function valid(pieces: Iterable<string>): Promise<string> {
  const xml = [...pieces].join('');
  expect(await junitErrors(xml)).toEqual([]);
  return xml;
}

const of = (value: CheckDocument, onUnknown: OnUnknown = 'fail') => valid(checkJunit(value, { findingsOf, onUnknown }));

describe('JUnit of check', () => {
  test('is a suite for each image and a test for each host', async () => {
    const xml = await of(document([blocked('a', 'x'), restorable('a', 'y'), restorable('b', 'x')]));
    expect(xml).toContain('<testsuite name="a" package="ckpt" id="0"');
    expect(xml).toContain('tests="2" failures="1" errors="0" time="0">');
    expect(xml).toContain('<testcase classname="b" name="x" time="0"/>');
    expect(xml).toContain(
      '<failure message="cpu-features: the host lacks 2 features of the image: avx512f, ht" type="cpu-features">',
    );
    expect(xml).toContain('* set this [CKPT2002]: dev.gvisor.internal.cpufeatures=pni,sse4_1');
  });

  test.each([
    [
      'fail',
      '<error message="undecided: cpu-features: it is not known whether the host has 1 feature of the image: fsrm" type="unknown">',
    ],
    ['warn', '<skipped message="undecided: '],
    ['pass', '<skipped message="undecided: '],
  ] as const)('never lets an undecided pair pass (%s)', async (onUnknown, expected) => {
    expect(await of(document([undecided('a', 'x')]), onUnknown)).toContain(expected);
  });

  test('skips what is waived and what is only a warning, and says why', async () => {
    const xml = await of(document([waived(blocked('a', 'x')), judged(blocked('b', 'x'), { level: 'warn', by: 'rule' })]));
    expect(xml).toContain('skipped="1"');
    expect(xml).toContain(
      '<skipped message="blocked, accepted by the policy (waived by W-7 (sre, until 2027-03-01): the fleet is being replaced)"/>',
    );
    expect(xml).toContain('<skipped message="blocked, a warning by the policy (a warning only by a rule of the policy)"/>');
  });

  test('fails what an expired waiver was for', async () => {
    const xml = await of(document([expired(blocked('a', 'x'))]));
    expect(xml).toContain('<failure');
    expect(xml).toContain('(the waiver W-7 (sre, until 2027-03-01) has expired: the fleet is being replaced)');
  });

  test('has what could not be read as errors: images in their suites, the others in one of their own', async () => {
    const xml = await of(document([restorable('a', 'x')], [UNREAD_IMAGE, UNREAD_HOST]));
    expect(xml).toContain(
      '<testcase classname="lost.state" name="readable" time="0">\n      <error message="statefile: expected an image',
    );
    expect(xml).toContain('<testsuite name="inputs"');
    expect(xml).toContain('<testcase classname="host" name="gone.txt" time="0">\n      <error');
  });

  test('is valid whatever the names', async () => {
    const results = HOSTILE_NAMES.flatMap((name) => [blocked(name, name), undecided(name, name), waived(blocked(name, name))]);
    const errors = HOSTILE_NAMES.map((name) => ({ ...UNREAD_HOST, host: name, message: name }));
    for (const onUnknown of ['fail', 'pass'] as const) {
      const xml = await of(document(results, errors), onUnknown);
      expect(xml).not.toMatch(/<script|<img/);
      expect(xml.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}|[\ufffe\uffff]/u);
    }
    expect(await of(document([]))).toBe('<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n</testsuites>\n');
  });
});

test('JUnit of verify has a test for each check', async () => {
  const xml = await valid(verifyJunit(verifyDocument()));
  expect(xml).toContain('<testcase classname="a" name="header" time="0"/>');
  expect(xml).toContain('<skipped message="no key was given"/>');
  expect(xml).toContain('<failure message="chunks: 12 places damaged" type="chunks">');
  expect(xml).toContain(
    '<testcase classname="c&lt;\\n::error::" name="readable" time="0">\n      <error message="found text" type="not-an-image">',
  );
});
