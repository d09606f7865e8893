import { describe, expect, it } from 'vitest';
import { CkptError } from '../../../src/errors.ts';
import { DEFAULT_LIMITS } from '../../../src/limits.ts';
import { type GoStruct, listOf, stringOf, structOf, structsOf } from '../../../src/oci/go-value.ts';
import { readSavedSpecs, readSpec, refusedSpec } from '../../../src/oci/read-spec.ts';
import { fieldsOf, type StructName, structType } from '../../../src/oci/spec-types.ts';

const read = (text: string): GoStruct => readSpec(new TextEncoder().encode(text));
const errorOf = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    if (error instanceof CkptError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'no error';
};
const args = (text: string) => listOf(structOf(read(text), 'Process'), 'Args');

describe('readSpec', () => {
  it('matches names whatever their case, the exact one first, and drops unknown ones', () => {
    expect(stringOf(read('{"OCIVERSION":"1"}'), 'Version')).toBe('1');
    expect(stringOf(read('{"ociver\u017fion":"1"}'), 'Version')).toBe('1');
    expect(stringOf(read('{"ociVersion":"1","OciVersion":"2"}'), 'Version')).toBe('2');
    expect([...read('{"version":"1","nonsense":[{}]}').values()].filter((value) => value !== '' && value !== null)).toEqual([]);
    expect(stringOf(read('{"__proto__":"1"}'), 'Version')).toBe('');
  });

  it('merges members of one name as Go does', () => {
    expect(args('{"process":{"args":["a","b"]},"process":{"cwd":"/"}}')).toEqual(['a', 'b']);
    expect(args('{"process":{"args":["a","b"]},"process":{"args":["c"]}}')).toEqual(['c']);
    expect(structOf(read('{"process":{"args":["a"]},"process":null}'), 'Process')).toBeNull();
    const annotations = structOf(read('{"annotations":{"a":"1","b":"2"},"Annotations":{"b":"3"}}'), 'Annotations');
    expect([...(annotations ?? [])]).toEqual([
      ['a', '1'],
      ['b', '3'],
    ]);
  });

  it('tells missing lists from empty ones, and takes null for missing', () => {
    const linux = (text: string) => structOf(read(`{"linux":${text}}`), 'Linux')?.get('MaskedPaths');
    expect([linux('{}'), linux('{"maskedPaths":null}'), linux('{"maskedPaths":[]}')]).toEqual([null, null, []]);
    expect(stringOf(read('{"ociVersion":null}'), 'Version')).toBe('');
  });

  it('keeps integers of 64 bits exactly', () => {
    const limit = structsOf(
      structOf(read('{"process":{"rlimits":[{"type":"R","hard":18446744073709551615,"soft":1}]}}'), 'Process'),
      'Rlimits',
    );
    expect(limit[0]?.get('Hard')).toBe(2n ** 64n - 1n);
  });

  it.each([
    ['{"process":{"user":{"uid":4294967296}}}', 'number 4294967296 in process.user.uid, which is a Go uint32'],
    ['{"process":{"user":{"uid":-1}}}', 'number -1 in process.user.uid'],
    ['{"process":{"user":{"uid":1.0}}}', 'number 1.0 in process.user.uid'],
    ['{"process":{"user":{"uid":1e3}}}', 'number 1e3 in process.user.uid'],
    ['{"process":{"args":["a",1]}}', 'number 1 in process.args[1], which is a Go string'],
    ['{"process":[]}', 'array in process, which is a Go specs.Process'],
    ['{"root":{"readonly":"true"}}', 'string in root.readonly, which is a Go bool'],
    ['{"annotations":{"a":1}}', 'number 1 in annotations.a'],
    ['[]', 'array in the document'],
  ])('refuses what Go refuses: %s', (text, found) => {
    expect(errorOf(text)).toContain('bad-spec: spec: expected an OCI runtime spec');
    expect(errorOf(text)).toContain(found);
  });

  it.each([
    '',
    '{',
    '{"a"}',
    '{"a":1,}',
    '[1 2]',
    '{"a":1} x',
    "{'a':1}",
    '{"a":01}',
    '{"a":"\u0001"}',
    '{"a":"\\x"}',
    '{"a":"',
    '\ufeff{}',
    'nul',
  ])('refuses text that is no JSON: %j', (text) => {
    expect(errorOf(text)).toMatch(/^bad-spec: spec: expected /);
  });

  it('says in which line, and repeats no value', () => {
    const message = errorOf('{\n "process": {"env": ["A=hunter2"] "cwd"}}');
    expect(message).toContain('line 2');
    expect(message).not.toContain('hunter2');
    expect(errorOf('{"process":{"env":"A=hunter2"}}')).not.toContain('hunter2');
  });

  it('bounds nesting, and takes long strings, many members and repeated names', () => {
    const deep = (levels: number): string => `{"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(errorOf(deep(DEFAULT_LIMITS.depth))).toMatch(/^over-limit: spec: expected at most 256 levels/);
    expect(errorOf(deep(DEFAULT_LIMITS.depth - 1))).toBe('no error');
    expect(errorOf(deep(1_000_000))).toMatch(/^over-limit/);
    expect(errorOf(`{"x":"${'\\n'.repeat(2_000_000)}"}`)).toBe('no error');
    expect(errorOf(`{${'"linux":{"sysctl":{"a":"b"}},'.repeat(20_000)}"x":1}`)).toBe('no error');
  });

  it('bounds the number of values, and what members of one name cost', () => {
    const list = (count: number): string => `{"mounts":[${'{},'.repeat(count)}{}]}`;
    expect(errorOf(list(DEFAULT_LIMITS.specValues))).toMatch(/^over-limit: spec: expected at most 524288 values/);
    expect(errorOf(list(1000))).toBe('no error');
    const entries = Array.from({ length: 100_000 }, (_item, index) => `"k${index}":"v"`).join();
    const annotations = structOf(
      read(`{"annotations":{${entries}},${'"annotations":{"z":"1"},'.repeat(100_000)}"x":1}`),
      'Annotations',
    );
    expect(annotations?.size).toBe(100_001);
  });

  it('replaces halves of surrogate pairs, as Go does', () => {
    expect(args('{"process":{"args":["\\ud800x","\\ud83d\\ude00"]}}')).toEqual(['\ufffdx', '😀']);
  });
});

describe('readSavedSpecs', () => {
  it('reads specs by container name', () => {
    const specs = readSavedSpecs('{"b":{"ociVersion":"1"},"a":{"ociVersion":"2"},"nil":null}');
    expect([...specs].map(([name, spec]) => [name, stringOf(spec, 'Version')])).toEqual([
      ['b', '1'],
      ['a', '2'],
    ]);
    expect(readSavedSpecs('null').size).toBe(0);
    expect(() => readSavedSpecs('{"a":[]}')).toThrow(CkptError);
  });
});

describe('refusedSpec', () => {
  const good = { process: { args: ['sh'] }, root: { path: '/r' } };
  it.each([
    [{}, null],
    [{ process: undefined }, 'it has no process'],
    [{ process: {} }, 'its process has no args'],
    [{ root: {} }, 'it has no root.path'],
    [{ solaris: {} }, 'it is for Solaris'],
    [{ windows: { layerFolders: [] } }, 'it is for Windows'],
    [{ process: { args: ['sh'], selinuxLabel: 'x' } }, 'its process has an SELinux label'],
    [{ mounts: [{ destination: 'proc' }] }, 'a mount has no absolute destination'],
    [
      { annotations: { 'io.kubernetes.cri.container-type': 'other' } },
      'the annotation of its container type is neither sandbox nor container',
    ],
    [
      { annotations: { 'io.kubernetes.cri-o.ContainerType': 'container' } },
      'it is for a container of a sandbox, and names no sandbox',
    ],
    [{ annotations: { 'io.kubernetes.cri-o.ContainerType': 'container', 'io.kubernetes.cri-o.SandboxID': 's' } }, null],
  ])('%j', (more, problem) => {
    expect(refusedSpec(read(JSON.stringify({ ...good, ...more })))).toBe(problem);
  });
});

describe('the table of types', () => {
  it('leads from the spec to structs that it declares, each field with a name of its own', () => {
    const seen = new Set<StructName>();
    const visit = (struct: StructName): void => {
      if (seen.has(struct)) return;
      seen.add(struct);
      const fields = fieldsOf(struct);
      expect(new Set(fields.map(({ json }) => json.toLowerCase())).size).toBe(fields.length);
      for (const { type } of fields) {
        let inner = type;
        while (inner.kind === 'pointer' || inner.kind === 'slice' || inner.kind === 'map') inner = inner.of;
        if (inner.kind === 'struct') visit(inner.struct);
      }
    };
    visit('Spec');
    expect(seen.size).toBe(41);
    expect(structType('Mount').name).toBe('specs.Mount');
    expect(fieldsOf('LinuxDevice').find(({ name }) => name === 'FileMode')?.type.name).toBe('*fs.FileMode');
    expect(fieldsOf('Spec').find(({ name }) => name === 'Annotations')?.type.name).toBe('map[string]string');
  });
});
