import { createHmac } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeStateFile, type StateFile } from '../../support/statefile-encoder.ts';

const key = new TextEncoder().encode('a key');
const base: StateFile = { metadata: { a: 'b' }, headerHmac: 'absent', framing: { kind: 'raw' }, body: [] };
const bytes = (file: Partial<StateFile>): Buffer => Buffer.from(encodeStateFile({ ...base, ...file }));
const hmac = (secret: Uint8Array, ...parts: Uint8Array[]): Buffer =>
  createHmac('sha256', secret).update(Buffer.concat(parts)).digest();
const HEADER_BYTES = 8 + 8 + 9;
const abcde = new TextEncoder().encode('abcde');

describe('state file encoder', () => {
  it('writes magic, length and metadata', () => {
    expect(bytes({}).toString('latin1')).toBe('gVisorSF\0\0\0\0\0\0\0\x09{"a":"b"}');
  });

  it('appends the HMAC of the header with the empty key or the key', () => {
    const header = bytes({});
    expect(bytes({ headerHmac: 'empty-key' }).subarray(HEADER_BYTES)).toEqual(hmac(new Uint8Array(), header));
    expect(bytes({ headerHmac: 'keyed', key, framing: { kind: 'chunked' } }).subarray(HEADER_BYTES)).toEqual(hmac(key, header));
  });

  it('cuts a flate body into independent chunks', () => {
    const body = bytes({ framing: { kind: 'flate', chunkBytes: 3 }, body: [abcde] }).subarray(HEADER_BYTES);
    expect(body.readUInt32BE(0)).toBe(3);
    const first = body.readUInt32BE(4);
    expect(inflateRawSync(body.subarray(8, 8 + first)).toString()).toBe('abc');
    const second = body.readUInt32BE(8 + first);
    expect(inflateRawSync(body.subarray(12 + first)).toString()).toBe('de');
    expect(body).toHaveLength(12 + first + second);
  });

  it('chains the hashes of keyed flate chunks from the hash of the chunk size', () => {
    const body = bytes({ key, framing: { kind: 'flate', chunkBytes: 3 }, body: [abcde] }).subarray(HEADER_BYTES);
    const size = body.subarray(0, 4);
    const zeroth = hmac(key, size);
    expect(body.subarray(4, 36)).toEqual(zeroth);
    const length = body.subarray(36, 40);
    const data = body.subarray(40, 40 + length.readUInt32BE(0));
    const first = hmac(key, data, length, zeroth);
    expect(body.subarray(40 + data.length, 72 + data.length)).toEqual(first);
    const rest = body.subarray(72 + data.length);
    const last = rest.subarray(4, 4 + rest.readUInt32BE(0));
    expect(rest.subarray(4 + last.length)).toEqual(hmac(key, last, rest.subarray(0, 4), first));
  });

  it('frames every write of an uncompressed body', () => {
    const written = bytes({ framing: { kind: 'chunked', writeBytes: [1, 3] }, body: [abcde] }).subarray(HEADER_BYTES);
    expect(written.toString('latin1')).toBe('\0\0\0\x01a\0\0\0\x03bcd\0\0\0\x01e');
  });

  it('hashes keyed writes alone until 2024-09-17 and with the previous hash since', () => {
    const loose = bytes({ key, framing: { kind: 'chunked', writeBytes: [4] }, body: [abcde] }).subarray(HEADER_BYTES);
    const four = loose.subarray(0, 4);
    expect(loose.subarray(8, 40)).toEqual(hmac(key, abcde.subarray(0, 4), four));
    expect(loose.subarray(45)).toEqual(hmac(key, abcde.subarray(4), loose.subarray(40, 44)));
    const framing = { kind: 'chunked', writeBytes: [4], chained: true } as const;
    const chained = bytes({ key, framing, body: [abcde] }).subarray(HEADER_BYTES);
    const first = hmac(key, abcde.subarray(0, 4), four, new Uint8Array(32));
    expect(chained.subarray(8, 40)).toEqual(first);
    expect(chained.subarray(45)).toEqual(hmac(key, abcde.subarray(4), chained.subarray(40, 44), first));
  });
});
