/** The yardstick of a cold start: a bundle that holds nothing but yargs and one empty command. */
import { join } from 'node:path';
import { build } from 'esbuild';

const SOURCE = `
import yargs from 'yargs';
await yargs(process.argv.slice(2)).scriptName('empty').command('check [image]', 'Does nothing', {}, () => {}).parseAsync();
`;

/** Builds it in a directory, as the command itself is built, and returns its path. */
export async function buildEmptyCommand(directory: string): Promise<string> {
  const outfile = join(directory, 'empty-command.mjs');
  await build({
    stdin: { contents: SOURCE, resolveDir: process.cwd(), sourcefile: 'empty-command.mjs' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'warning',
  });
  return outfile;
}
