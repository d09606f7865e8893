/** The CPU of an image, for people. */
import type { ImageCpu } from '../inspection/document.ts';
import { identityRows } from './cpu-identity-rows.ts';
import { byFamily } from './feature-families.ts';
import { firstOf, joined, withRest } from './long-list.ts';
import { styleFor, type TextOptions } from './style.ts';
import { pairs } from './table.ts';

const LEVELLED_WORDS = {
  yes: 'yes, by the annotation dev.gvisor.internal.cpufeatures',
  no: 'no',
  unknown: 'not known: the image holds no container specs',
} as const satisfies Record<ImageCpu['levelled'], string>;

/** Lines of the section, indented. Every text must be escaped already. */
export function cpuLines(cpu: ImageCpu, options: TextOptions & { readonly all: boolean }): string[] {
  const layout = { indent: 2, width: options.width, paint: styleFor(options).faint };
  const rows: [string, string | null][] = [
    ...identityRows(cpu),
    ['x86-64 level', cpu.level === null ? null : cpu.level === 0 ? 'below v1' : `v${cpu.level}`],
    ['levelled', LEVELLED_WORDS[cpu.levelled]],
    ['cache line', cpu.cacheLine === null ? null : `${cpu.cacheLine} bytes`],
    ['XCR0', cpu.xcr0],
    ['XSAVE area', cpu.xsaveSize === null ? null : `${cpu.xsaveSize} bytes`],
    ['AT_HWCAP', cpu.hwcap],
    ['AT_HWCAP2', cpu.hwcap2],
    ['encoding', options.all ? cpu.encoding : null],
    ['unnamed features', joined(cpu.unnamedFeatures, ' ')],
  ];
  const groups = byFamily(cpu.features).map(({ family, names }): [string, string] => [family, joined(names, ' ')]);
  return [
    ...pairs(rows, layout),
    '',
    `  features (${cpu.features.length})`,
    ...pairs(groups, { ...layout, indent: 4 }),
    ...(options.all ? leafLines(cpu.leaves) : []),
  ];
}

/** The same form as `cpuid -r`, so that the lines can be given to any tool that reads it. */
function leafLines(leaves: ImageCpu['leaves']): string[] {
  if (leaves.length === 0) return [];
  const some = firstOf(leaves);
  const lines = some.shown.map(
    ([leaf, subleaf, eax, ebx, ecx, edx]) => `    ${leaf} ${subleaf}: eax=${eax} ebx=${ebx} ecx=${ecx} edx=${edx}`,
  );
  return ['', `  saved CPUID answers (${leaves.length})`, ...withRest(lines, some, 4)];
}
