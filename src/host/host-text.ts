/** The text of a host description. */
import { CkptError, type ErrorCode } from '../errors.ts';

/** One line with its number, 1-based, without the white space around it. */
export interface TextLine {
  readonly number: number;
  readonly text: string;
}

/** An error in a host description, at a line when there is one. */
export function hostError(code: ErrorCode, line: number | null, expected: string, found: string, hint?: string): CkptError {
  return new CkptError(code, line === null ? { layer: 'host' } : { layer: 'host', line }, {
    expected,
    found,
    ...(hint === undefined ? {} : { hint }),
  });
}

/**
 * The bytes of a host description as text: UTF-8, or UTF-16 behind its byte order mark, as PowerShell writes what is redirected into a
 * file. The mark is dropped.
 *
 * @throws CkptError `empty` when there is nothing but white space, `unknown-format` when the bytes are not text.
 */
export function decodeHostText(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  const text = new TextDecoder(encoding).decode(bytes);
  if (encoding === 'utf-8' ? bytes.includes(0) : text.includes('\0')) {
    throw new CkptError(
      'unknown-format',
      { layer: 'host' },
      {
        expected: 'a host description, which is text',
        found: `binary data of ${bytes.length} bytes`,
        hint:
          bytes[0] === 0x67 && bytes[1] === 0x56
            ? 'This looks like a checkpoint image: give it as the image, not as the host'
            : FORMATS_HINT,
      },
    );
  }
  if (text.trim() === '')
    throw hostError(
      'empty',
      null,
      'a host description',
      bytes.length === 0 ? 'no bytes' : 'nothing but white space',
      FORMATS_HINT,
    );
  return text;
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** What to give instead, for errors about unknown formats. */
export const FORMATS_HINT =
  'Accepted are: a profile of `ckpt host capture`, the output of the probe (`ckpt host probe`), `cpuid -r`, `kcpuid -r`, ' +
  'a CPUID dump of InstLatX64 or AIDA64, <cpudata> of libvirt, a CPU configuration of Firecracker, `runsc cpu-features`, /proc/cpuinfo, ' +
  '`lscpu`, `lscpu -J`, and nodes of Kubernetes (`kubectl get nodes -o json`)';

/** The lines that are not blank. */
export function textLines(text: string): TextLine[] {
  const lines: TextLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line !== '') lines.push({ number: index + 1, text: line });
  }
  return lines;
}

/** A line or a value for an error message: quoted, at most 60 characters. */
export function quoteLine(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}
