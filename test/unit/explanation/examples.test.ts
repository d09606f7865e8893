/** Every message that the table of reasons gives as an example is recognised, and leads to that reason. */
import { describe, expect, it } from 'vitest';
import { findFeature } from '../../../src/cpu/feature-names.ts';
import { explain } from '../../../src/explain.ts';
import { ERROR_TEXTS } from '../../../src/explanation/error-texts.ts';
import { featureNames } from '../../../src/explanation/explain-feature.ts';
import { GATE_TEXTS } from '../../../src/explanation/gate-texts.ts';
import { LOG_PATTERNS } from '../../../src/explanation/log-patterns.ts';
import { UNCOMPARED_FLAGS } from '../../../src/explanation/uncompared-flags.ts';
import { LINTS } from '../../../src/fleet/lint-codes.ts';
import { ADVICE, REASONS, type ReasonCode } from '../../../src/restore/reasons.ts';
import { releaseTag } from '../../../src/restore/release-tags.ts';

const WITH_EXAMPLE = (Object.keys(REASONS) as ReasonCode[]).filter((code) => REASONS[code].example !== null);

describe('the examples of the reasons', () => {
  it.each(WITH_EXAMPLE)('%s', async (code) => {
    const { gate, example } = REASONS[code];
    for (const text of [example ?? '', `starting container: restoring container "web": ${example}`]) {
      const [answer] = (await explain([text, 'CKPT1601'])).answers;
      if (answer?.kind !== 'log') throw new Error(`not recognised: ${text}`);
      const [first] = answer.findings;
      const codes = [
        ...(first?.codes.map((one) => one.code) ?? []),
        ...(first?.possibleCauses.flatMap((one) => one.codes) ?? []),
      ];
      expect(codes, text).toContain(code);
      if (first?.role !== 'death' && gate !== 'any') expect(first?.gate).toBe(gate);
    }
  });
});

describe('names', () => {
  it.each([...Object.keys(REASONS), ...Object.keys(ADVICE), ...Object.keys(LINTS)])('%s has an answer', async (code) => {
    const { answers } = await explain([code.toLowerCase()]);
    expect(answers).toMatchObject([{ code }]);
  });

  it.each([...Object.keys(ERROR_TEXTS), ...Object.keys(GATE_TEXTS)])('%s has an answer', async (name) => {
    expect((await explain([name])).answers).toMatchObject([{ kind: expect.stringMatching(/^(error|gate)$/) }]);
  });

  it('every spelling of every feature has an answer', async () => {
    const { answers } = await explain(featureNames());
    expect(answers.filter(({ kind }) => kind !== 'feature')).toEqual([]);
  });

  it('what is said not to be compared is not', () => {
    expect(UNCOMPARED_FLAGS.filter(({ name, arch }) => findFeature(arch, name) !== undefined)).toEqual([]);
    expect(UNCOMPARED_FLAGS.length).toBeGreaterThan(100);
  });
});

describe('the patterns', () => {
  it('have names of their own, releases that exist, and say what their parts are', () => {
    expect(new Set(LOG_PATTERNS.map(({ id }) => id)).size).toBe(LOG_PATTERNS.length);
    for (const { id, shapes, parts, from, to, codes, text } of LOG_PATTERNS) {
      for (const release of [from, to]) if (release !== undefined) expect(releaseTag(release), `${id} ${release}`).toBeDefined();
      expect(codes.length > 0 || text !== undefined, id).toBe(true);
      const named = new Set(shapes.flatMap((shape) => [...shape.matchAll(/\{(\w+)(?::\w)?\}/g)].map((match) => match[1])));
      expect(
        [...named].filter((name) => name !== undefined && !Object.hasOwn(parts ?? {}, name)),
        id,
      ).toEqual([]);
      expect(
        Object.keys(parts ?? {}).filter((name) => !named.has(name)),
        id,
      ).toEqual([]);
    }
  });

  it.each(LOG_PATTERNS.flatMap(({ id, shapes }) => shapes.map((shape) => [id, shape] as const)))(
    '%s finds %s',
    async (id, shape) => {
      const values: Record<string, string> = { q: '"x y"', x: '0x7', w: 'word' };
      let number = 0;
      const text = shape.replaceAll(/\{\w+(?::(\w))?\}/g, (_, kind: string | undefined) =>
        kind === 'd' ? String(++number) : (values[kind ?? ''] ?? 'some text'),
      );
      const [answer] = (await explain([`${text} `, 'CKPT1601'])).answers;
      if (answer?.kind !== 'log') throw new Error(`not taken for a message: ${text}`);
      expect(answer.findings.map((finding) => finding.id)).toContain(id);
    },
  );
});
