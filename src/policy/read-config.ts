/** A configuration out of its text. */
import { namePattern } from '../bytes/name-pattern.ts';
import { findFeature } from '../cpu/feature-names.ts';
import { type TextDocument, TextSyntaxError } from '../documents/text-document.ts';
import { parseYaml } from '../documents/yaml.ts';
import { UsageError } from '../errors.ts';
import type { Finding } from '../restore/finding.ts';
import { FILESYSTEM_GATE_IDS, GATE_IDS, type GateId } from '../restore/gate-ids.ts';
import { REASON_CODES } from '../restore/reason-codes.ts';
import type { OnUnknown } from '../restore/verdict.ts';
import type { Config, NameTest, Rule, Selector, WaiverRule } from './config.ts';
import { type ConfigPlace, dayOf, entriesOf, kindOf, listOf, nameOf, placeText, refuse, textOf } from './config-place.ts';

const GATES: readonly GateId[] = [...new Set<GateId>([...GATE_IDS, ...FILESYSTEM_GATE_IDS])];
const IMPACTS = Object.keys({
  instruction: true,
  os: true,
  performance: true,
  dynamic: true,
  unnamed: true,
} satisfies Record<NonNullable<Finding['impact']>, true>) as NonNullable<Finding['impact']>[];

const ON_UNKNOWN: readonly OnUnknown[] = ['fail', 'warn', 'pass'];

const KEYS = ['version', 'images', 'hosts', 'runsc-version', 'require', 'on-unknown', 'rules', 'waivers', 'baseline'] as const;
const SELECTOR_KEYS = ['gate', 'code', 'feature', 'impact', 'outcome', 'images', 'hosts'] as const;
/** What says which findings are meant; the others only say where. */
const WHAT_KEYS = ['gate', 'code', 'feature', 'impact'] as const;
type SelectorEntries = Partial<Record<(typeof SELECTOR_KEYS)[number], ConfigPlace>>;

/**
 * Reads `ckpt.yaml` (docs/policy.md, docs/schema/config@1.schema.json).
 *
 * @param file as it is shown, for errors
 * @param directory absolute, what its paths start from
 * @throws UsageError with file, line and key for whatever is not known or not as it should be
 */
export function readConfig(text: string, file: string, directory: string): Config {
  const root: ConfigPlace = { file, document: onlyDocument(text, file), path: [], value: null };
  const entries = entriesOf({ ...root, value: root.document.value }, KEYS);
  if (entries.version !== undefined && entries.version.value !== 1)
    refuse(entries.version, `expected 1, the version of this form, found ${kindOf(entries.version.value)}`);
  const waivers = entries.waivers === undefined ? [] : elements(entries.waivers).map(waiverOf);
  refuseTwice(waivers);
  return {
    file,
    directory,
    images: texts(entries.images),
    hosts: texts(entries.hosts),
    runscVersion: entries['runsc-version'] === undefined ? null : textOf(entries['runsc-version']),
    require: entries.require === undefined ? null : listOf(entries.require).map((place) => nameOf(place, GATES)),
    onUnknown: entries['on-unknown'] === undefined ? null : nameOf(entries['on-unknown'], ON_UNKNOWN),
    rules: entries.rules === undefined ? [] : elements(entries.rules).map(ruleOf),
    waivers: waivers.map(({ waiver }) => waiver),
    baseline: entries.baseline === undefined ? null : textOf(entries.baseline),
  };
}

/** An empty file is a configuration that says nothing. */
function onlyDocument(text: string, file: string): TextDocument {
  try {
    const documents = parseYaml(text);
    if (documents.length > 1)
      throw new UsageError(`${file}: expected one document, found ${documents.length} (\`---\` divides them)`);
    return documents[0] ?? { value: null, lineOf: () => null };
  } catch (error) {
    if (!(error instanceof TextSyntaxError)) throw error;
    throw new UsageError(`${file}${error.line === null ? '' : `:${error.line}`}: not YAML: ${error.message}`);
  }
}

