/** The file of accepted findings: what was there when a gate was introduced, and does not count until it changes. */
import { CkptError } from '../errors.ts';
import type { Finding } from '../restore/finding.ts';
import type { CheckDocument, CheckResult } from '../restore/result.ts';

const SCHEMA = 'ckpt/accepted@1';

/** One accepted finding: enough to know it again, whatever the words of its message. */
export interface AcceptedFinding {
  readonly image: string;
  readonly host: string;
  readonly gate: string;
  readonly code: string;
  readonly feature: string | null;
}

/** What rules, waivers and accepted findings call an image and a host: places as seen from the directory of the configuration. */
export interface PolicyNames {
  readonly imageName: (path: string) => string;
  readonly hostName: (name: string) => string;
}

/** By {@link findingKey}. */
export type AcceptedFindings = ReadonlyMap<string, AcceptedFinding>;

/** What makes two findings the same one. */
export function findingKey({ image, host, gate, code, feature }: AcceptedFinding): string {
  return JSON.stringify([image, host, gate, code, feature]);
}

/** A finding of a pair as it would be accepted. */
export function acceptedFinding(
  { image, host }: CheckResult,
  { gate, code, feature }: Finding,
  { imageName, hostName }: PolicyNames,
): AcceptedFinding {
  return { image: imageName(image.path), host: hostName(host.name), gate, code, feature };
}

/**
 * Whether a finding is of a pair that a document answers. A pair of an image that could not be read to its end is not answered: its findings
 * may be hidden by the damage.
 */
export function answeredPairs(
  { results, errors }: Pick<CheckDocument, 'results' | 'errors'>,
  { imageName, hostName }: PolicyNames,
): (finding: Pick<AcceptedFinding, 'image' | 'host'>) => boolean {
  const unread = new Set(errors.flatMap(({ image }) => (image === undefined ? [] : [imageName(image)])));
  const pairs = new Set(results.map(({ image, host }) => JSON.stringify([imageName(image.path), hostName(host.name)])));
  return ({ image, host }) => !unread.has(image) && pairs.has(JSON.stringify([image, host]));
}

/** The document: each finding once, sorted by image, host, gate, code and feature. */
export function acceptedDocument(findings: readonly AcceptedFinding[]): object {
  const sorted = [...new Map(findings.map((finding) => [findingKey(finding), finding]))].sort(([a], [b]) => (a < b ? -1 : 1));
  return { schema: SCHEMA, findings: sorted.map(([, finding]) => finding) };
}

/** @throws CkptError `bad-policy` with the path of the value that is not as it should be */
export function readAcceptedFindings(text: string, file: string): AcceptedFindings {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    throw bad(file, '$', 'JSON', error instanceof Error ? error.message : String(error));
  }
  const { schema, findings } = fieldsOf(root, file, '$');
  if (schema !== SCHEMA) throw bad(file, '$.schema', SCHEMA, JSON.stringify(schema) ?? 'nothing');
  if (!Array.isArray(findings)) throw bad(file, '$.findings', 'a list', typeof findings);
  return new Map(
    findings.map((finding: unknown, index): [string, AcceptedFinding] => {
      const path = `$.findings[${index}]`;
      const fields = fieldsOf(finding, file, path);
      const text = (key: string): string => {
        const value = fields[key];
        if (typeof value !== 'string')
          throw bad(file, `${path}.${key}`, 'a text', value === undefined ? 'nothing' : typeof value);
        return value;
      };
      const { feature } = fields;
      const accepted = {
        image: text('image'),
        host: text('host'),
        gate: text('gate'),
        code: text('code'),
        feature: feature === null || feature === undefined ? null : text('feature'),
      };
      return [findingKey(accepted), accepted];
    }),
  );
}

function fieldsOf(value: unknown, file: string, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(file, path, 'an object', Array.isArray(value) ? 'a list' : String(value));
  return value as Readonly<Record<string, unknown>>;
}

function bad(file: string, path: string, expected: string, found: string): CkptError {
  const hint = 'Correct it; or take it away, and --baseline-write writes a new one';
  return new CkptError('bad-policy', { layer: 'policy', file, path }, { expected, found, hint });
}
