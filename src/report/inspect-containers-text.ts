/** The containers of an image, for people. */
import type { ImageContainer } from '../inspection/document.ts';
import { escapeAll } from './escape.ts';
import { firstOf, joined } from './long-list.ts';
import { shellWord } from './processes-text.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs } from './table.ts';

/** Names and values for each container, with the annotations in full (`all`) or by name. Escapes what it shows. */
export function containerLines(
  containers: readonly ImageContainer[] | null,
  options: TextOptions & { readonly all: boolean },
): string[] {
  if (containers === null) return ['  not known: the image holds no container specs'];
  const { shown, more } = firstOf(containers);
  const lines = shown.flatMap((container, index) => [
    ...(index === 0 ? [] : ['']),
    ...oneContainer(escapeAll(container), options),
  ]);
  return more === null ? lines : [...lines, '', `  ${more}`];
}

function oneContainer(container: ImageContainer, options: TextOptions & { readonly all: boolean }): string[] {
  const mounts = container.mounts.map(({ destination, type }) => (type === null ? destination : `${destination} (${type})`));
  return pairs(
    [
      ['name', container.name],
      ['id', container.id],
      ['arguments', joined(container.args.map(shellWord), ' ')],
      ['directory', container.cwd],
      ['environment', container.env.length === 0 ? 'empty' : joined(container.env, ' ')],
      ['host name', container.hostname],
      ['root', container.rootReadonly === null ? null : container.rootReadonly ? 'read-only' : 'writable'],
      ['mounts', joined(mounts, ', ')],
      ...annotationRows(container.annotations, options.all),
    ],
    { indent: 2, width: options.width, paint: styleFor(options).faint },
  );
}

function annotationRows(annotations: ImageContainer['annotations'], all: boolean): [name: string, value: string][] {
  if (!all) return [['annotations', joined(Object.keys(annotations), ' ')]];
  const { shown, more } = firstOf(Object.entries(annotations));
  const values = shown.map(([name, value]) => `${name}=${value}`);
  return [...values, ...(more === null ? [] : [more])].map((value, at) => [at === 0 ? 'annotations' : ' ', value]);
}
