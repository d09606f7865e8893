import { describe, expect, it } from 'vitest';
import { progress } from '../../../src/cli/progress.ts';
import type { Output } from '../../../src/io/process-io.ts';

function terminal(isTerminal: boolean, columns: number | null = null) {
  const written: string[] = [];
  const stderr: Output = {
    isTerminal,
    columns,
    closed: false,
    async write(data) {
      written.push(String(data));
    },
  };
  return { io: { stderr }, written };
}

const MIB = 2 ** 20;
const CLEAR = '\r\x1b[K';

describe('progress', () => {
  it('says nothing where there is no terminal', async () => {
    const { io, written } = terminal(false);
    let now = 0;
    const line = progress(io, 'reading', () => now);
    now = 10_000;
    line.update(MIB, MIB);
    await line.end();
    expect(written).toEqual([]);
  });

  it('says nothing of work that takes half a second', async () => {
    const { io, written } = terminal(true);
    let now = 0;
    const line = progress(io, 'reading', () => now);
    now = 499;
    line.update(MIB, MIB);
    await line.end();
    expect(written).toEqual([]);
  });

  it('shows how far longer work is, ten times a second, and takes the line away', async () => {
    const { io, written } = terminal(true);
    let now = 0;
    const line = progress(io, 'reading', () => now);
    for (const [time, done] of [
      [600, 300],
      [650, 400],
      [1000, 512],
    ] as const) {
      now = time;
      line.update(done * MIB, 1024 * MIB);
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    }
    await line.end();
    line.update(1024 * MIB, 1024 * MIB);
    expect(written).toEqual([
      `${CLEAR}reading: 29%, 300 MiB of 1 GiB, 500 MiB/s`,
      `${CLEAR}reading: 50%, 512 MiB of 1 GiB, 512 MiB/s`,
      CLEAR,
    ]);
  });

  it('goes without a total, and stays in one line', async () => {
    const { io, written } = terminal(true, 20);
    let now = 0;
    const line = progress(io, 'reading pages', () => now);
    now = 1000;
    line.update(100 * MIB, null);
    await line.end();
    expect(written[0]).toBe(`${CLEAR}reading pages: 100 `);
  });
});
