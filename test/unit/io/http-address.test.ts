import { describe, expect, it } from 'vitest';
import { beside, parseHttpAddress, shownPath } from '../../../src/io/http-address.ts';
import { proxyFor } from '../../../src/io/http-proxy.ts';

describe('a URL', () => {
  it('is shown without credentials, values of its query and fragment', () => {
    const address = parseHttpAddress('https://me:p%40ss@host:8443/a%20b/checkpoint.img?X-Signature=abc&token&key=1#in/side');
    expect(address.shown).toBe('https://host:8443/a%20b/checkpoint.img?X-Signature=…&…&key=…');
    expect(address.url.href).toBe('https://host:8443/a%20b/checkpoint.img?X-Signature=abc&token&key=1');
    expect(address.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`);
    expect(address.fragment).toBe('in/side');
    expect(parseHttpAddress('http://host/').authorization).toBeNull();
    expect(parseHttpAddress('http://token@host/').authorization).toBe(`Basic ${Buffer.from('token:').toString('base64')}`);
  });

  it('is shown the same way in documents, and other paths are left alone', () => {
    expect(shownPath('https://me:pass@host/a?sig=1#b')).toBe('https://host/a?sig=…#b');
    expect(shownPath('dir/https://me:pass@host')).toBe('dir/https://me:pass@host');
    expect(shownPath('-')).toBe('-');
  });

  it('has files beside it', () => {
    const address = parseHttpAddress('http://me:x@host/image/checkpoint.img');
    expect(beside(address, 'fs/pages.img').url.href).toBe('http://host/image/fs/pages.img');
    expect(beside(address, 'fs/pages.img').authorization).toBe(address.authorization);
    expect(beside(parseHttpAddress('http://host/layout/'), 'blobs/sha256/ab?c').url.href).toBe(
      'http://host/layout/blobs/sha256/ab%3Fc',
    );
  });

  it('may be none, and is not repeated then', () => {
    for (const text of ['http://', 'ftp://me:secret@host/', 'https://me:secret@ho st/']) {
      expect(() => parseHttpAddress(text)).toThrow(expect.objectContaining({ code: 'http-error' }));
      expect(() => parseHttpAddress(text)).not.toThrow(/secret/);
    }
  });
});

describe('the proxy of a URL', () => {
  const of = (url: string, environment: Record<string, string>): string | null => proxyFor(new URL(url), environment);

  it('is that of its scheme, in lower case before upper case', () => {
    const both = { http_proxy: 'http://a:1', HTTP_PROXY: 'http://b:2', HTTPS_PROXY: 'c:3' };
    expect(of('http://host/', both)).toBe('http://a:1');
    expect(of('https://host/', both)).toBe('http://c:3');
    expect(of('https://host/', { http_proxy: 'http://a:1' })).toBeNull();
    expect(of('https://host/', { all_proxy: 'http://a:1' })).toBe('http://a:1');
    expect(of('http://host/', { http_proxy: '' })).toBeNull();
  });

  it.each([
    ['host', 'http://host/', true],
    ['host', 'http://ghost/', false],
    ['example.com', 'http://a.example.com/', true],
    ['.example.com', 'http://example.com/', true],
    ['*.example.com', 'http://a.b.example.com/', true],
    ['example.com:8080', 'http://example.com/', false],
    ['example.com:80', 'http://example.com/', true],
    ['a, b  127.0.0.1', 'http://127.0.0.1:99/', true],
    ['*', 'http://anything/', true],
    ['::1', 'http://[::1]:80/', true],
    ['[::1]:80', 'http://[::1]/', true],
    [',', 'http://host/', false],
  ])('no_proxy=%s for %s', (list, url, exempt) => {
    expect(of(url, { http_proxy: 'http://a:1', no_proxy: list })).toBe(exempt ? null : 'http://a:1');
  });
});
