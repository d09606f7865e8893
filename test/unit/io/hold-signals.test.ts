import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const MODULE = join(import.meta.dirname, '../../../src/io/hold-signals.ts');

/** A program that holds signals for 300 ms, says `begin` and `end` around it, and would otherwise live for ten seconds. */
async function program(): Promise<string> {
  const text = `import { holdSignals } from ${JSON.stringify(MODULE)};
    import { spawnSync } from 'node:child_process';
    import { writeSync } from 'node:fs';
    setTimeout(() => {}, 10_000);
    holdSignals(() => { writeSync(1, 'begin\\n'); spawnSync('sleep', ['0.3']); writeSync(1, 'end\\n'); });
    setTimeout(() => { writeSync(1, 'alive\\n'); process.exit(0); }, 200);`;
  const result = await build({
    stdin: { contents: text, resolveDir: import.meta.dirname },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  return result.outputFiles[0]?.text ?? '';
}

describe.skipIf(process.platform === 'win32')('held signals', () => {
  it('end the process, but only after the action', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', await program()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (block: Buffer) => {
      if (output === '') child.kill('SIGTERM');
      output += block.toString();
    });
    const [, signal] = await once(child, 'close');
    expect(output).toBe('begin\nend\n');
    expect(signal).toBe('SIGTERM');
  });

  it('leave the process as it was when none came', async () => {
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', await program()], { encoding: 'utf8' });
    expect(run.stdout).toBe('begin\nend\nalive\n');
    expect(run.status).toBe(0);
  });
});
