/** A level of many hosts of few kinds, for people. */
import { describe, expect, test } from 'vitest';
import type { Presence } from '../../../src/cpu/feature.ts';
import { levelOf } from '../../../src/fleet/baseline.ts';
import { type BaselineDocument, baselineDocument } from '../../../src/fleet/baseline-document.ts';
import { X86_64_BASE } from '../../../src/fleet/feature-dependencies.ts';
import { levelRules } from '../../../src/fleet/level-rules.ts';
import type { Host } from '../../../src/host/host.ts';
import { renderBaselineText } from '../../../src/report/baseline-text.ts';
import { hostWith } from '../../support/host-with.ts';

function documentOf(hosts: readonly Host[]): BaselineDocument {
  const rules = levelRules('release-20260817.0', hosts);
  if (rules === null) throw new Error('the release has no rules');
  return baselineDocument(levelOf('amd64', hosts, { without: new Set(), date: rules.date }), hosts, rules, []);
}

function textOf(hosts: readonly Host[]): string {
  return renderBaselineText(documentOf(hosts), { width: 100, color: false });
}

const BASE: Readonly<Record<string, Presence>> = Object.fromEntries(X86_64_BASE.map((name) => [name, 'present']));
const many = (kind: string, count: number, presences: Readonly<Record<string, Presence>>): Host[] =>
  Array.from({ length: count }, (_, index) => hostWith(`${kind}-${index}`, { ...BASE, ...presences }));

describe('a level of many hosts', () => {
  const hosts = [...many('old', 30, { pni: 'present' }), ...many('new', 40, { ssse3: 'present', smep: 'present' })];

  test('tells once what hosts of one kind lose', () => {
    const text = textOf(hosts);
    expect(text).toContain('  old-0, old-1, old-2, old-3 and 26 more (raw CPUID): 1 of 11\n');
    expect(text).toContain('  new-0, new-1, new-2, new-3 and 36 more (raw CPUID): 2 of 12\n');
    expect(text).toContain('No host by itself lowers the level; ckpt plan --hosts … says which kinds of hosts do.\n');
  });

  test('keeps apart hosts that lose as many, but not the same', () => {
    const text = textOf([...many('a', 2, { pni: 'present' }), ...many('b', 2, { ssse3: 'present' })]);
    expect(text).toContain('  a-0, a-1 (raw CPUID): 1 of 11\n');
    expect(text).toContain('  b-0, b-1 (raw CPUID): 1 of 11\n');
  });
});

describe('a level of partial descriptions', () => {
  test('tells once why features are left out', () => {
    const text = textOf(many('vague', 3, { pni: 'unknown', ssse3: 'unknown', smep: 'unknown' }));
    expect(text).toContain('Not known on every host, and left out (3)\n  vague-0 and 2 more: the test (3)\n    pni ssse3 smep\n');
    expect(text).toContain('3 features are left out because not every description tells of them');
  });

  test('is warned of where it would take away what every program relies on', () => {
    const vague = documentOf(many('vague', 1, { sse2: 'unknown', lm: 'unknown' }));
    expect(vague.notes).toContainEqual({ kind: 'base', severity: 'warning', message: expect.stringMatching(/: sse2 lm$/) });
    expect(documentOf(many('known', 1, { pni: 'unknown' })).notes.map(({ kind }) => kind)).not.toContain('base');
  });
});
