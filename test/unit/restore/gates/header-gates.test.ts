import { describe, expect, it } from 'vitest';
import type { Gate } from '../../../../src/restore/gate.ts';
import { containerCount } from '../../../../src/restore/gates/container-count.ts';
import { containerSpecs } from '../../../../src/restore/gates/container-specs.ts';
import { runscVersion } from '../../../../src/restore/gates/runsc-version.ts';
import type { ImageFacts } from '../../../../src/restore/image-facts.ts';
import { host, image } from '../examples.ts';
import { anonymousRules, boundary, rulesAt } from '../rules-at.ts';

function answerOf(gate: Gate, more: Partial<ImageFacts>, rules = rulesAt('release-20260817.0')) {
  const result = gate.check(image(more), host(), rules);
  return { outcome: result?.outcome, codes: result?.reasons.map((r) => `${r.code}@${r.order}`), error: result?.failure?.error };
}

const PASS = { outcome: 'pass', codes: [], error: undefined };
const NOT_APPLICABLE = { outcome: 'not-applicable', codes: [], error: undefined };

const withMetadata = (key: string, value: string | null): Partial<ImageFacts> => {
  const metadata = new Map(image().metadata);
  if (value === null) metadata.delete(key);
  else metadata.set(key, value);
  return { metadata };
};

describe('gate container-count', () => {
  const answer = (value: string | null, version: string) =>
    answerOf(containerCount, withMetadata('container_count', value), rulesAt(version));

  it('does not exist before 2024-04-29, allows a missing count until 2025-09-30, then demands it', () => {
    expect(answer('0', boundary('container-count-checked').before)).toEqual(NOT_APPLICABLE);
    expect(answer(null, boundary('container-count-checked').from)).toEqual(PASS);
    expect(answer(null, boundary('container-count-required').before)).toEqual(PASS);
    const error = 'container count not present in state file';
    expect(answer(null, boundary('container-count-required').from)).toEqual({ outcome: 'fail', codes: ['CKPT1101@14'], error });
  });

  it.each([
    ['1', null, null],
    ['+2', null, null],
    ['007', null, null],
    ['0', 'CKPT1103@15', 'invalid container count value: 0'],
    ['-3', 'CKPT1103@15', 'invalid container count value: -3'],
    ['two', 'CKPT1102@15', 'invalid container count: strconv.Atoi: parsing "two": invalid syntax'],
    ['', 'CKPT1102@15', 'invalid container count: strconv.Atoi: parsing "": invalid syntax'],
    [' 1', 'CKPT1102@15', 'invalid container count: strconv.Atoi: parsing " 1": invalid syntax'],
    ['a"b', 'CKPT1102@15', 'invalid container count: strconv.Atoi: parsing "a\\"b": invalid syntax'],
    ['\u0001', 'CKPT1102@15', null],
    [
      '9223372036854775808',
      'CKPT1102@15',
      'invalid container count: strconv.Atoi: parsing "9223372036854775808": value out of range',
    ],
  ])('reads %j as Go does', (value, code, error) => {
    const expected = code === null ? PASS : { outcome: 'fail', codes: [code], error };
    expect(answer(value, 'release-20260817.0')).toEqual(expected);
  });
});

describe('gate container-specs', () => {
  const none: Partial<ImageFacts> = { ...withMetadata('container_specs', null), containerSpecsFrom: null };
  const inKernel: Partial<ImageFacts> = { ...none, containerSpecsFrom: 'kernel' };

  it('does not exist before 2024-09-11', () => {
    expect(answerOf(containerSpecs, none, rulesAt(boundary('specs-in-kernel').before))).toEqual(NOT_APPLICABLE);
  });

  it('looks into the kernel graph from 2024-09-11 to 2025-04-02', () => {
    for (const version of [boundary('specs-in-kernel').from, boundary('specs-in-header').before]) {
      expect(answerOf(containerSpecs, inKernel, rulesAt(version))).toEqual(PASS);
      expect(answerOf(containerSpecs, none, rulesAt(version))).toEqual({ outcome: 'fail', codes: ['CKPT1201@16'], error: null });
      expect(containerSpecs.check(image(none), host(), rulesAt(version))?.failure?.position).toBeGreaterThan(39);
    }
  });

  it('looks into the header since 2025-04-02, with the spelling of the time', () => {
    const fails = (error: string) => ({ outcome: 'fail', codes: ['CKPT1201@16'], error });
    const misspelled = 'container specs not found in metdata during restore';
    expect(answerOf(containerSpecs, inKernel, rulesAt(boundary('specs-in-header').from))).toEqual(fails(misspelled));
    expect(answerOf(containerSpecs, none, rulesAt(boundary('specs-text-fixed').before))).toEqual(fails(misspelled));
    expect(answerOf(containerSpecs, none, rulesAt(boundary('specs-text-fixed').from))).toEqual(
      fails('container specs not found in metadata during restore'),
    );
    expect(answerOf(containerSpecs, {})).toEqual(PASS);
  });

  it.each(['{', '[]', '"x"', '{"c":[]}', '{"c":1}', ''])('refuses %j', (text) => {
    expect(answerOf(containerSpecs, withMetadata('container_specs', text))).toEqual({
      outcome: 'fail',
      codes: ['CKPT1202@16'],
      error: null,
    });
  });

  it.each(['{}', 'null', '{"c":null}'])('accepts %s, as Go does', (text) => {
    expect(answerOf(containerSpecs, withMetadata('container_specs', text))).toEqual(PASS);
  });
});

