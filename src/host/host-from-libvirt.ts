/** A host out of the CPUID data of libvirt. */
import { type CpuidEntry, CpuidTable } from '../cpu/cpuid-table.ts';
import { TextSyntaxError } from '../documents/text-document.ts';
import { readXmlElements, type XmlElement } from '../documents/xml.ts';
import type { Host } from './host.ts';
import { hostFromCpuid } from './host-from-cpuid.ts';
import { hostError } from './host-text.ts';
import { HIGHEST_SUBLEAF } from './parse-leaf-line.ts';

const RAW_HINT = 'Give a whole <cpudata>, with the leaves from 0 on: it is made of the output of `cpuid -1 -r`';
const REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const;

/**
 * The host of a document `<cpudata arch='x86'>` with one element `<cpuid eax_in= ecx_in= eax= ebx= ecx= edx=/>` for each answer; `<msr>` is not
 * looked at. Where `ecx_in` is missing, as in old files, the subleaf is 0.
 *
 * @throws CkptError `bad-host` with the line for XML that is not well-formed, for other elements, other architectures, numbers that are none
 * and a leaf that comes twice, and without leaves 0 and 1 (a list of features as a mask, which describes no machine)
 * @see libvirt tests/cputestdata (cpu-gather makes it of `cpuid -1 -r` or KVM's answers on the running machine) and src/cpu/cpu_x86.c: x86DataParse
 */
export function hostFromLibvirt(name: string, text: string): Host {
  const [root, ...elements] = elementsOf(text);
  if (root === undefined || root.name !== 'cpudata') {
    throw hostError(
      'bad-host',
      root?.line ?? null,
      'the element <cpudata>',
      root === undefined ? 'no element' : `<${root.name}>`,
      RAW_HINT,
    );
  }
  const arch = attribute(root, 'arch') ?? 'x86';
  if (arch !== 'x86') throw hostError('unsupported', root.line, "<cpudata arch='x86'>", `arch ${JSON.stringify(arch)}`);
  const entries = new Map<string, CpuidEntry>();
  for (const element of elements) {
    if (element.depth === 1 && element.name === 'msr') continue;
    if (element.depth !== 1 || element.name !== 'cpuid')
      throw hostError('bad-host', element.line, '<cpuid> or <msr>', `<${element.name}>`);
    const entry = entryOf(element);
    const key = `${entry[0]}/${entry[1]}`;
    if (entries.has(key))
      throw hostError('bad-host', element.line, 'every leaf and subleaf once', 'one a second time', 'Give one machine only');
    entries.set(key, entry);
  }
  if (!entries.has('0/0') || !entries.has('1/0'))
    throw hostError('bad-host', root.line, 'CPUID leaves 0 and 1', 'none', RAW_HINT);
  const cpus = [{ label: 'CPU', table: new CpuidTable(entries.values()) }];
  return hostFromCpuid(name, cpus, { source: 'libvirt', provenance: 'CPUID, <cpudata> of libvirt', direct: false });
}

function elementsOf(text: string): XmlElement[] {
  try {
    return readXmlElements(text);
  } catch (error) {
    if (!(error instanceof TextSyntaxError)) throw error;
    throw hostError('bad-host', error.line, 'well-formed XML', error.message, 'The file may be cut off: copy it whole');
  }
}

function entryOf(element: XmlElement): CpuidEntry {
  const leaf = word(element, 'eax_in');
  const subleaf = attribute(element, 'ecx_in') === undefined ? 0 : word(element, 'ecx_in');
  if (subleaf > HIGHEST_SUBLEAF)
    throw hostError('bad-host', element.line, `a subleaf of at most ${HIGHEST_SUBLEAF}`, String(subleaf));
  const [eax, ebx, ecx, edx] = REGISTERS.map((register) => word(element, register));
  return [leaf, subleaf, eax ?? 0, ebx ?? 0, ecx ?? 0, edx ?? 0];
}

function word(element: XmlElement, key: string): number {
  const value = attribute(element, key);
  if (value === undefined || !/^0x[0-9a-f]{1,8}$/i.test(value)) {
    const found = value === undefined ? 'no such attribute' : JSON.stringify(value.slice(0, 60));
    throw hostError('bad-host', element.line, `a 32-bit number ${key}='0x…'`, found);
  }
  return Number.parseInt(value.slice(2), 16);
}

function attribute(element: XmlElement, key: string): string | undefined {
  return Object.hasOwn(element.attributes, key) ? element.attributes[key] : undefined;
}
