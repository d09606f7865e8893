/** `ckpt explain`, as people run it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { ckpt, ROOT } from './run-ckpt.ts';
import { strictSchema } from './strict-schema.ts';

const published = JSON.parse(readFileSync(join(ROOT, 'docs/schema/explain@1.schema.json'), 'utf8')) as object;
const isExplanation = new Ajv2020({ allErrors: true, formats: { date: true } }).compile(strictSchema(published) as object);

const MISSING =
  'starting container: restoring container "web": failed to load kernel: incompatible FeatureSet: missing features: map[avx512f:{} mpx:{}]';
const DIED = 'starting container: restoring container "web": urpc method "containerManager.Restore" failed: EOF';

describe('ckpt explain', () => {
  test('holds to its schema, whatever is asked', () => {
    const things = [
      'clflushopt',
      'aes',
      'avx_vnni',
      'constant_tsc',
      'dit',
      'CKPT1601',
      'CKPT2002',
      'CKPT3001',
      'fpu-state',
      'opmask',
      'truncated',
      'exit 4',
      MISSING,
      DIED,
    ];
    const run = ckpt([
      'explain',
      ...things,
      'floating point state contains unsupported features; supported: 0x7 saved: 0xa2 or so',
      'type "pkg/cpuid.hwCap" contains different fields: [hwCap1] (decode) and [hwCap1 hwCap2] (encode)',
      'nothing-has-this-name',
      '--json',
    ]);
    const document = JSON.parse(run.stdout);
    expect(isExplanation(document), JSON.stringify(isExplanation.errors?.slice(0, 3))).toBe(true);
    expect(document.answers.map(({ kind }: { kind: string }) => kind)).toEqual(
      'feature feature feature feature feature reason advice lint gate state error exit log log log log unknown'.split(' '),
    );
    expect(run.code).toBe(2);
    expect(run.stderr).toBe('ckpt: nothing has the name "nothing-has-this-name".\n');
  });

  test('reads a log from standard input without being told', () => {
    const run = ckpt(['explain'], { input: Buffer.from(`${MISSING}\n${DIED}\n`) });
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('Cause: The host lacks CPU features of the image');
    expect(run.stdout).toContain('line 2: The sandbox died while it restored');
  });

  test.each([
    [['explain', 'avx512f'], '', 0],
    [['explain', 'clflushoptt'], '', 2],
    [['explain', '-'], 'nothing of interest\n', 4],
    [['explain'], '', 4],
    [['explain', '--file', 'fixtures/nothing.log'], '', 3],
    [['explain', '--file', 'fixtures/images/2026-08/zen5.state'], '', 3],
    [['explain', '--file', 'fixtures'], '', 3],
    [['explain', ''], '', 2],
    [['explain', '-', '--file', '-'], '', 2],
    [['explain', '--format', 'sarif', 'avx512f'], '', 2],
  ])('%j answers with its exit code', (args, input, code) => {
    const run = ckpt(args, { input: Buffer.from(input) });
    expect(run.code, run.stderr).toBe(code);
    expect(`${run.stdout}${run.stderr}`).not.toContain('defect');
  });

  test('suggests the name and the option that were meant', () => {
    expect(ckpt(['explain', 'clflushoptt']).stderr).toContain('Did you mean clflushopt');
    expect(ckpt(['explain', 'README.md']).stderr).toContain('ckpt explain --file README.md');
  });

  test('writes Markdown', () => {
    const { stdout } = ckpt(['explain', MISSING, '--format', 'markdown']);
    expect(stdout).toContain('**Cause:** The host lacks CPU features of the image');
    expect(stdout).toContain('| cpu-features | CKPT1601 |');
  });
});
