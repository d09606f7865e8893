/** `state dump` prints what gVisor's own printer printed, for every image that has its dump. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { stateDump } from '../../src/state-dump.ts';
import { HAS_SHARED, imageOf, sharedImages, truthOf } from '../support/shared-fixtures.ts';

const DUMP = 'statefile.txt.gz';
const images = sharedImages().filter((name) => !name.includes('/fscheckpoint'));
const withDump = images.filter((name) => truthOf(name, DUMP) !== null);

async function dump(name: string, html = false, path = imageOf(name)) {
  const blocks: Buffer[] = [];
  const key = truthOf(name, 'key.txt');
  const result = await stateDump(path, async (block) => void blocks.push(Buffer.from(block)), {
    html,
    ...(key === null ? {} : { key }),
  });
  return { ...result, text: Buffer.concat(blocks) };
}

/** Index of the first byte that differs. */
function firstDifference(a: Buffer, b: Buffer): number {
  let index = 0;
  while (index < Math.min(a.length, b.length) && a[index] === b[index]) index++;
  return index;
}

const OBJECT_OR_TYPE = /^g\d+[rt]\d+ = /m;
const RAW = /^\(\d+ bytes non-object data\)$/;

describe.runIf(HAS_SHARED)('the dump', () => {
  it('is compared for many images', () => {
    expect(withDump.length).toBeGreaterThan(30);
  });

  it.each(withDump)('of %s is that of runsc', async (name) => {
    const truth = gunzipSync(truthOf(name, DUMP) ?? Buffer.alloc(0));
    const { text, damage, difference, bytes } = await dump(name);
    expect(damage).toBeNull();
    expect(bytes).toBe(text.length);
    const at = firstDifference(text, truth);
    if (difference === null) {
      expect(at).toBe(truth.length);
      expect(text.length).toBe(truth.length);
    } else if (difference === 'pages-elsewhere') {
      // runsc takes the rest of the stream for the first range and ends; the rest are lengths and the list of private files.
      expect(at).toBe(truth.length);
      expect(text.subarray(at).toString().split('\n')[0]).toMatch(RAW);
    } else {
      // Both print the length of raw data directly behind the kernel graph, and not the same.
      const line = text.lastIndexOf('\n', at - 1) + 1;
      expect(text.subarray(line, text.indexOf('\n', line)).toString()).toMatch(RAW);
      expect(truth.subarray(line, truth.indexOf('\n', line)).toString()).toMatch(RAW);
      expect(text.subarray(line - 3, line).toString()).toBe('\n}\n');
      // Nothing of the kernel graph is left to come: what follows are lengths, and the list of private files.
      const names =
        text
          .subarray(line)
          .toString()
          .match(/^g\d+t\d+ = type \S+/gm) ?? [];
      expect(names.filter((type) => !/privateMemoryFileMetadata|checkpoint\.ResourceID/.test(type))).toEqual([]);
    }
  });

  it('differs from that of runsc where memory metadata is protobuf in the stream, or pages lie beside their lengths', async () => {
    const different: string[] = [];
    for (const name of withDump) if ((await dump(name)).difference !== null) different.push(name);
    expect(different.sort()).toEqual(
      ['20240424/sh-none', '20260815/sh-flate', '20260817/sh-flate', 'arm64/max/sh-flate', 'hmac/sh-flate'].sort(),
    );
  });

  it('of a state file alone is that of its directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ckpt-bare-'));
    try {
      for (const name of ['20221219/sh', '20240424/sh-none', '20260817/sh-flate']) {
        const bare = join(directory, 'bare.state');
        copyFileSync(join(imageOf(name), 'checkpoint.img'), bare);
        chmodSync(bare, 0o600);
        const [alone, whole] = [await dump(name, false, bare), await dump(name)];
        expect([name, alone.difference, alone.damage]).toEqual([name, whole.difference, null]);
        expect(alone.text.equals(whole.text)).toBe(true);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each(images.filter((name) => !withDump.includes(name)))('of %s, which runsc was not asked about, is whole', async (name) => {
    const { text, damage } = await dump(name);
    expect(damage).toBeNull();
    expect(text.toString('latin1')).toMatch(OBJECT_OR_TYPE);
  });

  it.each(['20221219/sh', '20260817/kitchen'].filter((name) => withDump.includes(name)))(
    'of %s as HTML is the same text, with a link for each type and reference',
    async (name) => {
      const { text } = await dump(name);
      const page = (await dump(name, true)).text.toString();
      const plain = page
        .replaceAll(/<a name="[^"]*">([^<]*)<\/a><a href="[^"]*">&#9875;<\/a>/g, '$1')
        .replaceAll(/<\/?a[^>]*>/g, '')
        .replace('<html><body>\n<pre>', '')
        .replace('</pre></body></html>\n', '')
        .replaceAll(/&#x([0-9a-f]+);/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&');
      expect(plain === text.toString()).toBe(true);
      const names = new Set([...page.matchAll(/<a name="([^"]*)"/g)].map(([, anchor]) => anchor));
      const links = new Set([...page.matchAll(/<a href="#([^"]*)"/g)].map(([, anchor]) => anchor));
      expect([...links].filter((link) => !names.has(link) && !/r0$|t0$/.test(link ?? ''))).toEqual([]);
    },
  );
});
