import { describe, expect, it } from 'vitest';
import { AMD64_FEATURES } from '../../../src/cpu/features-amd64.ts';
import { generationsWith } from '../../../src/cpu/microarchitecture-features.ts';
import { X86_64_LEVELS, x8664LevelBounds, x8664LevelOf } from '../../../src/cpu/x86-64-level.ts';
import { fixtureHosts } from './raw-dump.ts';

const NAMES = new Set(AMD64_FEATURES.map((feature) => feature.name));

describe('x86-64 levels', () => {
  it('use names that gVisor has', () => {
    for (const name of X86_64_LEVELS.flat()) expect(NAMES, name).toContain(name);
  });

  it('need everything below', () => {
    const all = X86_64_LEVELS.flat();
    expect(x8664LevelOf(all)).toBe(4);
    expect(x8664LevelOf(all.filter((name) => name !== 'avx512vl'))).toBe(3);
    expect(x8664LevelOf(all.filter((name) => name !== 'movbe'))).toBe(2);
    expect(x8664LevelOf(all.filter((name) => name !== 'cx16'))).toBe(1);
    expect(x8664LevelOf([])).toBe(0);
  });

  it('are bounds when features are unknown', () => {
    const facts = new Map(X86_64_LEVELS.flat().map((name) => [name, { presence: 'present' as const }]));
    expect(x8664LevelBounds(facts)).toEqual({ atLeast: 4, atMost: 4 });
    facts.delete('osxsave');
    expect(x8664LevelBounds(facts)).toEqual({ atLeast: 2, atMost: 4 });
  });

  it.each([
    ['turin', 4],
    ['qemu-Haswell', 3],
    ['qemu-Nehalem', 2],
    ['qemu-core2duo', 1],
  ])('are right on %s', (name, level) => {
    const host = fixtureHosts().find((fixture) => fixture.name === name);
    if (host !== undefined) expect(x8664LevelOf(host.features)).toBe(level);
  });
});

describe('generationsWith', () => {
  it('knows where a feature came and went', () => {
    expect(generationsWith(['mpx']).known).toEqual(['Skylake-SP', 'Cascade Lake', 'Skylake', 'Coffee Lake']);
    expect(generationsWith(['avx512_vp2intersect']).known).toEqual(['Tiger Lake', 'Zen 5']);
    expect(generationsWith(['avx512_4vnniw']).known).toEqual(['Knights Mill']);
    expect(generationsWith(['fma4']).known).toEqual(['Bulldozer', 'Piledriver', 'Steamroller', 'Excavator']);
  });

  it('intersects', () => {
    expect(generationsWith(['avx512f', 'sse4a']).known).toEqual(['Zen 4', 'Zen 5']);
    expect(generationsWith(['mpx', 'sse4a']).known).toEqual([]);
    expect(generationsWith(['avx512f', 'avx512_vnni']).known).toEqual([
      'Cascade Lake',
      'Ice Lake-SP',
      'Sapphire Rapids',
      'Emerald Rapids',
      'Granite Rapids',
      'Ice Lake',
      'Rocket Lake',
      'Tiger Lake',
      'Zen 4',
      'Zen 5',
    ]);
  });

  it('does not guess', () => {
    expect(generationsWith(['hle', 'avx', 'rtm']).undecided).toEqual(['hle', 'rtm']);
    expect(generationsWith(['rtm'])).toEqual({ known: [], undecided: ['rtm'] });
    expect(generationsWith(['constructor'])).toEqual({ known: [], undecided: ['constructor'] });
    expect(generationsWith([])).toEqual({ known: [], undecided: [] });
  });

  it('agrees with a real Zen 5 machine', () => {
    const turin = fixtureHosts().find((fixture) => fixture.name === 'turin');
    if (turin === undefined) return;
    const claimed = [...NAMES].filter((name) => generationsWith([name]).known.includes('Zen 5'));
    // A hypervisor hides these from the machine that the fixture was taken on.
    const hidden = claimed.filter((name) => !turin.features.includes(name));
    expect(hidden).toEqual(['pku', 'la57', 'movdiri', 'movdir64b', 'mwaitx']);
  });

  it('uses names that gVisor has', () => {
    const decided = [...NAMES].filter((name) => generationsWith([name]).undecided.length === 0);
    expect(decided.length).toBeGreaterThan(70);
  });
});
