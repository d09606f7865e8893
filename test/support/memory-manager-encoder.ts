/**
 * Encodes address spaces: mappings, resident pages, and what else gVisor saves of one.
 * @see gVisor pkg/sentry/mm: MemoryManager, vma, pma
 */
import type { GraphBuilder } from './graph-builder.ts';
import { bool, field, int, map, nil, nilInterface, string, uint, type WireValue } from './wire-value.ts';

export interface TestArea {
  readonly start: bigint;
  readonly end: bigint;
  /** `rw-p`; default `rw-p`. */
  readonly permissions?: string;
  readonly offset?: bigint;
  readonly name?: string;
  /** Encodes what is mapped (an interface); absent: anonymous memory. */
  readonly mapped?: (graph: GraphBuilder) => WireValue;
}

export interface TestPages {
  readonly start: bigint;
  readonly end: bigint;
  /** Offset in the memory file. */
  readonly offset: bigint;
  /** `container:path` of a private memory file; absent: the main one. */
  readonly owner?: readonly [container: string, path: string];
  readonly private?: boolean;
  readonly copyOnWrite?: boolean;
}

export interface TestAddressSpace {
  readonly areas?: readonly TestArea[];
  readonly pages?: readonly TestPages[];
  readonly argv?: readonly [start: bigint, end: bigint];
  readonly envv?: readonly [start: bigint, end: bigint];
  /** Segment sets as three parallel slices (before 2023-11), and `hint` for `name`. */
  readonly old?: boolean;
  /** Owners of memory files as structs (since 2026-03), as strings, or not at all (before 2024-03). */
  readonly owners?: 'struct' | 'string' | 'none';
}

const PERMISSION_BITS = { r: 1, w: 2, x: 4, p: 1 << 9 } as const;

/** A pointer to a new MemoryManager. */
export function memoryManager(graph: GraphBuilder, options: TestAddressSpace): WireValue {
  const areas = options.areas ?? [];
  const range = ([start, end]: readonly [bigint, bigint]): WireValue =>
    graph.struct('pkg/hostarch.AddrRange', { Start: field(uint(start)), End: field(uint(end)) });
  const span = (list: readonly { start: bigint; end: bigint }[]): bigint =>
    list.reduce((sum, { start, end }) => sum + end - start, 0n);
  return graph.pointer(
    graph.struct('pkg/sentry/mm.MemoryManager', {
      layout: graph.struct('pkg/sentry/arch.MmapLayout', {
        MinAddr: uint(4096),
        MaxAddr: uint(0x7f00_0000_0000n),
        BottomUpBase: uint(0x2000_0000_0000n),
        TopDownBase: uint(0x7e00_0000_0000n),
        DefaultDirection: int(1),
        MaxStackRand: uint(1n << 34n),
      }),
      users: int(1),
      vmas: segmentSet(
        graph,
        options,
        'vma',
        areas.map((area) => ({ ...area, value: areaValue(graph, area, options) })),
      ),
      brk: range([0x10_0000n, 0x11_0000n]),
      usageAS: uint(span(areas)),
      lockedAS: nil(),
      dataAS: uint(span(areas.filter(({ permissions = 'rw-p' }) => /^.w.p/.test(permissions)))),
      pmas: segmentSet(
        graph,
        options,
        'pma',
        (options.pages ?? []).map((pages) => ({ ...pages, value: pagesValue(graph, pages, options) })),
      ),
      curRSS: uint(span(options.pages ?? [])),
      maxRSS: uint(span(options.pages ?? []) + 4096n),
      dumpability: graph.struct('pkg/atomicbitops.Int32', { value: int(1) }),
      argv: range(options.argv ?? [0n, 0n]),
      envv: range(options.envv ?? [0n, 0n]),
      auxv: graph.slice([
        graph.struct('pkg/sentry/arch.AuxEntry', { Key: uint(6), Value: uint(4096) }),
        graph.struct('pkg/sentry/arch.AuxEntry', { Key: uint(77), Value: field(uint(0)) }),
      ]),
      aioManager: graph.struct('pkg/sentry/mm.aioManager', {
        contexts: graph.pointer(
          map([
            [
              uint(0x7000),
              graph.pointer(graph.struct('pkg/sentry/mm.AIOContext', { maxOutstanding: uint(8), outstanding: nil() })),
            ],
          ]),
        ),
      }),
      vdsoSigReturnAddr: uint(0x7e00_0000_1000n),
    }),
  );
}

function areaValue(graph: GraphBuilder, area: TestArea, { old }: TestAddressSpace): WireValue {
  const bits = [...(area.permissions ?? 'rw-p')].reduce(
    (sum, letter) => sum | (letter in PERMISSION_BITS ? PERMISSION_BITS[letter as keyof typeof PERMISSION_BITS] : 0),
    0,
  );
  const mapped = area.mapped?.(graph);
  return graph.struct('pkg/sentry/mm.vma', {
    mappable: mapped ?? nilInterface(),
    off: field(uint(area.offset ?? 0n)),
    realPerms: field(int(bits)),
    dontfork: nil(),
    mlockMode: nil(),
    id: mapped ?? nilInterface(),
    [old === true ? 'hint' : 'name']: field(string(area.name ?? '')),
  });
}

function pagesValue(graph: GraphBuilder, pages: TestPages, { owners = 'struct' }: TestAddressSpace): WireValue {
  const [container, path] = pages.owner ?? ['', ''];
  const file =
    owners === 'struct'
      ? graph.struct('pkg/sentry/checkpoint.ResourceID', { ContainerName: field(string(container)), Path: field(string(path)) })
      : field(string(pages.owner === undefined ? '' : `${container}:${path}`));
  return graph.struct('pkg/sentry/mm.pma', {
    ...(owners === 'none' ? {} : { file }),
    off: field(uint(pages.offset)),
    needCOW: field(bool(pages.copyOnWrite === true)),
    private: field(bool(pages.private !== false)),
  });
}

function segmentSet(
  graph: GraphBuilder,
  { old }: TestAddressSpace,
  name: string,
  segments: readonly { readonly start: bigint; readonly end: bigint; readonly value: WireValue }[],
): WireValue {
  const type = `pkg/sentry/mm.${name}`;
  if (old === true) {
    const data = graph.struct(`${type}SegmentDataSlices`, {
      Start: graph.slice(segments.map(({ start }) => uint(start))),
      End: graph.slice(segments.map(({ end }) => uint(end))),
      Values: graph.slice(segments.map(({ value }) => value)),
    });
    return graph.struct(`${type}Set`, { root: graph.pointer(data) });
  }
  const items = segments.map(({ start, end, value }) =>
    graph.struct(`${type}FlatSegment`, { Start: field(uint(start)), End: uint(end), Value: value }),
  );
  return graph.struct(`${type}Set`, { root: graph.slice(items) });
}
