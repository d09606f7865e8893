/**
 * The order in which the real runsc meets types: a field of one or several types is renamed in an image, and runsc says which one it stumbled over.
 *
 * Needs what debian-runsc.test.ts needs. `npm run test:long` goes through every type of the image instead of a sample.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstRefused } from '../../src/kernel/types/first-refused.ts';
import { readImage } from '../../src/read-image.ts';
import { refusalText } from '../../src/restore/refusal-text.ts';
import { type EditableImage, readEditableImage, withStream } from '../support/image-editor.ts';
import { LONG } from '../support/long.ts';
import {
  createWorkshop,
  findRunscs,
  makeImage,
  type Runsc,
  restoreImage,
  skipWithout,
  type Workshop,
  withoutPointers,
} from '../support/runsc.ts';
import { type TypeRecord, typeRecords, withRenamedFields } from '../support/type-records.ts';

const runscs = process.platform === 'linux' && process.getuid?.() === 0 ? findRunscs(process.env) : [];
const EVERY = LONG ? 1 : 16;
const SECONDS = 1000;

skipWithout(runscs);

describe.runIf(runscs.length > 0).each(runscs)('what runsc $version stumbles over', (runsc: Runsc) => {
  let workshop: Workshop;
  let image: EditableImage;
  let types: TypeRecord[];
  let edits = 0;

  beforeAll(async () => {
    workshop = createWorkshop();
    expect(await makeImage(runsc, workshop, 'image', [])).toBeNull();
    image = readEditableImage(join(workshop.directory, 'image'), 'flate');
    types = typeRecords(image.stream).filter(({ fields }) => fields.length > 0);
  }, 60 * SECONDS);

  afterAll(() => workshop.remove());

  /** What runsc says and what is foretold. */
  async function both(renamed: readonly TypeRecord[]): Promise<{ real: string | null; ours: string | null; certain: boolean }> {
    const name = `edit-${edits++}`;
    const directory = join(workshop.directory, name);
    mkdirSync(directory);
    for (const [file, bytes] of Object.entries(withStream(image, withRenamedFields(image.stream, renamed)))) {
      if (bytes !== undefined) writeFileSync(join(directory, file), bytes);
    }
    const real = await restoreImage(runsc, workshop, directory, name);
    const { kernel } = await readImage(join(workshop.directory, name), { depth: 'kernel', key: null });
    if (kernel === null) throw new Error('no kernel graph');
    const { graph } = kernel;
    const suspects = new Set(renamed.map((type) => graph.types.find(({ name: declared }) => declared === type.name)?.id ?? 0));
    const { first } = firstRefused(graph, suspects, () => null);
    const type = graph.types[(first?.typeId ?? 0) - 1];
    const release = types.find((record) => record.name === type?.name)?.fields ?? null;
    const text =
      first === null || type === undefined ? null : refusalText({ ...first, name: type.name, image: type.fields, release });
    return { real, ours: text === null ? null : withoutPointers(text), certain: first?.certain ?? true };
  }

  it(
    'one type, word by word',
    async () => {
      const wrong: unknown[] = [];
      let told = 0;
      const some = types.filter((_, index) => index % EVERY === 0);
      for (const type of some) {
        const { real, ours } = await both([type]);
        if (ours !== null) told++;
        // A map whose keys and values Go names is not foretold in words, but that runsc refuses it is.
        if (ours === null ? real === null : ours !== real) wrong.push({ type: type.name, real, ours });
      }
      expect(wrong).toEqual([]);
      expect(told / some.length).toBeGreaterThan(0.8);
    },
    1200 * SECONDS,
  );

  it(
    'the first of several types, where the order is certain',
    async () => {
      const wrong: unknown[] = [];
      for (let start = 1; start < types.length; start += 2 * EVERY) {
        const pair = [types[start], types[(start * 7 + 3) % types.length], types[(start * 13 + 5) % types.length]];
        const { real, ours, certain } = await both(pair.filter((type) => type !== undefined));
        if (certain && ours !== null && ours !== real) wrong.push({ types: pair.map((type) => type?.name), real, ours });
      }
      expect(wrong).toEqual([]);
    },
    1200 * SECONDS,
  );
});
