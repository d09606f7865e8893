#!/usr/bin/env node
import { existsSync } from 'node:fs';

const bundle = new URL('../dist/cli.js', import.meta.url);
if (existsSync(bundle)) {
  const { run } = await import(bundle.href);
  process.exitCode = await run(process.argv.slice(2), process);
} else {
  process.stderr.write('ckpt: this is a clone that has not been built yet: run `npm run setup && npm run build` in it first.\n');
  process.exitCode = 70;
}
