/** The host that the images of the test encoder are made for: everything about it is known, so that only the image decides. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuidText } from './host-dumps.ts';
import { TEST_LEAVES } from './image-builder.ts';

/** Writes its description, as `cpuid -r` prints it, and returns the path. */
export function writeTestHost(folder: string): string {
  const path = join(folder, 'host.txt');
  writeFileSync(path, cpuidText(TEST_LEAVES));
  return path;
}
