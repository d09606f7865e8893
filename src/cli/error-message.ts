/** The only place where errors become words for a terminal, and exit codes. */
import { CkptError, UsageError } from '../errors.ts';
import { shownPath } from '../io/http-address.ts';
import { escapeText } from '../report/escape.ts';

export interface ErrorMessage {
  /** Lines for standard error, ending with one newline. */
  readonly text: string;
  readonly exitCode: 2 | 3 | 70;
}

/** An entry of `errors` in a document. */
export interface DocumentError {
  readonly image?: string;
  readonly host?: string;
  readonly spec?: string;
  readonly tree?: string;
  readonly layer: string;
  readonly message: string;
}

/**
 * What to tell people about an error.
 *
 * @param debug show where in ckpt a defect was noticed
 */
export function errorMessage(error: unknown, debug: boolean): ErrorMessage {
  if (error instanceof CkptError)
    return { text: inputLine(error.place.file ?? null, error.place.layer, error.message), exitCode: 3 };
  if (error instanceof UsageError) return { text: `ckpt: ${escapeText(error.message)}\n`, exitCode: 2 };
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const where =
    debug && error instanceof Error && error.stack !== undefined
      ? `${error.stack.split('\n').map(escapeText).join('\n')}\n`
      : 'Set CKPT_DEBUG=1 to see where it happened.\n';
  const text = `ckpt: this is a defect in ckpt: ${escapeText(what)}\nPlease report it to those you have ckpt from, with the command that you gave. ${where}`;
  return { text, exitCode: 70 };
}

/** The line for an input that a document reports as unreadable. */
export function documentErrorLine(error: DocumentError): string {
  return inputLine(error.image ?? error.host ?? error.spec ?? error.tree ?? null, error.layer, error.message);
}

/** A warning about an answer that was given all the same. */
export function warningLine(message: string): string {
  return `ckpt: warning: ${escapeText(message)}\n`;
}

/** The file takes the place of the layer, unless there is none. */
function inputLine(file: string | null, layer: string, message: string): string {
  const prefix = `${layer}: `;
  const said = file !== null && message.startsWith(prefix) ? `${shownPath(file)}: ${message.slice(prefix.length)}` : message;
  return `ckpt: ${escapeText(said)}${/[.?!]$/.test(said) ? '' : '.'}\n`;
}
