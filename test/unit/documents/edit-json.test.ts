import { describe, expect, it } from 'vitest';
import { editJson, withoutMark } from '../../../src/documents/edit-json.ts';

const KEY = 'dev.gvisor.internal.cpufeatures';
const set = (text: string) => editJson(text, ['annotations', KEY], 'fpu,sse');

describe('editJson', () => {
  it.each([
    ['spaces', '{\n    "ociVersion": "1.0.0",\n    "hostname": "a"\n}\n', '    '],
    ['tabs', '{\n\t"ociVersion": "1.0.0"\n}\n', '\t'],
    ['two spaces', '{\n  "ociVersion": "1.0.0"\n}', '  '],
  ])('keeps an indentation of %s', (_name, text, indent) => {
    const edited = set(text);
    expect(edited).toContain(`\n${indent}"annotations": {\n${indent}${indent}"${KEY}": "fpu,sse"\n${indent}}\n}`);
    expect(edited.startsWith(text.trimEnd().slice(0, -2))).toBe(true);
  });

  it('keeps line ends, the mark and the last line as they were', () => {
    const edited = set('\ufeff{\r\n  "ociVersion": "1.0.0"\r\n}\r\n');
    expect(edited.startsWith('\ufeff{\r\n')).toBe(true);
    expect(edited.endsWith('}\r\n')).toBe(true);
    expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
    expect(JSON.parse(withoutMark(edited))).toEqual({ ociVersion: '1.0.0', annotations: { [KEY]: 'fpu,sse' } });
  });

  it('replaces a value and leaves every other byte', () => {
    const text = `{ "a":1.50,\n "annotations" : { "${KEY}": "x", "z": "\\u00e9" },\n  "b": [ 1,2 ] }`;
    expect(set(text)).toBe(text.replace('"x"', '"fpu,sse"'));
  });

  it('stays on one line', () => {
    expect(set('{"ociVersion":"1.0.0"}')).toBe(`{"ociVersion":"1.0.0","annotations": {"${KEY}":"fpu,sse"}}`);
  });

  it('changes nothing the second time', () => {
    const once = set('{\n  "ociVersion": "1.0.0",\n  "annotations": {}\n}\n');
    expect(set(once)).toBe(once);
  });
});
