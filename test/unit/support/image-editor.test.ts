import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, writeImage } from '../../support/image-builder.ts';
import {
  type EditableImage,
  editFpuStates,
  editLeaves,
  readEditableImage,
  readFeatureSet,
  setCacheLine,
  setLeafBit,
  withMetadata,
  withStream,
} from '../../support/image-editor.ts';
import { encodeFeatureSetGraph } from '../../support/kernel-graph-encoder.ts';
import { innermost, withoutPointers } from '../../support/runsc.ts';

describe.each(['flate', 'chunked'] as const)('image editor, %s', (framing) => {
  let directory: string;
  let image: EditableImage;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'ckpt-test-'));
    writeImage(directory, buildImage({ epoch: 'E3', compression: framing === 'flate' ? 'flate-best-speed' : 'none' }));
    image = readEditableImage(directory, framing);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('puts an unchanged image together again', () => {
    const whole = { kind: framing } as const;
    expect(withMetadata(image, {})['checkpoint.img']).toEqual(image.bytes);
    expect(editLeaves(image.stream, () => {})).toEqual(image.stream);
    expect(editFpuStates(image.stream, () => {})).toEqual(image.stream);
    if (framing === 'flate') expect(withStream(image, image.stream, whole)['checkpoint.img']).toEqual(image.bytes);
  });

  it('changes leaves and nothing else', () => {
    const changed = editLeaves(image.stream, (leaves) => {
      setLeafBit('7:0', 1, 11)(leaves);
      setCacheLine(128)(leaves);
    });
    const before = readFeatureSet(image.stream);
    const after = readFeatureSet(changed);
    const difference = after.cpu.leaves.filter((leaf, i) => leaf.join() !== before.cpu.leaves[i]?.join());
    expect(difference.map(([leaf, , , ebx]) => [leaf, ebx])).toEqual([
      [1, 0x0002_1000],
      [7, 0x0019_c1a9 | (1 << 11)],
    ]);
    expect(changed.subarray(after.end)).toEqual(image.stream.subarray(before.end));
    expect(encodeFeatureSetGraph(after.cpu)).toEqual(changed.slice(0, after.end));
  });

  it('changes every FPU state', () => {
    const changed = editFpuStates(image.stream, (state) => {
      state[512] = 0xe7;
    });
    let seen: number | undefined;
    editFpuStates(changed, (state) => {
      seen = state[512];
    });
    expect(seen).toBe(0xe7);
  });
});

describe('innermost', () => {
  it('takes off the wrappers, the trace and the colon before it', () => {
    const output =
      'running container: starting container: restoring container "a: b": failed to load kernel: header error: EOF:\ngoroutine 1 [running]:\nx';
    expect(innermost(output)).toBe('header error: EOF');
    expect(innermost('starting container: restoring container "x": statefile cannot be empty\n')).toBe(
      'statefile cannot be empty',
    );
  });

  it('joins lines and hides pointers', () => {
    expect(innermost('incompatible state: SIGSEGV at 0xc00045b900\nlen(old)=1:\ngoroutine 13 [running]:')).toBe(
      'incompatible state: SIGSEGV at 0xc… len(old)=1',
    );
    expect(withoutPointers('(*wire.Ref)(0xc0004c2090)} 0xc0')).toBe('(*wire.Ref)(0xc…)} 0xc0');
  });
});
