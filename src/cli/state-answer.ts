/** What the commands of the group `state` have in common: the question, warnings, and hints at what was meant. */

import { closestName } from '../closest-name.ts';
import { type ErrorDocument, UsageError } from '../errors.ts';
import type { ProcessIo } from '../io/process-io.ts';
import type { Limits } from '../limits.ts';
import type { StateImage } from '../state-document.ts';
import { TypeNameError } from '../state-find.ts';
import { PathError } from '../state-get.ts';
import { documentErrorLine, warningLine } from './error-message.ts';
import { hmacKey, keyWarnings } from './hmac-key.ts';
import type { OutputOptions } from './invocation.ts';
import { type Renderers, writeDocuments } from './write-documents.ts';

interface Question extends OutputOptions {
  readonly image: string;
  readonly keyFile: string | null;
  readonly showEnv: boolean;
  readonly limits: Limits;
}

interface Answer {
  readonly image: StateImage;
  readonly hidden?: number;
  readonly damage: ErrorDocument | null;
}

/** Names that a misspelt one is compared with. */
const COMPARED = 10_000;

/**
 * Asks, warns and writes.
 *
 * @returns 0, or 3 when the image is damaged and was answered as far as it could be read
 * @throws UsageError with what was probably meant
 */
export async function answerState<T extends Answer>(
  question: Question,
  io: ProcessIo,
  ask: (options: { readonly key?: Uint8Array; readonly showEnv: boolean; readonly limits: Limits }) => Promise<T>,
  render: (document: T) => Renderers,
): Promise<0 | 3> {
  const { image, showEnv, limits } = question;
  const key = hmacKey(io, question.keyFile, limits);
  const document = await ask({ ...key, showEnv, limits }).catch((error: unknown) => {
    throw withHint(error);
  });
  await io.stderr.write(keyWarnings(image, document.image, key));
  if (document.hidden !== undefined && document.hidden > 0)
    await io.stderr.write(warningLine('values of environment variables are hidden; --show-env shows them'));
  if (document.damage !== null) await io.stderr.write(documentErrorLine({ image, ...document.damage }));
  await writeDocuments(io, question, render(document));
  return document.damage === null ? 0 : 3;
}

/** An error about a name, with the names that were probably meant. */
function withHint(error: unknown): unknown {
  if (error instanceof PathError) {
    const meant = namesLike(error.step, error.available);
    if (meant !== null) return error.suggesting(`Did you mean ${meant}?`);
    // At the beginning somebody may not know how paths are written.
    return error.reached === 'kernel' ? error.suggesting(BEGINNINGS) : error;
  }
  if (!(error instanceof TypeNameError)) return error;
  const meant = namesLike(error.asked, error.available);
  return meant === null ? error : new UsageError(`${error.message}. Did you mean ${meant}?`);
}

const BEGINNINGS =
  'A path begins with kernel, cpu, an object such as g1r12, or a field of the kernel; its steps are .name and [key].';

/** Names of objects and indices: those that are near by their digits have nothing to do with what was asked for. */
const NUMBERED = /^(g\d+)?r?\d+$/;

/** The closest name, in upper or lower case, whole or without its folders or its package; else up to three names that hold the text. */
function namesLike(asked: string, available: readonly string[]): string | null {
  if (NUMBERED.test(asked)) return null;
  const names = available.slice(0, COMPARED).filter((name) => !NUMBERED.test(name));
  const lower = asked.toLowerCase();
  const sameLetters = names.find((name) => name.toLowerCase() === lower);
  const meant =
    sameLetters ??
    closestName(asked, names) ??
    closestName(asked, names.map(behindLast('/'))) ??
    closestName(asked, names.map(behindLast('.')), 1);
  if (meant !== null) return meant;
  const holding = lower.length < 3 ? [] : names.filter((name) => name.toLowerCase().includes(lower));
  return holding.length === 0 ? null : holding.slice(0, 3).join(', ');
}

/** `kernel.Task` of `pkg/sentry/kernel.Task`. */
function behindLast(separator: string): (name: string) => string {
  return (name) => name.slice(name.lastIndexOf(separator) + 1);
}
