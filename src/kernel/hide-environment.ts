/** Keeps the values of environment variables out of what is shown of a kernel graph. */

/** What stands in the place of a value. */
export const HIDDEN = '<hidden>';

const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)=/;

/**
 * The text without the values of environment variables, or null when it has none.
 *
 * Hidden are the values in `"env": ["NAME=value", …]` anywhere in the text, as in an OCI spec, whether or not the text is whole or valid
 * JSON; and the value of a text that is `NAME=value` when it is an element of a list, as in the arguments of a call of execve.
 *
 * @see gVisor pkg/sentry/kernel: Kernel.additionalCheckpointState, runExecveAfterExecveCredsLock.envv; OCI runtime spec, process.env.
 */
export function hideEnvironment(text: string, inList: boolean): string | null {
  if (inList) {
    const name = VARIABLE.exec(text)?.[1];
    if (name !== undefined) return `${name}=${HIDDEN}`;
  }
  return text.includes('"env"') ? hideLists(text) : null;
}

/** Replaces what stands behind the first `=` in each string of each list called `env`. */
function hideLists(text: string): string | null {
  const begin = /"env"\s*:\s*\[/g;
  const parts: string[] = [];
  let copied = 0;
  while (begin.exec(text) !== null) {
    let at = begin.lastIndex;
    for (;;) {
      const entry = /\s*,?\s*"/y;
      entry.lastIndex = at;
      if (!entry.test(text)) break;
      const end = endOfString(text, entry.lastIndex);
      const equals = text.indexOf('=', entry.lastIndex);
      if (equals >= 0 && equals < end) {
        parts.push(text.slice(copied, equals + 1), HIDDEN);
        copied = end;
      }
      at = end + 1;
    }
    begin.lastIndex = Math.max(begin.lastIndex, Math.min(at, text.length));
  }
  return copied === 0 ? null : parts.join('') + text.slice(copied);
}

/** Index of the quote that ends the JSON string whose first character is at `from`, or the end of the text. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return text.length;
}
