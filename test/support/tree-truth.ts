/** What a container printed of its own files, as values. Names are kept as gVisor has them, byte for byte. */
import { nameText } from '../../src/filesystem/tree-names.ts';

export interface SeenFile {
  /** Type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly links: number;
  readonly major: number;
  readonly minor: number;
  readonly modified: bigint;
  readonly changed: bigint;
  /** SHA-256 of a regular file, else null. */
  readonly hash: string | null;
  readonly target: string | null;
}

/** Files by path from the place that was printed. */
export type SeenTree = ReadonlyMap<string, SeenFile>;

/** All trees of an output, by place. */
export function parseTrees(output: Buffer): Map<string, SeenTree> {
  const trees = new Map<string, SeenTree>();
  // One character for each byte until names are cut out.
  const text = output.toString('latin1');
  for (const [, place = '', stat = '', hashes = '', links = ''] of text.matchAll(
    /@@TREE (\S+)\n(.*?)@@HASHES\n(.*?)@@LINKS\n(.*?)\n@@END\n/gs,
  )) {
    const hashOf = new Map(
      [...hashes.matchAll(/([0-9a-f]{64}) {2}(.*?)\n(?=[0-9a-f]{64} {2}|$)/gs)].map(([, hash = '', name = '']) => [name, hash]),
    );
    const targetOf = new Map([...links.matchAll(/(.*?)\|@(.*?)\|@@/gs)].map(([, name = '', target = '']) => [name, target]));
    const tree = new Map<string, SeenFile>();
    for (const record of stat.split('|@\n').slice(0, -1)) {
      const [mode = '', uid, gid, size, links, major = '', minor = '', time = '', change = '', ...rest] = record.split('|');
      const name = rest.join('|');
      const target = targetOf.get(name);
      tree.set(decoded(name.replace(/^\.\/?/, '')), {
        mode: Number.parseInt(mode, 16),
        uid: Number(uid),
        gid: Number(gid),
        size: Number(size),
        links: Number(links),
        major: Number.parseInt(major, 16),
        minor: Number.parseInt(minor, 16),
        modified: nanoseconds(time),
        changed: nanoseconds(change),
        hash: hashOf.get(name) ?? null,
        target: target === undefined ? null : decoded(target),
      });
    }
    trees.set(place, tree);
  }
  return trees;
}

function decoded(bytes: string): string {
  return nameText(Buffer.from(bytes, 'latin1'));
}

/** `2001-02-03 04:05:06.123456789 +0000` */
function nanoseconds(time: string): bigint {
  const [, date, clock, fraction = '0'] = /^(\S+) (\S+?)(?:\.(\d{9}))? \+0000$/.exec(time) ?? [];
  return BigInt(Date.parse(`${date}T${clock}Z`)) * 1_000_000n + BigInt(fraction);
}
