/**
 * Where gVisor's saved fields lie in each epoch: the one place that knows how names changed.
 *
 * A row gives every path that a fact ever had, the newest first. The first path whose first field the struct's declared type has is the
 * one of that image; so no date or version is asked for.
 *
 * @see gVisor's generated StateFields at every release tag; docs/format.md "The kernel graph".
 */
import { typeOf } from '../graph/graph.ts';
import { fieldAt, follow, type Node, readNode } from '../graph/node.ts';

/** A path of field names, stepping through references and interfaces, and the first release that has it. */
interface FieldPath {
  readonly path: readonly [string, ...string[]];
  /** First release; absent for the oldest. */
  readonly since?: string;
}

/** Facts by `Type.fact`. A fact whose name never changed needs no row: use `fieldAt`. */
const PATHS = {
  // Tasks and processes.
  'Task.mountNamespace': [{ path: ['mountNamespace'], since: 'release-20221107.0' }, { path: ['mountNamespaceVFS2'] }],
  'Task.seccompFilters': [{ path: ['seccomp', 'filters'], since: 'release-20231204.0' }, { path: ['syscallFilters'] }],
  // Of tasks and of thread groups. Before, tasks counted ticks in `gosched`.
  'CpuTime.user': [{ path: ['appCPUClock', 'now'], since: 'release-20241118.0' }],
  'CpuTime.both': [{ path: ['appSysCPUClock', 'now'], since: 'release-20241118.0' }],
  'ThreadGroup.virtualTimer': [{ path: ['itimerVirtTimer'], since: 'release-20241118.0' }, { path: ['itimerVirtSetting'] }],
  'ThreadGroup.profilingTimer': [{ path: ['itimerProfTimer'], since: 'release-20241118.0' }, { path: ['itimerProfSetting'] }],
  'ThreadGroup.cpuLimitTimer': [
    { path: ['rlimitCPUSoftTimer'], since: 'release-20241118.0' },
    { path: ['rlimitCPUSoftSetting'] },
  ],
  // Memory.
  'Shm.id': [{ path: ['obj', 'ID'], since: 'release-20210726.0' }, { path: ['ID'] }],
  'Shm.key': [{ path: ['obj', 'Key'], since: 'release-20210726.0' }, { path: ['key'] }],
  'vma.name': [{ path: ['name'], since: 'release-20241118.0' }, { path: ['hint'] }],
  // Files and mounts.
  // Until 2022-11 the plain names were those of the first virtual file system, which has nothing of the second.
  'descriptor.file': [{ path: ['fileVFS2'] }, { path: ['file'], since: 'release-20221122.0' }],
  'FSContext.root': [{ path: ['rootVFS2'] }, { path: ['root'], since: 'release-20221122.0' }],
  'FSContext.cwd': [{ path: ['cwdVFS2'] }, { path: ['cwd'], since: 'release-20221122.0' }],
  'Mount.flags': [{ path: ['flags'], since: 'release-20231030.0' }, { path: ['Flags'] }],
  // Files in memory. The owner of their memory file; nil for the main one.
  'TmpfsFilesystem.memoryFile': [
    { path: ['mf'], since: 'release-20240325.0' },
    { path: ['uniqueID'], since: 'release-20231204.0' },
  ],
  // Sockets and network.
  // Until 2022-11 the plain names were those of the first virtual file system, which has nothing of the second.
  'Kernel.sockets': [{ path: ['socketsVFS2'] }, { path: ['sockets'], since: 'release-20221122.0' }],
  'InetSocket.family': [{ path: ['family'], since: 'release-20221122.0' }, { path: ['socketOpsCommon', 'family'] }],
  'InetSocket.type': [{ path: ['skType'], since: 'release-20221122.0' }, { path: ['socketOpsCommon', 'skType'] }],
  'InetSocket.protocol': [{ path: ['protocol'], since: 'release-20221122.0' }, { path: ['socketOpsCommon', 'protocol'] }],
  'InetSocket.endpoint': [{ path: ['Endpoint'], since: 'release-20221122.0' }, { path: ['socketOpsCommon', 'Endpoint'] }],
  'HostSocket.type': [{ path: ['stype'], since: 'release-20221122.0' }, { path: ['socketOpsCommon', 'stype'] }],
  'UnixSocket.endpoint': [{ path: ['ep'], since: 'release-20221122.0' }, { path: ['socketOpsCommon', 'ep'] }],
  'UnixSocket.type': [{ path: ['stype'], since: 'release-20221122.0' }, { path: ['socketOpsCommon', 'stype'] }],
  'NetlinkSocket.port': [{ path: ['portID'], since: 'release-20221122.0' }, { path: ['socketOpsCommon', 'portID'] }],
  'UnixEndpoint.peer': [{ path: ['peer'], since: '2026-08-21' }, { path: ['connected'] }],
  'TcpEndpoint.id': [
    { path: ['TransportEndpointInfo', 'ID'], since: 'release-20210503.0' },
    { path: ['EndpointInfo', 'TransportEndpointInfo', 'ID'] },
  ],
  'TcpEndpoint.netProto': [
    { path: ['TransportEndpointInfo', 'NetProto'], since: 'release-20210503.0' },
    { path: ['EndpointInfo', 'TransportEndpointInfo', 'NetProto'] },
  ],
  'TcpEndpoint.received': [
    { path: ['TCPRcvBufState', 'RcvBufUsed'], since: 'release-20220606.0' },
    { path: ['rcvQueueInfo', 'TCPRcvBufState', 'RcvBufUsed'], since: 'release-20210503.0' },
    { path: ['rcvBufUsed'] },
  ],
  'TcpEndpoint.unacknowledged': [
    { path: ['sndQueueInfo', 'TCPSndBufState', 'SndBufUsed'], since: 'release-20210503.0' },
    { path: ['sndBufUsed'] },
  ],
  'TcpEndpoint.accepted': [
    { path: ['acceptQueue', 'endpoints'], since: 'release-20211005.0' },
    { path: ['accepted', 'endpoints'], since: 'release-20210412.0' },
    { path: ['acceptedChan'] },
  ],
  'TcpEndpoint.acceptLimit': [
    { path: ['acceptQueue', 'capacity'], since: 'release-20211005.0' },
    { path: ['accepted', 'cap'], since: 'release-20210412.0' },
  ],
  'DatagramEndpoint.info': [{ path: ['net', 'info'], since: 'release-20210906.0' }, { path: ['TransportEndpointInfo'] }],
  'DatagramEndpoint.state': [{ path: ['net', 'state'], since: 'release-20210906.0' }, { path: ['state'] }],
  'DatagramEndpoint.memberships': [
    { path: ['net', 'multicastMemberships'], since: 'release-20210906.0' },
    { path: ['multicastMemberships'] },
  ],
  'UdpEndpoint.netProto': [
    { path: ['net', 'netProto'], since: 'release-20210906.0' },
    { path: ['TransportEndpointInfo', 'NetProto'] },
  ],
  'UdpEndpoint.localPort': [
    { path: ['localPort'], since: 'release-20210906.0' },
    { path: ['TransportEndpointInfo', 'ID', 'LocalPort'] },
  ],
  'UdpEndpoint.remotePort': [{ path: ['remotePort'], since: 'release-20210906.0' }, { path: ['dstPort'] }],
} as const satisfies Readonly<Record<string, readonly FieldPath[]>>;

export type EpochFact = keyof typeof PATHS;

/**
 * A fact of a struct under the name that it has in this image, references and interfaces followed; null when it is nil or this image's
 * type has none of the names.
 *
 * @throws CkptError `dangling-reference`, `unknown-shape`.
 */
export function fact(node: Node, name: EpochFact): Node | null {
  const struct = follow(node);
  const path = struct === null ? null : pathIn(struct, name);
  return struct === null || path === null ? null : fieldAt(struct, ...path);
}

/** Whether this image's type has the fact under any of its names. */
export function hasFact(node: Node, name: EpochFact): boolean {
  const struct = follow(node);
  return struct !== null && pathIn(struct, name) !== null;
}

function pathIn(struct: Node, name: EpochFact): readonly string[] | null {
  const value = readNode(struct);
  const declared = value.kind === 'struct' ? (typeOf(struct.graph, value.typeId)?.fields ?? []) : [];
  const rows: readonly FieldPath[] = PATHS[name];
  return rows.find(({ path: [first] }) => declared.includes(first))?.path ?? null;
}
