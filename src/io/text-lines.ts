/** Text files and pipes, line by line. */
import { isatty } from 'node:tty';
import type { ByteSource } from '../bytes/byte-source.ts';
import { CkptError } from '../errors.ts';
import { openFile, openStandardInput, pathKind } from './file-source.ts';

/** Bytes that are read at once. */
const BLOCK = 1024 * 1024;
/** Characters of one line that are kept; gVisor's longest messages have under 20,000. Stops a file without line feeds from filling memory. */
export const LONGEST_LINE = 262_144;

/** What is no text, by its first bytes. */
const OTHERS: readonly (readonly [magic: readonly number[], found: string, hint: string])[] = [
  [
    [0x67, 0x56, 0x69, 0x73, 0x6f, 0x72, 0x53, 0x46],
    'a checkpoint image',
    '`ckpt inspect` shows what is in it, `ckpt check` whether it will be restored',
  ],
  [[0x1f, 0x8b], 'a file compressed with gzip', 'Expand it: gzip -dc FILE | ckpt explain'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'a file compressed with zstd', 'Expand it: zstd -dc FILE | ckpt explain'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'a file compressed with xz', 'Expand it: xz -dc FILE | ckpt explain'],
];

/** The lines of a text, and what ends the reading. */
export interface TextLines {
  /** Without line feeds; of a line over {@link LONGEST_LINE} its beginning. Bytes that are not UTF-8 become U+FFFD. */
  readonly lines: AsyncIterable<string>;
  readonly close: () => Promise<void>;
}

/**
 * Opens a text; `-` is standard input. Memory does not grow with its size.
 *
 * @throws CkptError `not-found`, `permission-denied`, `not-a-regular-file`, `io-error`; `unknown-format` for an image or a compressed file
 */
export async function openLog(path: string): Promise<TextLines> {
  if (path !== '-' && pathKind(path) === 'directory') {
    const hint = `Name the files in it: ckpt explain --file ${path}/FILE --file …`;
    throw new CkptError('not-a-regular-file', { layer: 'file', file: path }, { expected: 'a log', found: 'a directory', hint });
  }
  const source = path === '-' ? openStandardInput() : openFile(path);
  try {
    const first = await source.read(BLOCK);
    for (const [magic, found, hint] of OTHERS) {
      if (magic.every((byte, index) => first[index] === byte))
        throw new CkptError('unknown-format', { layer: 'file', file: path }, { expected: 'a log as text', found, hint });
    }
    return { lines: linesOf(first, source), close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Whether standard input is a terminal, so that nothing was piped in. */
export function standardInputIsTerminal(): boolean {
  return isatty(0);
}

async function* linesOf(first: Uint8Array, source: ByteSource): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  let restLength = 0;
  for (let block = first; block.length > 0; block = await source.read(BLOCK)) {
    const pieces = decoder.decode(block, { stream: true }).split('\n');
    const last = pieces.pop() ?? '';
    for (const [index, piece] of pieces.entries()) {
      yield index === 0 ? (rest + piece).slice(0, LONGEST_LINE) : piece.slice(0, LONGEST_LINE);
      if (index === 0) rest = '';
    }
    if (pieces.length > 0) restLength = 0;
    if (restLength < LONGEST_LINE) rest += last.slice(0, LONGEST_LINE - restLength);
    restLength += last.length;
  }
  rest += decoder.decode();
  if (rest !== '' || restLength > 0) yield rest;
}
