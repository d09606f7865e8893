/** The command in this process, with a terminal that is none. */
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { run } from '../../../src/cli/main.ts';
import type { NodeOutput } from '../../../src/io/process-io.ts';
import { TOOL } from '../../../src/tool.ts';

const HOST = 'fixtures/hosts/turin/cpuid.txt';

function output(more: Partial<NodeOutput> = {}, fails?: string): NodeOutput & { readonly blocks: Buffer[] } {
  const blocks: Buffer[] = [];
  return {
    blocks,
    on: () => undefined,
    write(data, done) {
      if (fails === undefined) blocks.push(Buffer.from(data as string));
      queueMicrotask(() => done(fails === undefined ? null : Object.assign(new Error(fails), { code: fails })));
      return true;
    },
    ...more,
  };
}

async function inTerminal(argv: string[], more: { columns?: number; env?: Record<string, string>; fails?: string } = {}) {
  const stdout = output({ isTTY: true, columns: more.columns ?? 80 }, more.fails);
  const stderr = output();
  const code = await run(argv, { stdout, stderr, env: more.env ?? {} });
  return { code, stdout: Buffer.concat(stdout.blocks).toString(), stderr: Buffer.concat(stderr.blocks).toString() };
}

describe('on a terminal', () => {
  test('text is coloured and fills the width', async () => {
    const { code, stdout } = await inTerminal(['host', 'show', HOST], { columns: 60 });
    expect(code).toBe(0);
    expect(stdout).toContain('\x1b[1mFeatures present (');
    const narrow = stdout.split('\n').filter((line) => line.includes('avx512f'));
    expect(stripVTControlCharacters(narrow[0] ?? '').length).toBeLessThanOrEqual(60);
  });

  test.each([
    [{ NO_COLOR: '1' }, false],
    [{ NO_COLOR: '' }, true],
    [{ TERM: 'dumb' }, false],
    [{ FORCE_COLOR: '0' }, false],
    [{ TERM: 'xterm' }, true],
  ])('%j: colour %s', async (env, colored) => {
    expect((await inTerminal(['host', 'show', HOST], { env })).stdout.includes('\x1b[')).toBe(colored);
  });

  test('the probe is refused', async () => {
    expect(await inTerminal(['host', 'probe'])).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('name a file with -o'),
    });
  });

  test('help fits', async () => {
    const { stdout } = await inTerminal(['check', '--help'], { columns: 70 });
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(70);
  });
});

describe('an output', () => {
  test('that nobody reads any more is success', async () => {
    expect(await inTerminal(['host', 'show', HOST], { fails: 'EPIPE' })).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('that fails otherwise is an error', async () => {
    expect(await inTerminal(['host', 'show', HOST], { fails: 'EIO' })).toEqual({
      code: 2,
      stdout: '',
      stderr: 'ckpt: standard output cannot be written (EIO)\n',
    });
  });
});

test('--version', async () => {
  expect((await inTerminal(['--version'])).stdout).toBe(`${TOOL.version}\n`);
});
