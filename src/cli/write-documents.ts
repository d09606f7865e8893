/** Sends a document to where it was asked for. */
import { writeOutputFile } from '../io/output-file.ts';
import type { ProcessIo } from '../io/process-io.ts';
import type { TextOptions } from '../report/style.ts';
import type { Format, OutputOptions } from './invocation.ts';

/** Columns of a text that goes to no terminal. */
const FILE_COLUMNS = 100;
const LEAST_COLUMNS = 40;

/** How a document looks in each format; only what is asked for is rendered. */
export type Renderers = { readonly [F in Format]: (options: TextOptions & { readonly toFile: boolean }) => Promise<string> };

/**
 * Renders and writes a document to all its destinations: files first, so that a closed pipe does not keep them from being written.
 *
 * @throws UsageError when one cannot be written
 */
export async function writeDocuments(io: ProcessIo, { destinations, color }: OutputOptions, render: Renderers): Promise<void> {
  for (const { format, file } of [...destinations].sort((a, b) => Number(a.file === null) - Number(b.file === null))) {
    if (file === null) await io.stdout.write(await render[format](terminalOptions(io, color)));
    else writeOutputFile(file, await render[format]({ color: color === 'always', width: FILE_COLUMNS, toFile: true }));
  }
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
export async function json(document: object): Promise<string> {
  const { renderJson } = await import('../report/json.ts');
  return renderJson(document);
}
