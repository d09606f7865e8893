/** One table: every real image gets the same answers in every form in which an image travels as in its directory. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/check.ts';
import { inspectImage } from '../../src/inspect.ts';
import { directoryFiles } from '../support/directory-files.ts';
import { type ImageForm, writeImageForms } from '../support/image-forms.ts';
import { LONG } from '../support/long.ts';
import { ordinaryForms } from '../support/ordinary-forms.ts';
import { serveForms, writeOciForms } from '../support/remote-forms.ts';
import { HAS_SHARED, imageOf, shared, sharedImages } from '../support/shared-fixtures.ts';

/** Most bytes of an image that is tried in the short run: others are the same in more pages. */
const LARGEST = 8 * 1024 * 1024;
/** Images that are tried in every form there is, not only in the ordinary ones. */
const IN_FULL =
  /^(?:20221219[/]sh|20240424[/]sh-none|20240729[/]sh-none|20250415[/]shrw-none|20260815[/]splitfs-none-paths|20260817[/]fscheckpoint)$/;
const BIN = fileURLToPath(new URL('../../bin/ckpt.js', import.meta.url));
const HOST = shared('hosts/turin/cpuid.txt');

const sizeOf = (name: string): number =>
  Object.values(directoryFiles(imageOf(name))).reduce((sum, bytes) => sum + bytes.length, 0);

/** What `inspect` and `check` answer, with the name of the image taken out. */
async function answers(path: string): Promise<string> {
  const checked = await check({ images: [path], hosts: [HOST], runsc: 'never' });
  return JSON.stringify([checked, await inspectImage(path)]).replaceAll(JSON.stringify(path).slice(1, -1), 'PATH');
}

/** The same of what comes on standard input, by the built command. */
function answersOfInput({ file, piped }: NonNullable<ImageForm['stdin']>): string {
  const run = (...args: readonly string[]): unknown => {
    const command = piped
      ? ['sh', '-c', 'cat "$0" | "$@"', file, process.execPath, BIN, ...args]
      : [process.execPath, BIN, ...args];
    const input = openSync(file, 'r');
    try {
      const [program = '', ...rest] = command;
      const { stdout } = spawnSync(program, rest, { stdio: [input, 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 1e9 });
      return JSON.parse(stdout);
    } finally {
      closeSync(input);
    }
  };
  const checked = run('check', '-', '--host', HOST, '--no-runsc', '--json');
  return JSON.stringify([checked, run('inspect', '-', '--json')])
    .replaceAll('"-"', '"PATH"')
    .replaceAll('"-/', '"PATH/');
}

/** Where two texts begin to differ, with what is around it; null when they are equal. */
function difference(found: string, expected: string): string | null {
  if (found === expected) return null;
  let at = 0;
  while (found[at] === expected[at]) at++;
  return `expected …${expected.slice(at - 80, at + 80)}…, found …${found.slice(at - 80, at + 80)}…`;
}

describe.skipIf(!HAS_SHARED)('a real image gets the same answers', () => {
  let root = '';
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'ckpt-forms-'));
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.each(sharedImages().filter((name) => LONG || sizeOf(name) <= LARGEST))('%s', async (name) => {
    const image = imageOf(name);
    const folder = mkdtempSync(join(root, 'image-'));
    const expected = await answers(image);
    const same = async (forms: readonly ImageForm[]): Promise<void> => {
      for (const { name: form, argument, stdin } of forms)
        expect(difference(stdin === null ? await answers(argument) : answersOfInput(stdin), expected), form).toBeNull();
    };
    const ordinary = await ordinaryForms(image, join(folder, 'ordinary'));
    await same(ordinary.forms);
    await ordinary.server.close();
    if (LONG || IN_FULL.test(name)) {
      const forms = [
        ...(await writeImageForms(image, join(folder, 'plain'))),
        ...(await writeOciForms(image, join(folder, 'oci'))),
      ];
      expect(forms.length).toBeGreaterThan(30);
      await same(forms);
      for (const ranges of [true, false]) {
        const served = await serveForms(image, ranges);
        await same(served.forms);
        await served.server.close();
      }
    }
    rmSync(folder, { recursive: true });
  });

  it('with the command built', () => expect(existsSync(BIN)).toBe(true));
});
