/** One way in which two images differ: a plain value, the same for every format. */

/** What is compared, in the order in which it is shown. */
export const COMPARED = [
  'image',
  'metadata',
  'cpu',
  'containers',
  'processes',
  'files',
  'mounts',
  'sockets',
  'network',
  'memory',
  'objects',
] as const;
export type Compared = (typeof COMPARED)[number];

/** A side of a difference. Lists are in a meaningful order or sorted. */
export type SideValue = string | number | boolean | null | readonly (string | number)[];

export interface Difference {
  readonly section: Compared;
  /** Only A has the subject (`removed`), only B has it (`added`), or both have it and a field differs. */
  readonly change: 'added' | 'removed' | 'changed';
  /** What it is about, as a person would name it: `process 5 daemon-child`; empty for the image as a whole. */
  readonly subject: string;
  /** The field that differs; null where the subject itself is on one side only. */
  readonly field: string | null;
  /** Null where the side does not have it. */
  readonly a: SideValue;
  readonly b: SideValue;
}
