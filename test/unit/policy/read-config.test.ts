import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../../src/documents/yaml.ts';
import { UsageError } from '../../../src/errors.ts';
import { readConfig } from '../../../src/policy/read-config.ts';

const FULL = `version: 1
images:
  - images/*
  - https://host/a.state
hosts: [prod=hosts/prod.json, current]
runsc-version: release-20260817.0
require: [oci-spec, network]
on-unknown: warn
baseline: ckpt-baseline.json
rules:
  - feature: [clflushopt, sse3]
    action: ignore
    reason: nobody uses them
  - impact: performance
    hosts: prod*
    action: warn
  - code: CKPT1602
    outcome: unknown
    action: block
waivers:
  - id: W-1
    gate: fpu-state
    images: "*/levelled*"
    reason: the thread never runs again
    owner: storage
    expires: 2026-12-31
`;

const schema = new Ajv2020({ strict: false }).compile(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/schema/config@1.schema.json'), 'utf8')),
);

function read(text: string) {
  return readConfig(text, 'ckpt.yaml', '/project');
}

function complaint(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('readConfig', () => {
  it('reads everything that a configuration can say', () => {
    const config = read(FULL);
    expect(config).toMatchObject({
      images: ['images/*', 'https://host/a.state'],
      hosts: ['prod=hosts/prod.json', 'current'],
      runscVersion: 'release-20260817.0',
      require: ['oci-spec', 'network'],
      onUnknown: 'warn',
      baseline: 'ckpt-baseline.json',
    });
    expect(config.rules.map(({ action, reason, place }) => [action, reason, place])).toEqual([
      ['ignore', 'nobody uses them', 'ckpt.yaml:11'],
      ['warn', null, 'ckpt.yaml:14'],
      ['block', null, 'ckpt.yaml:17'],
    ]);
    expect(config.waivers).toMatchObject([
      { id: 'W-1', reason: 'the thread never runs again', owner: 'storage', expires: '2026-12-31', place: 'ckpt.yaml:21' },
    ]);
  });

  it('takes features in any spelling', () => {
    expect(read(FULL).rules[0]?.selector.features).toEqual(['clfushopt', 'pni']);
    expect(read('rules: [{feature: aes, action: warn}]').rules[0]?.selector.features).toEqual(['aes', 'aes']);
  });

  it('takes an empty file for one that says nothing', () => {
    for (const text of ['', '# nothing\n', '---\n', 'null\n', '{}'])
      expect(read(text)).toMatchObject({ images: null, hosts: null, rules: [], waivers: [], baseline: null });
  });

  const WRONG: readonly (readonly [what: string, text: string, complaint: RegExp])[] = [
    ['an unknown key', 'imagse: a\n', /^ckpt\.yaml:1: imagse: unknown key; did you mean images\?$/],
    ['an unknown key that is near none', '\nfoo: 1\n', /^ckpt\.yaml:2: foo: unknown key; known are version, images/],
    [
      'an unknown key of a rule',
      'rules:\n  - featrue: erms\n    action: warn\n',
      /^ckpt\.yaml:2: rules\[0\]\.featrue: unknown key; did you mean feature\?$/,
    ],
    ['a prototype key', '__proto__: 1\n', /^ckpt\.yaml:1: __proto__: unknown key/],
    [
      'a waiver without a reason',
      'waivers:\n  - id: a\n    gate: pages\n',
      /^ckpt\.yaml:2: waivers\[0\]: a waiver needs a reason$/,
    ],
    [
      'a waiver with an empty reason',
      'waivers: [{id: a, gate: pages, reason: "  "}]',
      /waivers\[0\]\.reason: expected a text, found an empty one$/,
    ],
    ['a waiver without an id', 'waivers: [{gate: pages, reason: x}]', /a waiver needs an id$/],
    ['a waiver for everything', 'waivers: [{id: a, reason: x}]', /a waiver needs one of gate, code, feature, impact/],
    [
      'a waiver for a place alone',
      'waivers: [{id: a, reason: x, images: "*"}]',
      /a waiver needs one of gate, code, feature, impact/,
    ],
    [
      'two waivers of one id',
      'waivers:\n- {id: a, gate: pages, reason: x}\n- {id: a, gate: gpu, reason: x}\n',
      /^ckpt\.yaml:3: waivers\[1\]\.id: the waiver "a" is there twice, first at ckpt\.yaml:2$/,
    ],
    [
      'a day that is none',
      'waivers: [{id: a, gate: pages, reason: x, expires: 2026-02-30}]',
      /expected a day as YYYY-MM-DD, found "2026-02-30"$/,
    ],
    ['a day in words', 'waivers: [{id: a, gate: pages, reason: x, expires: tomorrow}]', /expected a day as YYYY-MM-DD/],
    ['a rule without an action', 'rules: [{gate: pages}]', /a rule needs an action: block, warn or ignore$/],
    ['an unknown action', 'rules: [{gate: pages, action: warm}]', /unknown value "warm"; did you mean warn\?$/],
    ['an unknown gate', 'require: cpu-feature', /unknown value "cpu-feature"; did you mean cpu-features\?$/],
    ['an unknown code', 'rules: [{code: CKPT1600, action: warn}]', /unknown value "CKPT1600"/],
    ['an unknown feature', 'rules: [{feature: avx1024, action: warn}]', /gVisor compares no feature "avx1024"/],
    ['a number for a text', 'runsc-version: 20260817', /expected a text, found number 20260817; quote it$/],
    ['a list of nothing', 'rules: [{gate: [], action: warn}]', /expected at least one value, found an empty list$/],
    ['a rule that is a text', 'rules: [warn]', /rules\[0\]: expected keys with values, found string "warn"$/],
    ['rules that are no list', 'rules: {gate: pages}', /rules: expected a list, found keys with values$/],
    ['another version', 'version: 2', /version: expected 1, the version of this form, found number 2$/],
    ['a list', '- a\n', /^ckpt\.yaml:1: expected keys with values, found a list$/],
    ['a key twice', 'images: a\nimages: b\n', /^ckpt\.yaml:2: not YAML: Map keys must be unique/],
    ['bad YAML', 'images: [a\n', /^ckpt\.yaml:\d: not YAML: /],
    ['two documents', 'images: a\n---\nimages: b\n', /expected one document, found 2/],
    [
      'an endless alias',
      `${Array.from({ length: 30 }, (_, i) => `a${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`).join('\n')}\n`,
      /^ckpt\.yaml: not YAML: Excessive alias count/,
    ],
  ];

  it.each(WRONG)('refuses %s with its place', (_what, text, expected) => {
    expect(complaint(text)).toMatch(expected);
  });

  it('agrees with the published schema', () => {
    expect(schema(parseYaml(FULL)[0]?.value)).toBe(true);
    // What a schema cannot say: features, days that there are, ids, codes that do not exist; and what is no document at all.
    const beyond = /feature "avx1024"|as YYYY-MM-DD, found "2026-02-30"|there twice|"CKPT1600"|not YAML|one document/;
    for (const [what, text, expected] of WRONG) {
      if (beyond.test(complaint(text))) continue;
      expect(schema(parseYaml(text)[0]?.value), `${what}: ${expected}`).toBe(false);
    }
  });
});
