/** A bundle whose program holds files of the host open, for tests of what a restore asks of them. */
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createWorkshop, idleCode, program, type Workshop } from './runsc.ts';

/** The directories that the container gets. */
export interface FileHolder extends Workshop {
  readonly rootfs: string;
  /** Mounted at /data. */
  readonly data: string;
  /** Ends when the program holds its files. */
  readonly ready: () => Promise<void>;
  /** Puts everything back as it was before the program ran. */
  readonly reset: () => void;
}

const OPEN = 2;
const CHDIR = 80;
const MKDIR = 83;
const READ = 0;
const WRITE = 1;
const BOTH = 2;

/** What the program does: a system call, a path, and flags. */
const STEPS: readonly (readonly [call: number, path: string, flags: number])[] = [
  [OPEN, '/etc/read', READ],
  [OPEN, '/link/target', READ],
  [OPEN, '/data/sub/both', BOTH],
  [OPEN, '/data/read', READ],
  [OPEN, '/data/write', WRITE],
  [OPEN, '/data/keep/directory', READ],
  [CHDIR, '/deep/directory', 0],
  [MKDIR, '/data/ready', 0o755],
];

/** Opens the files and sleeps for ever. */
export function createFileHolder(): FileHolder {
  const workshop = createWorkshop();
  const bundle = join(workshop.directory, 'bundle');
  const rootfs = join(bundle, 'rootfs');
  const data = join(workshop.directory, 'data');
  for (const path of ['etc', 'real', 'deep/directory']) mkdirSync(join(rootfs, path), { recursive: true });
  for (const path of ['sub', 'keep/directory']) mkdirSync(join(data, path), { recursive: true });
  for (const path of ['etc/read', 'real/target', 'etc/unused']) writeFileSync(join(rootfs, path), path);
  for (const path of ['sub/both', 'read', 'write', 'unused']) writeFileSync(join(data, path), path);
  symlinkSync('real', join(rootfs, 'link'));
  writeFileSync(join(rootfs, 'holder'), program([...STEPS.flatMap(step), ...idleCode()]), { mode: 0o755 });
  const namespaces = ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type }));
  const config = {
    ociVersion: '1.0.0',
    process: { user: { uid: 0, gid: 0 }, args: ['/holder'], env: [], cwd: '/' },
    root: { path: 'rootfs', readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/data', type: 'bind', source: data, options: ['rbind', 'rw'] },
    ],
    linux: { namespaces },
  };
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  const kept = join(workshop.directory, 'kept');
  cpSync(rootfs, join(kept, 'rootfs'), { recursive: true, verbatimSymlinks: true });
  cpSync(data, join(kept, 'data'), { recursive: true });
  return {
    ...workshop,
    rootfs,
    data,
    ready: async () => {
      for (let tries = 0; !existsSync(join(data, 'ready')); tries++) {
        if (tries > 200) throw new Error('the program in the sandbox did not open its files within 10 seconds');
        await setTimeout(50);
      }
    },
    reset: () => {
      for (const [name, place] of [
        ['rootfs', rootfs],
        ['data', data],
      ] as const) {
        rmSync(place, { recursive: true, force: true });
        cpSync(join(kept, name), place, { recursive: true, verbatimSymlinks: true });
      }
    },
  };
}

/** The machine code of one step, its path in the middle of it. */
function step([call, path, flags]: (typeof STEPS)[number]): number[] {
  const text = [...Buffer.from(`${path}\0`)];
  return [
    ...[0xe8, ...word(text.length)], // call over the path, whose address it pushes
    ...text,
    0x5f, // pop rdi
    ...[0xb8, ...word(call)], // mov eax, call
    ...[0xbe, ...word(flags)], // mov esi, flags
    ...[0x31, 0xd2], // xor edx, edx
    ...[0x0f, 0x05], // syscall
  ];
}

function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}