describe('gate runsc-version', () => {
  const saved = (value: string | null, from: 'header' | 'kernel' = 'header'): Partial<ImageFacts> => ({
    runscVersion: value === null ? null : { value, from },
  });
  const answer = (more: Partial<ImageFacts>, version: string) => answerOf(runscVersion, more, rulesAt(version));
  const differs = (checkpoint: string, current: string) => ({
    outcome: 'fail',
    codes: ['CKPT1301@17'],
    error: `runsc version does not match across checkpoint restore, checkpoint: ${checkpoint} current: ${current}`,
  });

  it('is not checked without the version of the restoring runsc', () => {
    for (const version of ['release-20260817.0', '20230101']) {
      expect(answerOf(runscVersion, {}, anonymousRules(version))).toEqual({
        outcome: 'not-checked',
        codes: ['CKPT1303@17'],
        error: undefined,
      });
    }
  });

  it('compares strings', () => {
    expect(answer(saved('release-20260817.0'), 'release-20260817.0')).toEqual(PASS);
    expect(answer(saved('release-20260817.0'), 'runsc version release-20260817.0')).toEqual(PASS);
    expect(answer(saved('release-20260815.0'), 'release-20260817.0')).toEqual(
      differs('release-20260815.0', 'release-20260817.0'),
    );
    expect(answer(saved('release-20260817.0'), 'release-20260817.0-5-gabc')).toEqual(
      differs('release-20260817.0', 'release-20260817.0-5-gabc'),
    );
    expect(answer(saved('release-20250415.0'), '0.0~20250415.0')).toEqual(differs('release-20250415.0', '0.0~20250415.0'));
  });

  it('compares a bare date with the name and with the date of the code', () => {
    expect(answer(saved('release-20260817.0'), '20260817')).toEqual(PASS);
    expect(answer(saved('release-20260817.0'), '2026-08-17')).toEqual(PASS);
    expect(answer(saved('release-20260817.0'), '20260814')).toEqual(PASS);
    expect(answer(saved('release-20251015.0'), '20260817')).toEqual(differs('release-20251015.0', 'release-20260817.0'));
  });

  it('does not trust strings that name no release', () => {
    const unstamped = { outcome: 'unknown', codes: ['CKPT1305@17'], error: undefined };
    expect(answerOf(runscVersion, saved('VERSION_MISSING'), { ...rulesAt('20260817'), restoring: 'VERSION_MISSING' })).toEqual(
      unstamped,
    );
    expect(answer(saved('VERSION_MISSING'), '20260817')).toEqual(unstamped);
    expect(answer(saved('VERSION_MISSING'), 'release-20260817.0')).toEqual(differs('VERSION_MISSING', 'release-20260817.0'));
  });

  it('takes a missing version in the header for the empty string', () => {
    const missing = {
      outcome: 'fail',
      codes: ['CKPT1302@17'],
      error: 'runsc version does not match across checkpoint restore, checkpoint:  current: release-20260817.0',
    };
    expect(answer(saved(null), '20260817')).toEqual(missing);
    expect(answer(saved('release-20260817.0', 'kernel'), '20260817')).toEqual(missing);
  });

  it('looks into the kernel graph from 2024-10-28 to 2025-03-12', () => {
    for (const version of [boundary('version-in-kernel').from, boundary('version-in-header').before]) {
      expect(answer(saved(`release-${version}.0`, 'kernel'), version)).toEqual(PASS);
      expect(answer(saved(`release-${version}.0`, 'header'), version)).toEqual({
        outcome: 'fail',
        codes: ['CKPT1302@17'],
        error: null,
      });
      const late = runscVersion.check(image(saved('release-20241015.0', 'kernel')), host(), rulesAt(version));
      expect(late?.failure?.position).toBeGreaterThan(39);
    }
    const { from } = boundary('version-in-header');
    expect(answer(saved(`release-${from}.0`, 'header'), from)).toEqual(PASS);
    expect(runscVersion.check(image(saved('release-20241015.0')), host(), rulesAt(from))?.failure?.position).toBe(17);
  });

  it('does not apply before there was a comparison, but for the same version or the same types', () => {
    const { before } = boundary('version-in-kernel');
    const open = { outcome: 'not-applicable', codes: ['CKPT1304@17'], error: undefined };
    const types = { first: 'release-20221219.0', last: 'release-20230118.0', exact: true };
    expect(answer({ ...saved(null), typesRelease: types }, 'release-20221219.0')).toEqual(PASS);
    expect(answer({ ...saved(null), typesRelease: types }, '0.0~20221219.0')).toEqual(PASS);
    expect(answer({ ...saved(null), typesRelease: types }, 'release-20240401.0')).toEqual(open);
    expect(
      answer({ ...saved(null), typesRelease: { first: types.first, last: types.first, exact: true } }, 'release-20240401.0'),
    ).toEqual(open);
    expect(answer({ ...saved(null), typesRelease: null }, before)).toEqual(open);
    expect(answer(saved('release-20240401.0'), 'release-20240401.0')).toEqual(PASS);
    expect(answer(saved('release-20240401.0'), '20240401')).toEqual(PASS);
    expect(answer(saved('release-20260817.0'), '20240401')).toEqual(open);
  });
});
