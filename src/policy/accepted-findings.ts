/** The file of accepted findings: what was there when a gate was introduced, and does not count until it changes. */
import { CkptError } from '../errors.ts';
import type { Finding } from '../restore/finding.ts';
import type { CheckResult } from '../restore/result.ts';

const SCHEMA = 'ckpt/accepted@1';

/** One accepted finding: enough to know it again, whatever the words of its message. */
export interface AcceptedFinding {
  readonly image: string;
  readonly host: string;
  readonly gate: string;
  readonly code: string;
  readonly feature: string | null;
}

export type AcceptedFindings = ReadonlySet<string>;

/** What makes two findings the same one. */
export function findingKey({ image, host, gate, code, feature }: AcceptedFinding): string {
  return JSON.stringify([image, host, gate, code, feature]);
}

/** A finding of a pair as it would be accepted. */
export function acceptedFinding(
  { image, host }: CheckResult,
  { gate, code, feature }: Finding,
  imageName: (path: string) => string,
): AcceptedFinding {
  return { image: imageName(image.path), host: host.name, gate, code, feature };
}

/** The document, its findings in the order given; the same from run to run. */
export function acceptedDocument(findings: readonly AcceptedFinding[]): object {
  return { schema: SCHEMA, findings };
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
  return new Set(
    findings.map((finding: unknown, index) => {
      const path = `$.findings[${index}]`;
      const fields = fieldsOf(finding, file, path);
      const text = (key: string): string => {
        const value = fields[key];
        if (typeof value !== 'string')
          throw bad(file, `${path}.${key}`, 'a text', value === undefined ? 'nothing' : typeof value);
        return value;
      };
      const { feature } = fields;
      return findingKey({
        image: text('image'),
        host: text('host'),
        gate: text('gate'),
        code: text('code'),
        feature: feature === null || feature === undefined ? null : text('feature'),
      });
    }),
  );
}

function fieldsOf(value: unknown, file: string, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(file, path, 'an object', Array.isArray(value) ? 'a list' : String(value));
  return value as Readonly<Record<string, unknown>>;
}

function bad(file: string, path: string, expected: string, found: string): CkptError {
  const hint = 'Write it again with --baseline-write';
  return new CkptError('bad-policy', { layer: 'policy', file, path }, { expected, found, hint });
}
