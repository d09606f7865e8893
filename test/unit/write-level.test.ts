import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CkptError } from '../../src/errors.ts';
import { writeLevel } from '../../src/write-level.ts';

const KEY = 'dev.gvisor.internal.cpufeatures';
const CONFIG = '{\n  "ociVersion": "1.0.0",\n  "process": {"args": ["a"]}\n}\n';
let dir = '';
let file = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ckpt-level-'));
  file = join(dir, 'config.json');
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('writeLevel', () => {
  it('sets the annotation, keeps the old file and the permissions', () => {
    writeFileSync(file, CONFIG);
    chmodSync(file, 0o640);
    expect(writeLevel(file, 'fpu')).toEqual({ file, changed: true, backup: `${file}.bak` });
    expect(JSON.parse(readFileSync(file, 'utf8')).annotations).toEqual({ [KEY]: 'fpu' });
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe(CONFIG);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(dir).sort()).toEqual(['config.json', 'config.json.bak']);
  });

  it('writes nothing the second time', () => {
    writeFileSync(file, CONFIG);
    writeLevel(file, 'fpu');
    const before = statSync(file, { bigint: true });
    expect(writeLevel(file, 'fpu')).toEqual({ file, changed: false, backup: null });
    expect(statSync(file, { bigint: true }).mtimeNs).toBe(before.mtimeNs);
    expect(readdirSync(dir)).toHaveLength(2);
  });

  it('never overwrites a backup', () => {
    writeFileSync(file, CONFIG);
    writeFileSync(`${file}.bak`, 'mine');
    expect(writeLevel(file, 'fpu').backup).toBe(`${file}.bak.1`);
    expect(writeLevel(file, 'fpu,sse').backup).toBe(`${file}.bak.2`);
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe('mine');
    expect(readFileSync(`${file}.bak.1`, 'utf8')).toBe(CONFIG);
  });

  it('follows a link', () => {
    const link = join(dir, 'link.json');
    writeFileSync(file, CONFIG);
    symlinkSync(file, link);
    writeLevel(link, 'fpu');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain(KEY);
  });

  it.each([
    ['no JSON', 'ociVersion: 1'],
    ['comments', '{ // x\n "ociVersion": "1"}'],
    ['no OCI config', '{"kind":"Pod","apiVersion":"v1"}'],
    ['a list', '[]'],
    ['annotations that are a list', '{"ociVersion":"1","annotations":[]}'],
    ['annotations that are null', '{"ociVersion":"1","annotations":null}'],
    ['a key twice', '{"ociVersion":"1","annotations":{"a":"b"},"annotations":{"c":"d"}}'],
    ['depth', `{"ociVersion":"1","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['nothing', ''],
  ])('refuses %s and leaves the file', (_name, text) => {
    writeFileSync(file, text);
    expect(() => writeLevel(file, 'fpu')).toThrow(CkptError);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readdirSync(dir)).toEqual(['config.json']);
  });

  it('refuses bytes that are no UTF-8', () => {
    writeFileSync(file, Buffer.concat([Buffer.from('{"ociVersion":"1","a":"'), Buffer.from([0xff]), Buffer.from('"}')]));
    expect(() => writeLevel(file, 'fpu')).toThrow(/UTF-8/);
  });

  it('keeps strange keys', () => {
    writeFileSync(file, '{"ociVersion":"1","__proto__":{"a":1},"annotations":{"__proto__":"x"}}');
    writeLevel(file, 'fpu');
    expect(readFileSync(file, 'utf8')).toBe(
      `{"ociVersion":"1","__proto__":{"a":1},"annotations":{"__proto__":"x","${KEY}": "fpu"}}`,
    );
  });
});
