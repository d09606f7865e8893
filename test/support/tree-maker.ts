/** A bundle whose container writes a varied tree and prints what it sees of it, for comparison with what an image of it holds. */
import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createWorkshop, program, type Runsc, type Workshop } from './runsc.ts';

/** A static busybox of this machine, or null. */
export function findBusybox(): string | null {
  const places = ['/usr/bin/busybox', '/bin/busybox'];
  return places.find((path) => existsSync(path) && isStatic(readFileSync(path))) ?? null;
}

/** Whether a 64-bit executable names no interpreter. @see elf(5): e_phoff, e_phentsize, e_phnum, PT_INTERP */
function isStatic(file: Buffer): boolean {
  if (file.length < 64 || file[4] !== 2) return false;
  const start = Number(file.readBigUInt64LE(32));
  const types = Array.from({ length: file.readUInt16LE(56) }, (_, index) =>
    file.readUInt32LE(start + index * file.readUInt16LE(54)),
  );
  return !types.includes(3);
}

/** The size of each file that is filled with text. */
export const SIZES = [0, 1, 4095, 4096, 4097, 1024 * 1024 + 1];

/** Writes a varied tree in the working directory. */
const TREE = String.raw`
for size in ${SIZES.join(' ')}; do yes "text of size $size" | head -c $size > size-$size; done
printf begin > sparse; dd if=/bin/busybox of=sparse bs=4096 count=3 seek=40 conv=notrunc 2>/dev/null; truncate -s 1048577 sparse
truncate -s 70000 hole
yes tail | head -c 9000 > cut; truncate -s 4999 cut; truncate -s 12000 cut
mkdir many; i=0; while [ $i -lt 150 ]; do echo $i > many/f$i; i=$((i+1)); done
d=deep; i=0; while [ $i -lt 40 ]; do mkdir $d; d=$d/directory$i; i=$((i+1)); done; mkdir $d; echo deep > $d/file
n=$(yes long | tr -d '\n' | head -c 255); echo long > $n
echo odd > 'two  words'; echo odd > "$(printf 'a\nline')"; echo odd > 'ünïcödé ☃ 𝄞'; echo odd > -dash; echo odd > 'quo"te\back'
echo odd > "$(printf 'latin\344\366\377')"; echo odd > "$(printf 'half\342\230')"; echo odd > "$(printf '\355\240\200surrogate')"
ln -s /etc/passwd absolute; ln -s nowhere/at/all dangling; ln -s "$(printf 'b\377ytes')" odd-link; ln -s "$n" to-long
mkdir a b; echo linked > a/one; ln a/one b/two; ln a/one "b/th ree"; ln b/two zero
echo gone > removed; ln removed stays; rm removed
ln -s target linked-link; ln linked-link a/same-link
mkfifo fifo; chmod 640 fifo; ln fifo a/fifo
mknod null c 1 3; mknod loop b 7 300; chmod 612 null
echo s > setuid; chmod 6755 setuid; mkdir sticky; chmod 1777 sticky; mkdir shared; chmod 2770 shared; echo n > none; chmod 0 none
echo o > owned; chown 1000:2000 owned; chown 65534:4294967294 a; chown -h 7:8 absolute; echo s > shared/of-group
touch -d '2001-02-03 04:05:06' old; touch -d '1969-12-31 23:59:58' ancient; touch -h -d '2010-01-01 00:00:00' dangling; touch -d '2030-05-05 05:05:05' sticky
echo renamed > before; mv before after; mkdir x; mv x y; echo in > y/file
mkdir left; echo 1 > left/1; rm left/1; rmdir left
`;

/** Prints everything below the working directory: one record for each name, with the text first, then the hashes, then the links. */
const TRUTH = `
echo "@@TREE $1"
find . -xdev -print0 | sort -z | xargs -0 stat -c '%f|%u|%g|%s|%h|%t|%T|%y|%z|%n|@'
echo @@HASHES
find . -xdev -type f -print0 | xargs -0 sha256sum
echo @@LINKS
find . -xdev -type l -exec sh -c 'for f; do printf "%s|@%s|@@" "$f" "$(readlink "$f")"; done' links {} +
echo
echo "@@END"
`;

export interface TreeBundle extends Workshop {
  readonly bundle: string;
  readonly rootfs: string;
  /** A directory of the host, mounted at /bound, and a file of it, at /single. */
  readonly bound: string;
}

/** The directories of the container whose trees it prints. */
export const PLACES = ['/', '/scratch', '/dev/shm', '/limited', '/bound'] as const;

