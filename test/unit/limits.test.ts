import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/limits.ts';

describe('docs/limits.md', () => {
  it('lists every ceiling with its default, and no other', () => {
    const rows = [...readFileSync('docs/limits.md', 'utf8').matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]);
    expect(rows).toEqual(Object.entries(DEFAULT_LIMITS));
  });
});