function texts(place: ConfigPlace | undefined): string[] | null {
  return place === undefined ? null : listOf(place).map(textOf);
}

function elements(place: ConfigPlace): ConfigPlace[] {
  if (place.value === null) return [];
  if (!Array.isArray(place.value)) refuse(place, `expected a list, found ${kindOf(place.value)}`);
  return listOf(place);
}

function ruleOf(place: ConfigPlace): Rule {
  const entries = entriesOf(place, [...SELECTOR_KEYS, 'action', 'reason']);
  if (entries.action === undefined) refuse(place, 'a rule needs an action: block, warn or ignore');
  return {
    selector: selectorOf(place, entries, 'a rule'),
    action: nameOf(entries.action, ['block', 'warn', 'ignore']),
    reason: entries.reason === undefined ? null : textOf(entries.reason),
    place: placeText(place),
  };
}

function waiverOf(place: ConfigPlace): { readonly waiver: WaiverRule; readonly id: ConfigPlace } {
  const entries = entriesOf(place, [...SELECTOR_KEYS, 'id', 'reason', 'owner', 'expires']);
  const { id, reason, owner, expires } = entries;
  if (id === undefined) refuse(place, 'a waiver needs an id');
  if (reason === undefined) refuse(place, 'a waiver needs a reason');
  const waiver = {
    id: textOf(id),
    reason: textOf(reason),
    owner: owner === undefined ? null : textOf(owner),
    expires: expires === undefined ? null : dayOf(expires),
    selector: selectorOf(place, entries, 'a waiver'),
    place: placeText(place),
  };
  return { waiver, id };
}

function refuseTwice(waivers: readonly { readonly waiver: WaiverRule; readonly id: ConfigPlace }[]): void {
  const places = new Map<string, string>();
  for (const { waiver, id } of waivers) {
    const other = places.get(waiver.id);
    if (other !== undefined) refuse(id, `the waiver ${JSON.stringify(waiver.id)} is there twice, first at ${other}`);
    places.set(waiver.id, waiver.place);
  }
}

function selectorOf(place: ConfigPlace, entries: SelectorEntries, what: string): Selector {
  if (WHAT_KEYS.every((key) => entries[key] === undefined))
    refuse(place, `${what} needs one of ${WHAT_KEYS.join(', ')}, so that it is about something`);
  const values = <T>(key: keyof SelectorEntries, read: (element: ConfigPlace) => T): T[] | null => {
    const entry = entries[key];
    if (entry === undefined) return null;
    const list = listOf(entry).map(read);
    if (list.length === 0) refuse(entry, 'expected at least one value, found an empty list');
    return list;
  };
  return {
    gates: values('gate', (element) => nameOf(element, GATES)),
    codes: values('code', (element) => nameOf(element, REASON_CODES)),
    features: values('feature', featureOf)?.flat() ?? null,
    impacts: values('impact', (element) => nameOf(element, IMPACTS)),
    outcomes: values('outcome', (element) => nameOf(element, ['fail', 'unknown'])),
    images: anyOf(values('images', patternOf)),
    hosts: anyOf(values('hosts', patternOf)),
  };
}

function patternOf(place: ConfigPlace): NameTest {
  return namePattern(textOf(place));
}

function anyOf(tests: readonly NameTest[] | null): NameTest | null {
  return tests === null ? null : (name) => tests.some((test) => test(name));
}

/** gVisor's name for a feature in any spelling, on each architecture that has it. */
function featureOf(place: ConfigPlace): string[] {
  const given = textOf(place);
  const names = (['amd64', 'arm64'] as const).flatMap((arch) => findFeature(arch, given)?.name ?? []);
  if (names.length === 0)
    refuse(place, `gVisor compares no feature ${JSON.stringify(given)}; \`ckpt explain ${given}\` may tell more`);
  return names;
}
