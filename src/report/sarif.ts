/** SARIF 2.1.0, the parts of it that answers of `ckpt` need. */
import { escapeText } from './escape.ts';
import { artifactUri } from './sarif-uri.ts';

type Level = 'none' | 'note' | 'warning' | 'error';

/** A rule as a document tells it; the texts are Markdown without anything of the inputs. */
export interface SarifRule {
  readonly id: string;
  readonly title: string;
  readonly meaning: string;
  readonly help: string;
  /** Where the page of the rule lies, or null when that is not known. */
  readonly page: string | null;
  readonly tags: readonly string[];
}

/** One result. Texts may hold anything, and are escaped here. */
export interface SarifResult {
  readonly ruleId: string;
  /** `fail` with how grave it is, or `open`: it cannot be decided. */
  readonly level: 'error' | 'warning' | 'note' | 'open';
  readonly message: string;
  /** As it was named on the command line. */
  readonly artifact: string;
  /** What it is about beside the file, such as a host. */
  readonly logical: { readonly name: string; readonly kind: string } | null;
  /** What makes the result the same one in another run. */
  readonly identity: readonly string[];
  readonly suppressions: readonly { readonly status: 'accepted' | 'rejected'; readonly justification: string }[];
  readonly baselineState?: 'new' | 'unchanged';
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface SarifNotification {
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  /** A code, or null. */
  readonly id: string | null;
  readonly artifact: string | null;
}

export interface SarifInput {
  readonly tool: { readonly name: string; readonly version: string };
  readonly exitCode: number;
  /** Whether everything could be read. */
  readonly successful: boolean;
  readonly rules: readonly SarifRule[];
  readonly results: readonly SarifResult[];
  readonly notifications: readonly SarifNotification[];
  readonly artifacts: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * The most results of a run. What is left out is told in a notification.
 *
 * @see https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning: GitHub
 * refuses a file whose run has more
 */
export const MOST_RESULTS = 25_000;

const GRAVITY = { error: 0, open: 1, warning: 2, note: 3 } as const satisfies Record<SarifResult['level'], number>;

/** The log as a plain value. Rules, results and files are in the order given; of too many results the gravest stay. */
export function sarifLog(input: SarifInput): object {
  const { tool, exitCode, successful, notifications, artifacts, properties } = input;
  const results = gravest(input.results);
  const left = input.results.length - results.length;
  const used = new Set(results.map(({ ruleId }) => ruleId));
  const rules = input.rules.filter(({ id }) => used.has(id));
  // By their URIs: two names can mean one file, and each must stand here once.
  const files = new Map([...new Set(artifacts.map(artifactUri))].map((uri, index) => [uri, index]));
  const told = left === 0 ? notifications : [...notifications, leftOut(left)];
  const seen = new Map<string, number>();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: tool.name, semanticVersion: tool.version, rules: rules.map(ruleObject) } },
        invocations: [
          {
            executionSuccessful: successful,
            exitCode,
            toolExecutionNotifications: told.map((notification) => notificationObject(notification)),
          },
        ],
        artifacts: [...files.keys()].map((uri) => ({ location: { uri }, roles: ['analysisTarget'] })),
        results: results.map((result) => resultObject(result, rules, files, seen)),
        columnKind: 'utf16CodeUnits',
        properties,
      },
    ],
  };
}

function gravest(results: readonly SarifResult[]): readonly SarifResult[] {
  if (results.length <= MOST_RESULTS) return results;
  const order = results.map((result, index) => ({ index, gravity: GRAVITY[result.level] }));
  const kept = new Set(
    order
      .sort((a, b) => a.gravity - b.gravity || a.index - b.index)
      .slice(0, MOST_RESULTS)
      .map(({ index }) => index),
  );
  return results.filter((_, index) => kept.has(index));
}

function leftOut(count: number): SarifNotification {
  const message = `${count} results are left out: code scanning takes ${MOST_RESULTS} of a run. The JSON document has all.`;
  return { level: 'warning', message, id: null, artifact: null };
}

function ruleObject({ id, title, meaning, help, page, tags }: SarifRule): object {
  return {
    id,
    name: pascalCase(title),
    shortDescription: { text: plain(title) },
    fullDescription: { text: plain(meaning), markdown: meaning },
    help: { text: plain(help), markdown: help },
    ...(page === null ? {} : { helpUri: page }),
    // That of a result which fails; others say their own.
    defaultConfiguration: { level: 'error' },
    properties: { tags, precision: 'very-high' },
  };
}

function notificationObject({ level, message, id, artifact }: SarifNotification): object {
  return {
    ...(id === null ? {} : { descriptor: { id } }),
    ...(artifact === null ? {} : { locations: [{ physicalLocation: { artifactLocation: { uri: artifactUri(artifact) } } }] }),
    level,
    message: { text: messageText(message) },
  };
}

function resultObject(
  result: SarifResult,
  rules: readonly SarifRule[],
  files: ReadonlyMap<string, number>,
  seen: Map<string, number>,
): object {
  const { ruleId, level, message, artifact, logical, identity, suppressions, baselineState, properties } = result;
  const uri = artifactUri(artifact);
  const index = files.get(uri);
  const fingerprint = fingerprintOf(identity);
  const occurrence = (seen.get(fingerprint) ?? 0) + 1;
  seen.set(fingerprint, occurrence);
  return {
    ruleId,
    ruleIndex: rules.findIndex(({ id }) => id === ruleId),
    kind: level === 'open' ? 'open' : 'fail',
    // The standard: where the kind is another than fail, there is no level.
    level: (level === 'open' ? 'none' : level) satisfies Level,
    message: { text: messageText(message) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri, ...(index === undefined ? {} : { index }) },
          region: { startLine: 1 },
        },
        ...(logical === null ? {} : { logicalLocations: [{ name: escapeText(logical.name), kind: logical.kind }] }),
      },
    ],
    // The name under which GitHub looks for it, with the number of the occurrence behind the colon.
    partialFingerprints: { primaryLocationLineHash: `${fingerprint}:${occurrence}`, 'ckptFinding/v1': fingerprint },
    ...(suppressions.length === 0
      ? {}
      : {
          suppressions: suppressions.map(({ status, justification }) => ({
            kind: 'external',
            status,
            justification: escapeText(justification),
          })),
        }),
    ...(baselineState === undefined ? {} : { baselineState }),
    properties,
  };
}

/**
 * Text as a message: its brackets begin no link, its braces no placeholder.
 *
 * @see SARIF 2.1.0, 3.11.5 (placeholders) and 3.11.6 (embedded links)
 */
export function messageText(text: string): string {
  return literal(escapeText(text));
}

function literal(text: string): string {
  return text.replaceAll('](', '] (').replaceAll(/[[\]]/g, '\\$&').replaceAll(/[{}]/g, '$&$&');
}

/** Text of ours in Markdown as plain text, with its lines. */
function plain(markdown: string): string {
  return literal(markdown.replaceAll('`', ''));
}

function pascalCase(title: string): string {
  return title
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/**
 * 64 bits as 16 hex digits, the same for the same texts in the same order. No secret is kept by it.
 *
 * @see http://www.isthe.com/chongo/tech/comp/fnv: FNV-1a over UTF-8
 */
function fingerprintOf(identity: readonly string[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(JSON.stringify(identity)))
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
