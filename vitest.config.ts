import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/*.test.ts', 'test/{unit,property,cli,conformance,e2e}/**/*.test.ts'],
    // Not a limit on speed: only so that a test that hangs ends at some time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // Most tests wait for a program that they run, so that one worker fewer than processors would leave half of two of them idle.
    maxWorkers: '100%',
    reporters: ['default'],
  },
});
