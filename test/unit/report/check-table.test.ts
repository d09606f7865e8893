import { describe, expect, test } from 'vitest';
import { renderCheckTable } from '../../../src/report/check-table.ts';
import { shortNames } from '../../../src/report/short-names.ts';
import { renderVerifyTable } from '../../../src/report/verify-table.ts';
import {
  blocked,
  document,
  HOSTILE_NAMES,
  restorable,
  UNREAD_HOST,
  undecided,
  WAIVER,
  waived,
} from '../../support/check-documents.ts';
import { verifyDocument } from '../../support/verify-documents.ts';

const PLAIN = { color: false, width: 80 };

describe('check as a table', () => {
  test('has a row for each image and a column for each host', () => {
    const results = [blocked('d/a', 'x'), restorable('d/a', 'y'), undecided('d/b', 'x'), waived(blocked('d/b', 'y'))];
    expect(renderCheckTable(document(results), PLAIN)).toBe(
      [
        'BLOCKED  4 pairs: 2 blocked, 1 undecided, 1 restorable; 1 accepted by the policy',
        'images d/*',
        '',
        'image \\ host  x                     y',
        'a             BLOCKED cpu-features  RESTORABLE',
        'b             UNKNOWN cpu-features  BLOCKED cpu-features (waived)',
        '',
      ].join('\n'),
    );
  });

  test.each([1, 3, 20, 25])('fits 80 columns with 20 hosts and %d images', (count) => {
    const hosts = Array.from({ length: 20 }, (_, index) => `hosts/node-${index}/cpuid.txt`);
    const images = Array.from({ length: count }, (_, index) => `images/20260817/shell-${index}/image`);
    const results = images.flatMap((image) => hosts.map((host, index) => (index % 3 === 0 ? blocked : restorable)(image, host)));
    const lines = renderCheckTable(document(results), PLAIN).split('\n');
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    const cells = lines.join('\n').match(/RESTORABLE|BLOCKED cpu-features/g);
    expect(cells).toHaveLength(20 * count);
  });

  test('keeps names that were given twice apart', () => {
    const text = renderCheckTable(document([blocked('a', 'x'), restorable('a', 'x')]), PLAIN);
    expect(text).toContain('BLOCKED cpu-features');
    expect(text.match(/RESTORABLE/g)).toHaveLength(1);
  });

  test('colours verdicts as the text does, and nothing else differs', () => {
    const value = document([blocked('a', 'x'), restorable('a', 'y'), undecided('b', 'x'), restorable('b', 'y')]);
    const painted = renderCheckTable(value, { ...PLAIN, color: true });
    expect(painted).toContain('\x1b[1;31mBLOCKED cpu-features\x1b[0m');
    expect(painted).toContain('\x1b[32mRESTORABLE\x1b[0m');
    expect(painted).toContain('\x1b[33mUNKNOWN cpu-features\x1b[0m');
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
    expect(painted.replace(escapes, '')).toBe(renderCheckTable(value, PLAIN));
  });

  test('tells waivers and what could not be read', () => {
    const waivers = [{ ...WAIVER, state: 'expired' as const, findings: 2 }];
    const text = renderCheckTable(
      document([], [UNREAD_HOST], { config: null, outcome: 'open', waivers, notes: ['a note'] }),
      PLAIN,
    );
    expect(text).toMatch(/Waivers\n {2}W-7 {2}expired {2}2 {2}the fleet is being replaced, sre, until 2027-03-01\n/);
    expect(text).toContain('Policy\n  *  a note\n');
    expect(text).toContain('Not readable\n  host  gone.txt: file: expected a file, found none (gone.txt) [not-found]\n');
  });

  test('is safe on a terminal whatever the names', () => {
    const text = renderCheckTable(document(HOSTILE_NAMES.map((name) => blocked(name, name))), PLAIN);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}/u);
  });
});

describe('names without what they share', () => {
  test.each([
    [['hosts/rome/cpuid.txt', 'hosts/milan/cpuid.txt'], ['rome', 'milan'], 'hosts/*/cpuid.txt'],
    [['a/b', 'a/c'], ['b', 'c'], 'a/*'],
    [['a/x', 'b/x'], ['a', 'b'], '*/x'],
    [['a', 'b'], ['a', 'b'], null],
    [['a/b', 'a/b'], ['a/b', 'a/b'], null],
    [['a/b/', 'a/'], ['a/b/', 'a/'], null],
    [['/x', '/y/x'], ['x', 'y/x'], '/*'],
  ])('%j', (names, short, pattern) => {
    expect(shortNames(names)).toEqual({ names: short, pattern });
  });
});

test('verify as a table has a line for each image', () => {
  expect(renderVerifyTable(verifyDocument(), PLAIN).split('\n')).toEqual(
    [
      '3 images: 1 unreadable, 1 damaged, 1 intact',
      '',
      'INTACT      a                not checked: header HMAC',
      'DAMAGED     b::x|y           chunks',
      'UNREADABLE  c<\\n::error::  found text',
      '',
    ].map((line) => expect.stringMatching(new RegExp(`^${line.replace(/[|\\<.]/g, '\\$&').replace(/ {2,}/g, ' +')}$`))),
  );
});