/**
 * A container that changes its root, fills file systems in memory, prints them, and sleeps.
 *
 * @param writable the root has a layer in memory: a gofer's files cannot be removed while they are open, in releases before 2025-03
 */
export function createTreeBundle(busybox: string, writable: boolean): TreeBundle {
  const workshop = createWorkshop();
  const bundle = join(workshop.directory, 'bundle');
  const rootfs = join(bundle, 'rootfs');
  const bound = join(workshop.directory, 'bound');
  mkdirSync(join(bound, 'sub'), { recursive: true });
  for (const path of ['single', 'kept', 'sub/gone']) writeFileSync(join(bound, path), `${path}\n`);
  for (const path of ['bin', 'etc', 'lower/sub/deep', 'opaque/inner', 'scratch', 'limited', 'bound', 'dev', 'proc', 'kept'])
    mkdirSync(join(rootfs, path), { recursive: true });
  cpSync(busybox, join(rootfs, 'bin/busybox'));
  for (const path of [
    'etc/kept',
    'etc/removed',
    'etc/changed',
    'etc/truncated',
    'lower/sub/file',
    'lower/sub/deep/file',
    'opaque/old',
    'opaque/inner/old',
    'kept/as-is',
  ])
    writeFileSync(join(rootfs, path), `${path}\n`.repeat(1000));
  writeFileSync(join(rootfs, 'single'), 'mount point');
  writeFileSync(join(rootfs, 'tree.sh'), TREE);
  writeFileSync(join(rootfs, 'truth.sh'), TRUTH);
  writeFileSync(join(rootfs, 'calls'), program(callCode(CALLS)), { mode: 0o755 });
  writeFileSync(join(rootfs, 'main.sh'), main(writable));
  const capabilities = [
    'CHOWN',
    'DAC_OVERRIDE',
    'FOWNER',
    'FSETID',
    'MKNOD',
    'SETFCAP',
    'SETUID',
    'SETGID',
    'SYS_ADMIN',
    'SYS_CHROOT',
  ].map((name) => `CAP_${name}`);
  const config = {
    ociVersion: '1.0.0',
    process: {
      user: { uid: 0, gid: 0 },
      args: ['/bin/busybox', 'sh', '/main.sh'],
      env: ['PATH=/bin'],
      cwd: '/',
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities, inheritable: capabilities },
    },
    root: { path: 'rootfs', readonly: false },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
      { destination: '/scratch', type: 'tmpfs', source: 'tmpfs' },
      { destination: '/bound', type: 'bind', source: bound, options: ['rbind', 'rw'] },
      { destination: '/single', type: 'bind', source: join(bound, 'single'), options: ['rbind', 'rw'] },
      { destination: '/limited', type: 'tmpfs', source: 'tmpfs', options: ['size=64m', 'mode=0751'] },
    ],
    linux: { namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
  };
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config));
  return { ...workshop, bundle, rootfs, bound };
}

function main(writable: boolean): string {
  return `
/bin/busybox mkdir -p /applets; /bin/busybox --install -s /applets; export PATH=/applets
mkdir -p /dev/shm /written
for place in ${writable ? '/written' : ''} /scratch /dev/shm; do (cd $place && . /tree.sh); done
echo small > /limited/file; echo more >> /single; echo made > /bound/made; rm -r /bound/sub
(cd /scratch && /calls)
rm /etc/removed; echo added >> /etc/changed; : > /etc/truncated; chmod 700 /lower/sub/deep/file
rm -r /opaque; mkdir /opaque; echo new > /opaque/new
rm -r /lower/sub/deep; echo instead > /lower/sub/deep
exec 9>/scratch/deleted-open; echo held >&9; rm /scratch/deleted-open
${writable ? 'exec 8>/deleted-too; echo held >&8; rm /deleted-too' : ''}
mkdir /scratch/unseen; mount -t tmpfs none /scratch/unseen; echo below > /scratch/unseen/file; mount -t tmpfs none /scratch/unseen; echo above > /scratch/unseen/top
mkdir /scratch/lazy; mount -t tmpfs none /scratch/lazy; echo lazy > /scratch/lazy/file; exec 7</scratch/lazy/file; umount -l /scratch/lazy
mkdir /scratch/bound; mkdir /limited/part; echo part > /limited/part/file; mount -o bind /limited/part /scratch/bound
for place in ${PLACES.join(' ')} /scratch/unseen; do (cd $place && sh /truth.sh $place); done
echo @@READY
while true; do sleep 1000; done
`;
}

