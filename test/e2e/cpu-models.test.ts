/** The committed models of QEMU are what the script captures again, where that QEMU and a kernel are installed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LONG } from '../support/long.ts';

const ROOT = join(import.meta.dirname, '../..');
const MODELS = ['EPYC-Milan-v1', 'Haswell-v1', 'Skylake-Server-v4'];

const committed = JSON.parse(readFileSync(join(ROOT, 'src/host/models/qemu-models.json'), 'utf8'));
/** Another QEMU, or a kernel that is not installed, can be named by these. */
const qemu = process.env['CKPT_TEST_QEMU'] ?? 'qemu-system-x86_64';
const kernel = process.env['CKPT_TEST_KERNEL'];
const firmware = (process.env['CKPT_TEST_QEMU_FIRMWARE'] ?? '').split(':').filter((directory) => directory !== '');

const version = spawnSync(qemu, ['--version'], { encoding: 'utf8' }).stdout ?? '';
const hasKernel =
  kernel !== undefined || (existsSync('/boot') && readdirSync('/boot').some((name) => /^vmlinuz-.*amd64$/.test(name)));
const lacking = [
  ...(LONG ? [] : ['CKPT_TEST_LONG=1 is not set']),
  ...(version.includes(`version ${committed.qemu} `) ? [] : [`QEMU ${committed.qemu} is not installed`]),
  ...(hasKernel ? [] : ['no Debian kernel is in /boot']),
];
if (lacking.length > 0) console.warn(`SKIPPED: models of QEMU are not captured again: ${lacking.join(', ')}.`);

describe.skipIf(lacking.length > 0)('scripts/capture-qemu-models.mjs', () => {
  it('captures the same again', () => {
    const directory = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
    const file = join(directory, 'models.json');
    const options = [
      ...['--qemu', qemu, '-o', file],
      ...(kernel === undefined ? [] : ['--kernel', kernel]),
      ...firmware.flatMap((place) => ['--firmware', place]),
      ...MODELS.flatMap((name) => ['--model', name]),
    ];
    const { status, stderr } = spawnSync(process.execPath, ['scripts/capture-qemu-models.mjs', ...options], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const again = JSON.parse(readFileSync(file, 'utf8'));
    rmSync(directory, { recursive: true });
    expect(again.models).toEqual(committed.models.filter(({ name }: { name: string }) => MODELS.includes(name)));
  });
});
