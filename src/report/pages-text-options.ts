/** How the saved memory of images is to look. */
import type { TextOptions } from './style.ts';

export interface PagesTextOptions extends TextOptions {
  /** Long lists to their end. */
  readonly all: boolean;
}