/** System calls by number (x86-64), with texts for pointers. Descriptors are those that come next. */
type Call = readonly [call: number, ...args: readonly (number | string)[]];

const OPEN = 2;
const ADDRESS = 0x1000_0000;
/** What the bytes of a mapping are read from: the lower file system, which is not written. */
const SOURCE = '/bin/busybox';

export const ATTRIBUTES: readonly (readonly [path: string, name: string, value: string])[] = [
  ['owned', 'user.note', 'a value with spaces'],
  ['owned', 'user.bytes', '\x01ÿ\x00end'],
  ['a', 'user.directory', 'x'],
  ['a', 'user.empty', ''],
  ['owned', 'trusted.secret', 'root only'],
];

const CALLS: readonly Call[] = [
  ...ATTRIBUTES.map(([path, name, value]): Call => [188, path, name, value, Buffer.from(value, 'latin1').length, 0]),
  [OPEN, 'mapped', 0o102, 0o644],
  [77, 3, 9000], // ftruncate
  [9, ADDRESS, 12288, 3, 0x11, 3, 0], // mmap: read and write, shared, at this address
  [OPEN, SOURCE, 0],
  [0, 4, ADDRESS + 100, 5000], // read into the mapping
  [41, 1, 1, 0], // socket: unix, stream
  [49, 5, '\x01\x00socket', 9], // bind
  [60, 0], // exit
];

/** Of the file that was written through a mapping. */
export function mappedContent(rootfs: string): Uint8Array {
  const content = new Uint8Array(9000);
  content.set(readFileSync(join(rootfs, SOURCE)).subarray(0, 5000), 100);
  return content;
}

/** Machine code that makes these calls one after another. */
function callCode(calls: readonly Call[]): number[] {
  return calls.flatMap(([call, ...args]) => {
    // Registers of the arguments: rdi, rsi, rdx, r10, r8, r9.
    const pop = [[0x5f], [0x5e], [0x5a], [0x41, 0x5a], [0x41, 0x58], [0x41, 0x59]];
    const load = [[0xbf], [0xbe], [0xba], [0x41, 0xba], [0x41, 0xb8], [0x41, 0xb9]];
    const registers = args.flatMap((arg, index) => {
      if (typeof arg === 'number') return [...(load[index] ?? []), ...word(arg)];
      const text = [...Buffer.from(`${arg}\0`, 'latin1')];
      return [0xe8, ...word(text.length), ...text, ...(pop[index] ?? [])]; // call over the text, whose address it pushes
    });
    return [...registers, 0xb8, ...word(call), 0x0f, 0x05];
  });
}

function word(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
}

/**
 * Runs the bundle, saves it when it has printed everything, and removes it; answers what it printed.
 *
 * @param flags of runsc, before the command
 */
export async function saveTree(
  runsc: Runsc,
  { directory, bundle }: TreeBundle,
  image: string,
  flags: readonly string[],
): Promise<Buffer> {
  const state = mkdtempSync(join(directory, 'state-'));
  const output = join(state, 'output');
  const log = join(state, 'log');
  const id = `ckpt-tree-${process.pid}`;
  const run = (...args: readonly string[]): void => {
    const out = openSync(output, 'a');
    const err = openSync(log, 'a');
    try {
      const base = ['--network=none', '--ignore-cgroups', '--platform=ptrace', '--root', join(state, 'root')];
      const { status } = spawnSync(runsc.path, [...base, ...flags, ...args], { stdio: ['ignore', out, err] });
      if (status !== 0) throw new Error(`runsc ${args[0]}: ${readFileSync(log, 'utf8')}`);
    } finally {
      closeSync(out);
      closeSync(err);
    }
  };
  try {
    run('run', '--detach', '--bundle', bundle, id);
    for (let tries = 0; !readFileSync(output).includes('@@READY\n'); tries++) {
      if (tries > 1200)
        throw new Error(`the container did not get ready: ${readFileSync(output).subarray(-2000)} ${readFileSync(log)}`);
      await setTimeout(100);
    }
    mkdirSync(image, { recursive: true });
    run('checkpoint', '--image-path', image, id);
    return readFileSync(output);
  } finally {
    spawnSync(runsc.path, ['--root', join(state, 'root'), 'delete', '-force', id], { stdio: 'ignore' });
    rmSync(state, { recursive: true, force: true });
  }
}
