/** What to say of a file that is no host description. */
import type { CkptError } from '../errors.ts';
import { FORMATS_HINT, hostError } from './host-text.ts';
import { jsonErrorLine } from './json-shape.ts';

/** What a file may be instead, and what to do then. Names of kinds are repeated, nothing else of what is in the file. */
interface Guess {
  readonly found: string;
  readonly hint: string;
  readonly line?: number | null;
}

/** Words of a document's own kind that an error may repeat. */
const KIND_WORD = /^[A-Za-z][A-Za-z0-9]{0,62}$/;

/** The error for a text of `bytes` bytes in which no mark of any format was found. */
export function unknownFormat(text: string, bytes: number): CkptError {
  const start = text.trimStart();
  const guess = start.startsWith('<')
    ? guessXml(start, bytes)
    : start.startsWith('{') || start.startsWith('[')
      ? guessJson(text, bytes)
      : (guessYaml(start) ?? guessText(text, bytes));
  return hostError('unknown-format', guess.line ?? null, 'a host description', guess.found, guess.hint);
}

function guessText(text: string, bytes: number): Guess {
  // Bytes that are no UTF-8 have become U+FFFD.
  return { found: `${text.includes('\ufffd') ? 'binary data' : 'other text'} of ${bytes} bytes`, hint: FORMATS_HINT };
}

/** Documents of libvirt by their root element. @see https://libvirt.org/format.html */
const LIBVIRT_ROOTS: ReadonlySet<string> = new Set([
  'capabilities',
  'domainCapabilities',
  'domain',
  'cpu',
  'cpus',
  'host',
  'hostCPUs',
  'cliOutput',
]);

function guessXml(start: string, bytes: number): Guess {
  if (/^(?:<!doctype\s+html|<html)[\s>]/i.test(start)) {
    return {
      found: `an HTML page of ${bytes} bytes`,
      hint: 'A download may have given a web page, or a page of an error, in place of the file: fetch the raw file',
    };
  }
  const root = /^[A-Za-z][A-Za-z0-9]{0,62}/.exec(start.slice(rootAt(start)))?.[0];
  if (root !== undefined && LIBVIRT_ROOTS.has(root)) {
    return {
      found: `<${root}> of libvirt, which names a CPU model and some features and holds no CPUID`,
      hint: 'Describe the machine itself: run `cpuid -r` or the probe (`ckpt host probe`) there, or name the model (`cpu:EPYC-Milan`)',
    };
  }
  return { found: `XML of ${bytes} bytes that holds no <cpudata>`, hint: FORMATS_HINT };
}

/** Where the name of the first element begins; comments, declarations and processing instructions come before it. */
function rootAt(text: string): number {
  let at = 0;
  for (;;) {
    const open = text.indexOf('<', at);
    if (open === -1) return text.length;
    const end = text.startsWith('<!--', open) ? '-->' : text.startsWith('<?', open) || text.startsWith('<!', open) ? '>' : null;
    if (end === null) return open + 1;
    const close = text.indexOf(end, open);
    if (close === -1) return text.length;
    at = close + end.length;
  }
}

function guessJson(text: string, bytes: number): Guess {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return {
      found: `${bytes} bytes that begin like JSON and are not`,
      line: jsonErrorLine(text, error),
      hint: `The file may be cut off. ${FORMATS_HINT}`,
    };
  }
  const own = (key: string): unknown =>
    typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
  const [kind, schema] = [own('kind'), own('schema')];
  if (typeof kind === 'string' && KIND_WORD.test(kind) && own('apiVersion') !== undefined) return guessKubernetes(kind);
  if (typeof schema === 'string' && /^ckpt\/[a-z-]{1,40}@\d{1,3}$/.test(schema)) {
    return { found: `a document ${schema} of ckpt, which describes no host`, hint: 'Capture the host with `ckpt host capture`' };
  }
  return { found: `other JSON of ${bytes} bytes`, hint: FORMATS_HINT };
}

function guessYaml(start: string): Guess | null {
  if (!/^apiVersion:/m.test(start)) return null;
  const kind = /^kind: *["']?([A-Za-z][A-Za-z0-9]{0,62})["']?\s*(?:#|$)/m.exec(start)?.[1];
  return kind === undefined ? null : guessKubernetes(kind);
}

function guessKubernetes(kind: string): Guess {
  return {
    found: `a Kubernetes object of the kind ${kind}`,
    hint: 'Of Kubernetes, nodes are hosts: `kubectl get nodes -o json`, or a NodeFeature',
  };
}
