/** One image in every form of archive that it can travel in. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from '../../src/io/tar-codec.ts';
import { openZstdCompressor } from '../../src/io/zstd-codec.ts';

/** The image in one form. */
export interface ImageForm {
  readonly name: string;
  /** The argument for ckpt. */
  readonly argument: string;
  /** What standard input is: a file that is redirected, or one that is piped through `cat`; null when the argument is a path. */
  readonly stdin: { readonly file: string; readonly piped: boolean } | null;
}

/** One file of an archive to be made. */
export interface ArchiveEntry {
  readonly name: string;
  readonly content?: Uint8Array;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link';
  readonly linkname?: string;
}

/** Dialects that GNU tar writes. */
const DIALECTS: readonly (readonly [name: string, ...options: string[]])[] = [
  ['v7', '--format=v7'],
  ['ustar', '--format=ustar'],
  ['GNU', '--format=gnu'],
  ['PAX', '--format=posix'],
  ['old GNU sparse', '--format=gnu', '--sparse'],
  ['PAX sparse 0.0', '--format=posix', '--sparse-version=0.0', '--sparse'],
  ['PAX sparse 0.1', '--format=posix', '--sparse-version=0.1', '--sparse'],
  ['PAX sparse 1.0', '--format=posix', '--sparse-version=1.0', '--sparse'],
];

/** Whether the system has GNU tar, which knows all the dialects. */
export const HAS_GNU_TAR = String(spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout).includes('GNU tar');
if (!HAS_GNU_TAR) console.warn('SKIPPED: there is no GNU tar here; archives of its dialects are not tried.');

/** An archive of the entries, in their order, as the tar package writes it. */
export async function tarOf(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const archive = pack();
  const blocks: Buffer[] = [];
  const read = (async () => {
    for await (const block of archive) blocks.push(block as Buffer);
  })();
  for (const { name, content, type = 'file', linkname } of entries) {
    const header = { name, type, mtime: new Date(0), ...(linkname === undefined ? {} : { linkname }) };
    if (content === undefined) archive.entry(header);
    else archive.entry(header, Buffer.from(content));
  }
  archive.finalize();
  await read;
  return Buffer.concat(blocks);
}

/** One frame of zstd. */
export async function zstdOf(bytes: Uint8Array): Promise<Buffer> {
  const codec = await openZstdCompressor(3);
  const blocks: Uint8Array[] = [];
  try {
    for (let position = 0; position < bytes.length; position += PIECE)
      blocks.push(...(await codec.push(bytes.subarray(position, position + PIECE))));
    blocks.push(...(await codec.end()));
  } finally {
    codec.close();
  }
  return Buffer.concat(blocks);
}

const PIECE = 1024 * 1024;

/** Files in a directory and those below it, sorted. */
function filesOf(directory: string, prefix = ''): ArchiveEntry[] {
  return readdirSync(directory)
    .sort()
    .flatMap((name) => {
      const path = join(directory, name);
      if (statSync(path).isDirectory()) return filesOf(path, `${prefix}${name}/`);
      return [{ name: `${prefix}${name}`, content: readFileSync(path) }];
    });
}

/**
 * Writes the image in the directory `image` in all forms below `target`, which is made.
 *
 * The first form is the directory itself.
 */
export async function writeImageForms(image: string, target: string): Promise<ImageForm[]> {
  mkdirSync(target, { recursive: true });
  const forms: ImageForm[] = [{ name: 'directory', argument: image, stdin: null }];
  const write = (name: string, file: string, bytes: Uint8Array | null): void => {
    const path = join(target, file);
    if (bytes !== null) writeFileSync(path, bytes);
    forms.push({ name, argument: path, stdin: null });
  };
  const piped = (name: string, file: string): void => {
    for (const pipe of [false, true])
      forms.push({
        name: `${name}, ${pipe ? 'piped' : 'redirected'}`,
        argument: '-',
        stdin: { file: join(target, file), piped: pipe },
      });
  };
  const files = filesOf(image);
  const archive = await tarOf(files);
  const backwards = await tarOf([...files].reverse());
  const prefixed = files.map(({ name, ...rest }) => ({ name: `backup/of-today/${name}`, ...rest }));
  const deep = await tarOf([
    { name: 'backup/', type: 'directory' },
    { name: 'backup/README', content: Buffer.from('hello') },
    ...prefixed,
  ]);

  write('tar', 'image.tar', archive);
  write('tar, backwards', 'backwards.tar', backwards);
  write('tar, in a directory', 'deep.tar', deep);
  write('tar.gz', 'image.tar.gz', gzipSync(archive));
  write(
    'tar.gz of two members',
    'two.tar.gz',
    Buffer.concat([gzipSync(archive.subarray(0, 700)), gzipSync(archive.subarray(700))]),
  );
  write('tar.zst', 'image.tar.zst', await zstdOf(archive));
  write('tar.zst, backwards', 'backwards.tar.zst', await zstdOf(backwards));
  const frames = [await zstdOf(archive.subarray(0, 1000)), SKIPPABLE, await zstdOf(archive.subarray(1000))];
  write('tar.zst of two frames', 'two.tar.zst', Buffer.concat(frames));
  write('tar.zst in a tar', 'nested.tar', await tarOf([{ name: 'blobs/image', content: await zstdOf(deep) }]));
  write(
    'tar.gz in a tar.zst',
    'nested.tar.zst',
    await zstdOf(await tarOf([{ name: 'layer.tar.gz', content: gzipSync(archive) }])),
  );
  write('a name without an ending', 'image', await zstdOf(archive));
  if (HAS_GNU_TAR)
    for (const [name, ...options] of DIALECTS) {
      const file = `${name.replaceAll(' ', '-')}.tar`;
      const made = spawnSync('tar', [...options, '-C', image, '-cf', join(target, file), '.'], { encoding: 'utf8' });
      if (made.status !== 0) throw new Error(`tar ${options.join(' ')}: ${made.stderr}`);
      write(`tar in the dialect ${name}`, file, null);
    }
  for (const [name, file] of [
    ['tar', 'image.tar'],
    ['tar, backwards', 'backwards.tar'],
    ['tar.gz', 'image.tar.gz'],
    ['tar.zst', 'image.tar.zst'],
    ['tar.zst, backwards', 'backwards.tar.zst'],
    ['tar.zst in a tar', 'nested.tar'],
  ] as const)
    piped(name, file);
  return forms;
}

/** A frame that a reader steps over. @see RFC 8878 section 3.1.2. */
const SKIPPABLE = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
