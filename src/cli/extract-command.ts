/** `ckpt extract`. */
import { extractArchive, extractDirectory, listFiles } from '../extract.ts';
import { extractMemory } from '../extract-memory.ts';
import type { ExtractError } from '../extraction/document.ts';
import type { ProcessIo } from '../io/process-io.ts';
import { maySetOwners } from '../io/target-tree.ts';
import { documentErrorLine } from './error-message.ts';
import { extractSpecsTo } from './extract-specs-command.ts';
import { hmacKey } from './hmac-key.ts';
import type { ExtractInvocation } from './invocation.ts';
import { progress } from './progress.ts';
import { json, type Renderers, writeDocuments } from './write-documents.ts';

/** Thrown to stop an archive that nobody reads any more. */
const READER_IS_GONE = new Error('the reader has gone away');

/** @returns 0, or 3 when not everything that was asked for could be read */
export async function runExtract(invocation: ExtractInvocation, io: ProcessIo): Promise<0 | 3> {
  const key = hmacKey(io, invocation.keyFile, invocation.limits);
  try {
    switch (invocation.action) {
      case 'spec':
        return await extractSpecsTo(invocation, key, io);
      case 'memory':
        return await runMemory(invocation, key, io);
      default:
        return await runFiles(invocation, key, io);
    }
  } catch (error) {
    if (error === READER_IS_GONE) return 0;
    throw error;
  }
}

type Key = { readonly key?: Uint8Array };

async function runFiles(invocation: ExtractInvocation, key: Key, io: ProcessIo): Promise<0 | 3> {
  const { image, action, directory, container, paths, whiteouts, limits, force, devices, preserve, owners } = invocation;
  const line = progress(io, 'extracting');
  const options = {
    ...key,
    limits,
    paths,
    whiteouts,
    ...(container === null ? {} : { container }),
    onProgress: (done: number, total: number) => line.update(done, total),
  };
  const file = invocation.file ?? '-';
  const compression = invocation.compression === null ? {} : { compression: invocation.compression };
  const work =
    action === 'list'
      ? listFiles(image, options)
      : action === 'archive'
        ? extractArchive(image, placeOf(file, force, io), { ...options, ...compression })
        : extractDirectory(image, directory ?? '.', { ...options, force, devices, preserve, owners: owners && maySetOwners() });
  const document = await work.finally(() => line.end());
  await tellErrors(image, document.errors, io);
  await writeReport(invocation, io, {
    json: () => json(document),
    text: async (style) => {
      const { renderExtractText } = await import('../report/extract-text.ts');
      return renderExtractText(document, style);
    },
  });
  return document.errors.length === 0 && document.totals.failed === 0 ? 0 : 3;
}

async function runMemory(invocation: ExtractInvocation, key: Key, io: ProcessIo): Promise<0 | 3> {
  const { image, pid, file, force, limits } = invocation;
  const line = progress(io, 'extracting memory');
  const document = await extractMemory(image, pid ?? 0, placeOf(file ?? '-', force, io), {
    ...key,
    limits,
    onProgress: (done, total) => line.update(done, total),
  }).finally(() => line.end());
  await tellErrors(image, document.errors, io);
  await writeReport(invocation, io, {
    json: () => json(document),
    text: async (style) => {
      const { renderCoreText } = await import('../report/core-text.ts');
      return renderCoreText(document, style);
    },
  });
  return document.errors.length === 0 ? 0 : 3;
}

function placeOf(file: string, force: boolean, io: ProcessIo) {
  if (file !== '-') return { file, force };
  return {
    write: async (bytes: Uint8Array): Promise<void> => {
      await io.stdout.write(bytes);
      if (io.stdout.closed) throw READER_IS_GONE;
    },
  };
}

async function tellErrors(image: string, errors: readonly ExtractError[], io: ProcessIo): Promise<void> {
  for (const error of errors) await io.stderr.write(documentErrorLine({ image, ...error }));
}

/** The document, on standard error where what was taken out is on standard output. */
async function writeReport(invocation: ExtractInvocation, io: ProcessIo, render: Renderers): Promise<void> {
  const taken = invocation.action !== 'list' && invocation.file === '-';
  await writeDocuments(taken ? { ...io, stdout: io.stderr } : io, invocation, render);
}
