/** Whether the offset of an error counts in the file or in its decoded body. */
import type { CkptError, ErrorLayer } from '../errors.ts';
import type { Statefile } from './statefile.ts';

/** Layers whose offsets are those of the file, whatever the framing. */
export const FILE_LAYERS: readonly ErrorLayer[] = ['file', 'container', 'header', 'metadata', 'compression', 'key'];

/** Marks offsets that count in the decoded body. */
export function placed(error: CkptError, { framing }: Pick<Statefile, 'framing'>): CkptError {
  const inFile = framing === 'raw' || error.place.file !== undefined || FILE_LAYERS.includes(error.place.layer);
  return inFile ? error : error.at({ decoded: true });
}
