/** The CPU models that can be named as hosts, for people. */
import type { HostList, ListedModel } from '../host-list.ts';
import { escapeAll } from './escape.ts';
import { countOf } from './quantities.ts';
import { styleFor, type TextOptions } from './style.ts';
import { table } from './table.ts';
import { wrap } from './wrap.ts';

const KINDS: Readonly<Record<ListedModel['kind'], string>> = {
  'qemu-model': 'Models of QEMU',
  generation: 'Generations',
  level: 'Levels of the x86-64 psABI',
};

/** The models by kind, each with its other names, and what a name is worth. Ends with one newline. */
export function renderHostListText(document: HostList, options: TextOptions): string {
  const { qemu, models } = escapeAll(document);
  const style = styleFor(options);
  const lines: string[] = [];
  for (const [kind, title] of Object.entries(KINDS)) {
    const rows = models.filter((model) => model.kind === kind);
    if (rows.length === 0) continue;
    const whence = kind === 'qemu-model' && qemu !== null ? `, of QEMU ${qemu.version}` : '';
    lines.push(style.strong(`${title} (${rows.length}${whence})`));
    const cells = rows.map(({ name, vendor, microarchitecture, aliases }) => [
      `cpu:${name}`,
      vendor ?? '-',
      microarchitecture ?? '-',
      aliases.length === 0 ? '-' : aliases.join(', '),
    ]);
    const head = { cells: ['name', 'vendor', 'generation', 'also called'], paint: style.faint };
    lines.push(...table(cells, { indent: 2, width: options.width, head }), '');
  }
  if (models.length === 0) return 'no CPU model fits\n';
  const notes = [
    `${countOf(models.length, 'model')}. Case, spaces and punctuation of a name do not matter; a CPU can also be named by its signature, as cpu:AuthenticAMD-25-1.`,
    'A name is not a machine: what it does not decide is unknown, and ckpt host show cpu:NAME says which features those are.',
  ];
  return `${[...lines, ...notes.flatMap((note) => wrap(note, options.width))].join('\n')}\n`;
}
