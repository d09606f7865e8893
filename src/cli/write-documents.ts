/** Sends a document to where it was asked for. */
import { openOutputFile, writeOutputFile } from '../io/output-file.ts';
import type { ProcessIo } from '../io/process-io.ts';
import type { TextOptions } from '../report/style.ts';
import type { Format, OutputOptions } from './invocation.ts';

/** Columns of a text that goes to no terminal. */
const FILE_COLUMNS = 100;
const LEAST_COLUMNS = 40;

/** How a document looks in each format, whole or in pieces; only what is asked for is rendered. */
export type Renderers = Readonly<Record<'text' | 'json', Renderer>> & Readonly<Partial<Record<Format, Renderer>>>;
type Renderer = (options: TextOptions & { readonly toFile: boolean }) => Promise<string | Iterable<string>>;

/**
 * Renders and writes a document to all its destinations: files first, so that a closed pipe does not keep them from being written.
 *
 * @throws UsageError when one cannot be written
 */
export async function writeDocuments(io: ProcessIo, { destinations, color }: OutputOptions, render: Renderers): Promise<void> {
  for (const { format, file } of [...destinations].sort((a, b) => Number(a.file === null) - Number(b.file === null))) {
    const renderer = render[format];
    if (renderer === undefined) throw new Error(`the command offers the format ${format} and does not write it`);
    if (file === null) {
      for (const block of blocks(await renderer(terminalOptions(io, color)))) await io.stdout.write(block);
    } else {
      writeFile(file, await renderer({ color: color === 'always', width: FILE_COLUMNS, toFile: true }));
    }
  }
}

function writeFile(path: string, content: string | Iterable<string>): void {
  if (typeof content === 'string') {
    writeOutputFile(path, content);
    return;
  }
  const file = openOutputFile(path, []);
  try {
    for (const block of blocks(content)) file.write(Buffer.from(block));
  } finally {
    file.close();
  }
}

/** Characters that are written at once. */
const BLOCK = 1024 * 1024;

/** Pieces joined to blocks of a size that is worth a write. */
function* blocks(content: string | Iterable<string>): Generator<string> {
  if (typeof content === 'string') return yield content;
  let waiting: string[] = [];
  let length = 0;
  for (const piece of content) {
    waiting.push(piece);
    length += piece.length;
    if (length < BLOCK) continue;
    yield waiting.join('');
    waiting = [];
    length = 0;
  }
  if (length > 0) yield waiting.join('');
}

function terminalOptions(io: ProcessIo, color: OutputOptions['color']): TextOptions & { readonly toFile: boolean } {
  return { color: wantsColor(io, color), width: Math.max(LEAST_COLUMNS, io.stdout.columns ?? FILE_COLUMNS), toFile: false };
}

/**
 * `--color`, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal.
 *
 * @see https://no-color.org, https://force-color.org
 */
export function wantsColor(io: ProcessIo, color: OutputOptions['color']): boolean {
  if (color !== 'auto') return color === 'always';
  if (io.env('NO_COLOR') !== undefined) return false;
  const forced = io.env('FORCE_COLOR');
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return io.stdout.isTerminal && io.env('TERM') !== 'dumb';
}

/** JSON is the same for every document. */
export async function json(document: object): Promise<Iterable<string>> {
  const { jsonPieces } = await import('../report/json.ts');
  return jsonPieces(document);
}
