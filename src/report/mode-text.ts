/** Type and permissions of a file as `ls -l` has them. */
import type { SavedFileType } from '../filesystem/saved-file.ts';

const TYPE_LETTERS = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  'character-device': 'c',
  'block-device': 'b',
} as const satisfies Record<SavedFileType, string>;

/** Bits of set-user-id, set-group-id and sticky, each for the three letters that it changes the last of. */
const SPECIALS = [0o4000, 0o2000, 0o1000] as const;

/** `-rwxr-xr-x`, with the letters of set-user-id, set-group-id and sticky; of four octal digits. */
export function modeText(type: SavedFileType, mode: string): string {
  const bits = Number.parseInt(mode, 8);
  const triples = SPECIALS.map((special, index) => {
    const three = (bits >> (6 - 3 * index)) & 7;
    const letter = index === 2 ? 't' : 's';
    const execute = (three & 1) !== 0;
    const last = (bits & special) === 0 ? (execute ? 'x' : '-') : execute ? letter : letter.toUpperCase();
    return `${(three & 4) === 0 ? '-' : 'r'}${(three & 2) === 0 ? '-' : 'w'}${last}`;
  });
  return `${TYPE_LETTERS[type]}${triples.join('')}`;
}
