/** The memory of one process out of an image, as an ELF core file. */

import { dirname } from 'node:path';
import { CkptError, UsageError } from './errors.ts';
import { type CoreDocument, coreDocument } from './extraction/core-document.ts';
import { type CoreLayout, coreLayout } from './extraction/core-layout.ts';
import { coreNotes } from './extraction/core-notes.ts';
import { writeCore } from './extraction/core-writer.ts';
import { type OutputPlace, openOutput } from './extraction/output.ts';
import { shownPath } from './io/http-address.ts';
import { addressPieces } from './kernel/memory/address-bytes.ts';
import type { AddressSpace } from './kernel/memory/address-space.ts';
import { readProcessMemory } from './kernel/memory/process-memory.ts';
import { readProcesses, type SavedProcess } from './kernel/tasks/processes.ts';
import { kernelFields } from './kernel/threads.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { type MemoryStretch, openPageReader, type PageReader } from './pages/page-reader.ts';
import { openSavedImage, type SavedImage } from './saved-image.ts';

export interface ExtractMemoryOptions {
  readonly key?: Uint8Array;
  readonly limits?: Limits;
  /** Is told of the bytes of memory that were written, and of how many there are. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Mappings and stretches of pages that are looked at, in units of the limit `elements`: that is quickly done. */
const BUDGET_UNITS = 16;
/** Bytes of the arguments that a core file has room for. @see Linux include/uapi/linux/elfcore.h: ELF_PRARGSZ */
const ARGUMENT_BYTES = 80n;

/**
 * Writes a process as a core file: the content of its mappings where it is saved, registers of its threads, and the files that it maps.
 * What a core file of Linux has beyond that is not in an image: pages of files of the host.
 *
 * @param pid as `ckpt inspect` shows it.
 * @throws CkptError of any layer up to the kernel, and of its pages; UsageError when there is no such process or the output cannot be
 *   written.
 */
export async function extractMemory(
  path: string,
  pid: number,
  place: OutputPlace,
  { key, limits = DEFAULT_LIMITS, onProgress }: ExtractMemoryOptions = {},
): Promise<CoreDocument> {
  const scratch = 'file' in place ? dirname(place.file) : null;
  const image = await openSavedImage(path, { limits, scratch, ...(key === undefined ? {} : { key }) });
  try {
    const found = findProcess(image, pid);
    const budget = { left: limits.elements * BUDGET_UNITS };
    const errors: CkptError[] = [...image.errors];
    const layout = image.opened?.memory?.layout ?? null;
    if (layout === null) image.memoryPages();
    const places = layout === null ? image.memoryPages() : openPageReader(layout, null);
    const core = coreLayout(found.space, places, budget, (error) => errors.push(error));
    await image.openPages((system) => (system === null ? wantedOf(core) : []), onProgress);
    const pages = image.memoryPages();
    const notes = coreNotes({
      process: found.process,
      fpu: new Map(
        (image.opened?.kernel?.fpStates ?? []).flatMap(({ thread, bytes }) =>
          thread === null || bytes === null ? [] : [[thread.objectId, bytes] as const],
        ),
      ),
      xcr0: image.opened?.cpu.featureSet.xcr0 ?? null,
      arguments: await argumentsOf(found.space, pages, budget),
      auxv: found.space.auxv,
      mappings: core.mappings,
    });
    const total = core.mappings.reduce((sum, { saved }) => sum + saved, 0);
    const output = openOutput(place, 0o600);
    let done = 0;
    try {
      const machine = image.opened?.cpu.arch === 'arm64' ? 'arm64' : 'amd64';
      await writeCore({ machine, segments: core.segments, notes }, pages, output, (count) => {
        done += count;
        onProgress?.(done, total);
      });
      await image.end();
      output.finish();
    } catch (error) {
      output.abandon();
      throw error;
    }
    return coreDocument(shownPath(path), 'file' in place ? place.file : null, { ...found, core, errors });
  } catch (error) {
    throw error instanceof CkptError ? error.at({ file: shownPath(path) }) : error;
  } finally {
    await image.close();
  }
}

interface FoundProcess {
  readonly process: SavedProcess;
  readonly space: AddressSpace;
}

function findProcess({ opened, errors, path }: SavedImage, pid: number): FoundProcess {
  const kernel = opened?.kernel ?? null;
  if (kernel === null) throw errors[0] ?? noKernel(path);
  const note = (): void => {};
  const memories = readProcessMemory(kernel, note);
  const memory = memories.find((candidate) => candidate.pid === pid);
  if (memory === undefined)
    throw new UsageError(`the image has no process ${pid}; it has ${memories.map((other) => other.pid).join(', ')}`);
  if (memory.space === null) throw new UsageError(`process ${pid} has no memory any more: it has ended`);
  const process = readProcesses(kernel.graph, kernel.threads, kernelFields(kernel.graph), note).find(
    (candidate) => candidate.pid === pid,
  );
  if (process === undefined) throw errors[0] ?? noKernel(path);
  return { process, space: memory.space };
}

/** What a core file takes out of the pages. */
function* wantedOf({ segments }: CoreLayout): Generator<MemoryStretch> {
  for (const { pieces } of segments)
    for (const { owner, offset, start, end } of pieces) yield { owner, offset, length: Number(end - start) };
}

async function argumentsOf(space: AddressSpace, pages: PageReader, budget: { left: number }): Promise<Uint8Array | null> {
  const { start, end } = space.argv;
  if (start === 0n || end <= start) return null;
  const pieces = addressPieces(space, { start, end: end - start > ARGUMENT_BYTES ? start + ARGUMENT_BYTES : end }, budget) ?? [];
  const parts: Uint8Array[] = [];
  for (const piece of pieces) {
    if (piece.kind === 'zeros') parts.push(new Uint8Array(piece.length));
    else if (pages.has(piece.owner))
      parts.push(await pages.read({ owner: piece.owner, offset: piece.start, length: piece.end - piece.start }));
  }
  return parts.length === 0 ? null : Buffer.concat(parts);
}

function noKernel(path: string): CkptError {
  return new CkptError(
    'fscheckpoint',
    { layer: 'container', file: path },
    { expected: 'a full checkpoint, which has processes', found: 'a filesystem checkpoint', hint: 'It holds files only' },
  );
}
