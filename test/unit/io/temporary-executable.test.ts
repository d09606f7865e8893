import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemble, type CodeRow } from '../../../src/host/assemble.ts';
import { elfExecutable } from '../../../src/host/elf-executable.ts';
import { runProgram } from '../../../src/io/run-program.ts';
import { executableDirectories, runTemporaryExecutable } from '../../../src/io/temporary-executable.ts';

const root = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
afterAll(() => rmSync(root, { recursive: true }));
const isPosix = process.platform !== 'win32';
const runsHere = process.platform === 'linux' && process.arch === 'x64';
const quick = { timeoutMs: 5000, outputBytes: 65_536, directories: [root] };
const program = (...rows: CodeRow[]): Uint8Array => elfExecutable(assemble(rows, []).bytes);
const EXIT: CodeRow[] = [
  ['b8 3c 00 00 00', 'mov eax,0x3c', 'exit(edi)'],
  ['0f 05', 'syscall', ''],
];
/** Ends with the number of arguments, and 16 more when there is an environment. */
const COUNT = program(
  ['48 8b 3c 24', 'mov rdi,[rsp]', 'argc'],
  ['48 8d 74 fc 10', 'lea rsi,[rsp+rdi*8+16]', 'environment'],
  ['48 83 3e 00', 'cmp qword [rsi],0', ''],
  ['74 >done', 'je done', ''],
  ['83 c7 10', 'add edi,16', ''],
  ['done:'],
  ...EXIT,
);
const SUCCESS = program(['31 ff', 'xor edi,edi', ''], ...EXIT);
const CRASH = program(['0f 0b', 'ud2', 'SIGILL']);
const LOOP = program(['loop:'], ['eb >loop', 'jmp loop', '']);
/** Writes its own begin again and again. */
const LOUD = program(
  ['begin:'],
  ['bf 01 00 00 00', 'mov edi,1', ''],
  ['48 8d 35 >>begin', 'lea rsi,[rip+begin]', ''],
  ['ba 10 00 00 00', 'mov edx,16', ''],
  ['b8 01 00 00 00', 'mov eax,1', 'write'],
  ['0f 05', 'syscall', ''],
  ['eb >begin', 'jmp begin', ''],
);

describe.skipIf(!runsHere)('a temporary executable', () => {
  it('runs and leaves nothing behind', () => {
    const run = runTemporaryExecutable(SUCCESS, quick);
    expect(run).toMatchObject({ ok: true, directory: root, failed: [] });
    expect(readdirSync(root)).toEqual([]);
  });

  it('gets no arguments and no environment', () => {
    expect(runTemporaryExecutable(COUNT, quick).failed[0]?.reason).toBe('the program ended with status 1');
  });

  it('is killed when it does not end', () => {
    expect(runTemporaryExecutable(LOOP, { ...quick, timeoutMs: 100 }).failed[0]?.reason).toContain('100 ms');
    expect(readdirSync(root)).toEqual([]);
  });

  it('is tried in the next directory when one does not do', () => {
    const run = runTemporaryExecutable(SUCCESS, { ...quick, directories: [join(root, 'missing'), root] });
    expect(run).toMatchObject({ ok: true, directory: root });
    expect(run.failed).toEqual([{ directory: join(root, 'missing'), reason: 'no directory can be created there (ENOENT)' }]);
  });

  it('that crashes is a failure that says so', () => {
    expect(runTemporaryExecutable(CRASH, quick).failed[0]?.reason).toContain('SIGILL');
    expect(readdirSync(root)).toEqual([]);
  });

  it('is killed when it never ends to write', () => {
    expect(runTemporaryExecutable(LOUD, { ...quick, outputBytes: 1000 }).failed[0]?.reason).toContain('1000 bytes');
    expect(readdirSync(root)).toEqual([]);
  });

  it('has directories to try, without the current one', () => {
    expect(executableDirectories().length).toBeGreaterThan(0);
    for (const directory of executableDirectories()) expect(directory.startsWith('/')).toBe(true);
  });
});

describe.skipIf(!isPosix)('a program', () => {
  const forbidden = join(root, 'forbidden');
  beforeAll(() => {
    mkdirSync(forbidden);
    chmodSync(forbidden, 0o600);
  });
  const options = { timeoutMs: 5000, outputBytes: 65_536, env: { PATH: '/usr/bin:/bin' } };

  it('gives its output and status', async () => {
    expect(await runProgram('sh', ['-c', 'printf "%s" "$1"; exit 4', 'x', 'an argument'], options)).toMatchObject({
      outcome: 'ended',
      status: 4,
      stdout: Buffer.from('an argument'),
    });
  });

  it.each([
    ['no-such-program-at-all', 'ENOENT'],
    [forbidden, 'EACCES'],
  ])('that cannot be started is a result: %s', async (file, code) => {
    expect(await runProgram(file, [], options)).toMatchObject({ outcome: 'not-started', code });
  });
});
