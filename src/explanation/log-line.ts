/** One line of a log, without what loggers, container runtimes and terminals put around the message. */

/** What a line holds. */
export interface LogLine {
  /** The message in the forms in which it may be meant: as it stands, and with the quotes of a wrapper taken off. Several for several lines in one. */
  readonly texts: readonly string[];
  /** The logger called it an error, or the words do. */
  readonly alarming: boolean;
}

/** Wrappers that quote what they wrap, inside one another. */
const MOST_UNQUOTINGS = 3;
/** Lines inside one message (a stack trace in JSON) that are looked at. */
const MOST_INNER_LINES = 4000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals are sent is what is looked for
const ANSI = /\x1b\[[0-9;]*[A-Za-z]/g;
/** `E1123 16:53:26.867947   19874 util.go:64] `, at the begin of a line or behind what a collector put there. */
const GLOG = /(?:^|\s)([A-Z])\d{4} \d\d:\d\d:\d\d\.\d{1,9} +\d{1,10} ([\w.-]{1,60}):\d{1,6}\] /;
/** Where the prefix of a logger must begin. */
const PREFIX_ROOM = 200;
/** Files of gVisor whose lines quote what programs do, or settings. */
const QUOTING_FILES: ReadonlySet<string> = new Set(['strace.go', 'config.go', 'flags.go']);
const ALARM_LEVELS: ReadonlySet<string> = new Set(['error', 'fatal', 'panic', 'critical', 'emergency', 'alert']);
const ALARM_WORDS = /\b(?:error|failed|failure|fatal|panic|cannot|denied|refused|unable)\b/i;

/** Takes a line apart; null for one that says nothing about a failure: empty, a frame of a stack trace, a system call of a program, a setting. */
export function readLogLine(raw: string): LogLine | null {
  const line = (raw.includes('\x1b') ? raw.replaceAll(ANSI, '') : raw).trimEnd();
  if (line.trim() === '') return null;
  const glog = GLOG.exec(line.slice(0, PREFIX_ROOM));
  if (glog !== null) {
    const [whole, level, file = ''] = glog;
    if (QUOTING_FILES.has(file)) return null;
    const message = line.slice(glog.index + whole.length);
    return { texts: withUnquoted(message), alarming: level === 'E' || level === 'F' || message.startsWith('FATAL ERROR') };
  }
  const wrapped = jsonMessage(line) ?? keyedMessage(line);
  if (wrapped !== null) {
    const texts = wrapped.message.split('\n', MOST_INNER_LINES).map((one) => one.replace(GLOG, ''));
    const alarming = wrapped.level === null ? ALARM_WORDS.test(texts[0] ?? '') : ALARM_LEVELS.has(wrapped.level);
    return { texts: texts.filter((text) => text.trim() !== '' && !isFrame(text)).flatMap(withUnquoted), alarming };
  }
  if (isFrame(line)) return null;
  return { texts: withUnquoted(line), alarming: ALARM_WORDS.test(line) };
}

/** A line of the stack traces that Go prints. */
function isFrame(line: string): boolean {
  return (
    /^(?:goroutine \d+ |created by |\t|\[signal |exit status |\.\.\.)/.test(line) || /^[\w./*()-]{3,200}\(.{0,2000}\)$/.test(line)
  );
}

interface Wrapped {
  readonly message: string;
  readonly level: string | null;
}

const MESSAGE_KEYS = ['msg', 'log', 'message', 'MESSAGE', 'error', 'err', 'textPayload'] as const;
const LEVEL_KEYS = ['level', 'severity', 'lvl'] as const;

/** A line of `--log-format=json` or `json-k8s`, of containerd, Docker, journald or a collector. */
function jsonMessage(line: string): Wrapped | null {
  const at = line.indexOf('{"');
  if (at < 0 || at > PREFIX_ROOM || !line.endsWith('}')) return null;
  let value: unknown;
  try {
    value = JSON.parse(line.slice(at));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const own = (keys: readonly string[]): string[] =>
    keys.flatMap((key) => {
      const field: unknown = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
      return typeof field === 'string' && field !== '' ? [field] : [];
    });
  const messages = own(MESSAGE_KEYS);
  return messages.length === 0 ? null : { message: messages.join('\n'), level: own(LEVEL_KEYS)[0]?.toLowerCase() ?? null };
}

/** A line of logrus as Docker and containerd write it: `time="…" level=error msg="…" error="…"`. */
function keyedMessage(line: string): Wrapped | null {
  if (!line.includes('level=')) return null;
  const messages = ['msg="', 'error="'].flatMap((key) => {
    const at = line.indexOf(` ${key}`);
    const text = at < 0 ? null : quotedAt(line, at + key.length);
    return text === null ? [] : [text];
  });
  if (messages.length === 0) return null;
  const level = /(?:^|\s)level=(\w{1,12})/.exec(line.slice(0, PREFIX_ROOM))?.[1] ?? null;
  return { message: messages.join('\n'), level };
}

/** The text between a quote and the next one without a backslash before it. */
function quotedAt(line: string, quote: number): string | null {
  for (let at = quote + 1; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return unquoteOnce(line.slice(quote + 1, at));
  }
  return null;
}

function withUnquoted(text: string): string[] {
  const texts = [text];
  let current = text;
  while (texts.length <= MOST_UNQUOTINGS && current.includes('\\"')) {
    current = unquoteOnce(current);
    texts.push(...current.split('\n', MOST_INNER_LINES).filter((line) => line.trim() !== '' && !isFrame(line)));
  }
  return texts;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquoteOnce(text: string): string {
  return text.replaceAll(/\\(["\\ntr])/g, (_, character: string) => ESCAPES[character] ?? character);
}

/** What commands, sandboxes and container runtimes put before a message, the innermost last. */
const WRAPPERS = [
  'FATAL ERROR: ',
  'running container: ',
  'starting container: ',
  'starting root container: ',
  'failed to load kernel: ',
  'Restore failed: ',
  'OCI runtime restore failed: ',
  'OCI runtime create failed: ',
  'failed to restore container: ',
  'error executing callbacks: ',
] as const;
const RESTORING = /restoring container "(?:[^"\\]|\\.){0,500}": /g;
/** Messages that are looked at whole are short. */
const LONGEST_WHOLE = 1000;

/** The innermost message: without the wrappers before it, and without `: unknown` and the colon before a stack trace. */
export function innermostMessage(text: string): string {
  if (text.length > LONGEST_WHOLE) return text;
  let begin = 0;
  for (const wrapper of WRAPPERS) {
    const at = text.lastIndexOf(wrapper);
    if (at >= 0) begin = Math.max(begin, at + wrapper.length);
  }
  for (const match of text.matchAll(RESTORING)) begin = Math.max(begin, match.index + match[0].length);
  return withoutTail(text.slice(begin).trim());
}

/** Without what wrappers put behind a message, and the colon before a stack trace. */
export function withoutTail(text: string): string {
  return text.replace(/: unknown\.?$/, '').replace(/:$/, '');
}
