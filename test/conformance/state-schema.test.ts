import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { renderStateSchemaText } from '../../src/report/state-schema-text.ts';
import { RELEASE_TAGS } from '../../src/restore/release-tags.ts';
import { stateSchema } from '../../src/state-schema.ts';
import { strictSchema } from '../cli/strict-schema.ts';
import { HAS_SHARED, imageOf, type RealRestore, sharedImages, sharedJson, truthOf } from '../support/shared-fixtures.ts';

const published = JSON.parse(readFileSync(new URL('../../docs/schema/state-schema@1.schema.json', import.meta.url), 'utf8'));
const isSchema = new Ajv2020().compile(strictSchema(published) as object);
const withoutPointers = (text: string): string => text.replaceAll(/\(0xc[0-9a-f]{9}\)/g, '(0xc…)');

/** Date of the code of a release of the history. */
const dateOf = (release: string): string =>
  RELEASE_TAGS.find(({ name }) => name === release)?.date ?? release.replace('HEAD-', '');
const DAY = 24 * 60 * 60 * 1000;
const time = (date: string): number => Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`);

/** Filesystem checkpoints hold no kernel. */
const images = sharedImages().filter((name) => !name.includes('fscheckpoint'));

async function schemaOf(name: string, against?: string) {
  const key = truthOf(name, 'key.txt');
  return stateSchema(imageOf(name), {
    ...(key === null ? {} : { key: new Uint8Array(key) }),
    ...(against === undefined ? {} : { against }),
  });
}

describe.runIf(HAS_SHARED)('the types of real images', () => {
  it.each(images)('%s was written by the releases around its date, and they load it', async (name) => {
    const document = await schemaOf(name);
    expect(isSchema(document), JSON.stringify(isSchema.errors)).toBe(true);
    expect(document.types).toMatchObject({ used: document.types.declared, unknown: [] });
    expect(document.writtenBy).toMatchObject({ exact: true, releases: [{}], equal: document.types.declared, differing: [] });
    const [range] = document.writtenBy.releases;
    // An image without a version is older than the releases that always name theirs, but not than those that could load it.
    const unnamed = document.image.runscVersion === null;
    expect(document.loadableBy).toEqual(unnamed ? [{ first: range?.first, last: expect.any(String) }] : [range]);
    const date = /^\d{8}/.exec(name)?.[0];
    if (range === undefined || date === undefined) return;
    // The names of the corpus are days of the code; the code of a day may lie up to a week before or behind a release.
    expect(time(date)).toBeGreaterThan(time(dateOf(range.first)) - 8 * DAY);
    expect(time(date)).toBeLessThan(time(dateOf(range.last)) + 8 * DAY);
    expect(renderStateSchemaText(document, { color: false, width: 100 })).toContain(`${range.first}`);
  });

  it.each(images)('%s: its version is true, or said not to be', async (name) => {
    const { version, writtenBy } = await schemaOf(name);
    const { value, agrees, differing } = version;
    if (value === null) return expect(version).toEqual({ value: null, agrees: null, differing: [] });
    // Images of the newest code carry the name of the tag before it.
    if (writtenBy.releases[0]?.first === 'HEAD-20260821' && value === 'release-20260817.0') {
      expect(agrees).toBe(false);
      expect(differing.map((type) => type.name)).toContain('pkg/sentry/fsimpl/gofer.inode');
    } else {
      expect(agrees).toBe(true);
    }
  });

  it.each(HAS_SHARED ? sharedJson<RealRestore[]>('version-restores.json') : [])('$image against $runsc', async (real) => {
    const { against } = await schemaOf(real.image, `release-${real.runsc}.0`);
    if (real.firstFailure === 'object-graph') {
      expect(against?.loads).toBe(false);
      const beginning = withoutPointers(real.runscError ?? '');
      expect(withoutPointers(against?.runscError ?? '').slice(0, beginning.length)).toBe(beginning);
      expect(real.runscError).toContain(`object ID ${against?.firstMet?.object} `);
      expect(real.runscError).toContain(`type "${against?.firstMet?.type}"`);
    } else if (real.verdict === 'restorable') {
      const { version } = await schemaOf(real.image);
      // What a version that is not true could load says nothing of the runsc that bears it.
      if (version.agrees !== false) expect(against?.loads, JSON.stringify(against?.differing)).not.toBe(false);
    }
  });
});
