import { describe, expect, it } from 'vitest';
import type { ChangeId } from '../../../../src/restore/changes.ts';
import { ociSpec as gate } from '../../../../src/restore/gates/oci-spec.ts';
import type { ImageFacts } from '../../../../src/restore/image-facts.ts';
import type { RestoreSettings } from '../../../../src/restore/settings.ts';
import { host, image, ociSpec, withSpecs } from '../examples.ts';
import { boundary, rulesAt } from '../rules-at.ts';

const NEWEST = 'release-20260817.0';
const PREFIX = 'failed to handle restore spec validation: failed to validate restore spec: ';

type Json = Readonly<Record<string, unknown>>;

function savedWith(specs: Readonly<Record<string, Json>>): ImageFacts {
  const byName = new Map(Object.entries(specs).map(([name, more]) => [name, ociSpec(more)]));
  return image({ containerSpecs: { kind: 'specs', byName } });
}

function answerOf(saved: ImageFacts, settings: RestoreSettings, version = NEWEST) {
  const result = gate.check(saved, host(), rulesAt(version), settings);
  const fields = (result?.reasons ?? []).flatMap(({ details }) =>
    'differences' in details ? details.differences.map(({ field, saved: a, given: b }) => `${field}: ${a} -> ${b}`) : [],
  );
  const codes = result?.reasons.map((because) => `${because.code}@${because.order}`);
  return { outcome: result?.outcome, codes, fields, error: result?.failure?.error ?? null };
}

/** One container `c` on both sides. */
function pair(saved: Json, given: Json, version = NEWEST, more: Partial<RestoreSettings> = {}) {
  return answerOf(savedWith({ c: saved }), withSpecs({ c: ociSpec(given) }, more), version);
}

const process = (more: Json): Json => ({ process: { args: ['/bin/sh'], cwd: '/', user: { uid: 0, gid: 0 }, ...more } });
const linux = (more: Json): Json => ({ linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }], ...more } });
const PASS = { outcome: 'pass', codes: [], fields: [], error: null };

/** The refusal of the newest release: the field, and what Go prints of both sides. */
const refusal = (field: string, saved: string, given: string, problem = ''): string =>
  `${PREFIX}failed to validate spec for container "c": "${field}" does not match across checkpoint restore for container: "c", checkpoint ${saved} restore ${given}${problem}`;

const MOUNT =
  'specs.Mount{Destination:"/proc", Type:"proc", Source:"/proc", Options:[]string(nil), UIDMappings:[]specs.LinuxIDMapping(nil), GIDMappings:[]specs.LinuxIDMapping(nil)}';
const mapping = (size: number) => ({ containerID: 0, hostID: 0, size });
const goMapping = (size: string) => `specs.LinuxIDMapping{ContainerID:0x0, HostID:0x0, Size:${size}}`;
const CAPABILITY_LISTS = 'Effective:[]string(nil), Inheritable:[]string(nil), Permitted:[]string(nil), Ambient:[]string(nil)';

describe('every field', () => {
  it.each<readonly [string, Json, Json, string, string | null]>([
    ['ociVersion', {}, { ociVersion: '1.1.0' }, 'ociVersion: "1.0.0" -> "1.1.0"', refusal('OCI Version', '"1.0.0"', '"1.1.0"')],
    [
      'root.readonly',
      {},
      { root: { path: '/rootfs', readonly: true } },
      'root.readonly: false -> true',
      refusal('Root.Readonly', 'false', 'true'),
    ],
    ['terminal', {}, process({ terminal: true }), 'process.terminal: false -> true', refusal('Terminal', 'false', 'true')],
    ['cwd', {}, process({ cwd: '/srv' }), 'process.cwd: "/" -> "/srv"', refusal('Cwd', '"/"', '"/srv"')],
    [
      'user',
      {},
      process({ user: { uid: 0, gid: 7 } }),
      'process.user: {"uid":0,"gid":0} -> {"uid":0,"gid":7}',
      refusal(
        'User',
        'specs.User{UID:0x0, GID:0x0, Umask:(*uint32)(nil), AdditionalGids:[]uint32(nil), Username:""}',
        'specs.User{UID:0x0, GID:0x7, Umask:(*uint32)(nil), AdditionalGids:[]uint32(nil), Username:""}',
      ),
    ],
    [
      'an empty list of groups',
      {},
      process({ user: { uid: 0, gid: 0, additionalGids: [] } }),
      'process.user: {"uid":0,"gid":0} -> {"uid":0,"gid":0,"additionalGids":[]}',
      refusal(
        'User',
        'specs.User{UID:0x0, GID:0x0, Umask:(*uint32)(nil), AdditionalGids:[]uint32(nil), Username:""}',
        'specs.User{UID:0x0, GID:0x0, Umask:(*uint32)(nil), AdditionalGids:[]uint32{}, Username:""}',
      ),
    ],
    [
      'rlimits',
      {},
      process({ rlimits: [{ type: 'R', hard: 16, soft: 1 }] }),
      'process.rlimits: unset -> [{"type":"R","hard":16,"soft":1}]',
      refusal(
        'Rlimits',
        '[]specs.POSIXRlimit(nil)',
        '[]specs.POSIXRlimit{specs.POSIXRlimit{Type:"R", Hard:0x10, Soft:0x1}}',
        ', got error length mismatch',
      ),
    ],
    [
      'args',
      {},
      process({ args: ['/bin/sh', '-c'] }),
      'process.args: ["/bin/sh"] -> ["/bin/sh","-c"]',
      refusal('Args', '[]string{"/bin/sh"}', '[]string{"/bin/sh", "-c"}'),
    ],
    [
      'capabilities of one list',
      process({ capabilities: { bounding: ['A'] } }),
      process({ capabilities: { bounding: ['B'] } }),
      'process.capabilities.bounding: ["A"] -> ["B"]',
      refusal('Capabilities.Bounding', '[]string{"A"}', '[]string{"B"}'),
    ],
    [
      'capabilities at all',
      {},
      process({ capabilities: { bounding: ['B'] } }),
      'process.capabilities: unset -> {"bounding":["B"]}',
      refusal(
        'Capabilities',
        '(*specs.LinuxCapabilities)(nil)',
        `&specs.LinuxCapabilities{Bounding:[]string{"B"}, ${CAPABILITY_LISTS}}`,
      ),
    ],
    [
      'sysctl',
      {},
      linux({ sysctl: { k: 'v' } }),
      'linux.sysctl["k"]: unset -> "v"',
      refusal('Sysctl', 'map[string]string(nil)', 'map[string]string{"k":"v"}'),
    ],
    [
      'seccomp',
      {},
      linux({ seccomp: { defaultAction: 'A' } }),
      'linux.seccomp: unset -> {"defaultAction":"A"}',
      refusal(
        'Seccomp',
        '(*specs.LinuxSeccomp)(nil)',
        '&specs.LinuxSeccomp{DefaultAction:"A", DefaultErrnoRet:(*uint)(nil), Architectures:[]specs.Arch(nil), Flags:[]specs.LinuxSeccompFlag(nil), ListenerPath:"", ListenerMetadata:"", Syscalls:[]specs.LinuxSyscall(nil)}',
      ),
    ],
    [
      'devices',
      {},
      linux({ devices: [{ path: '/dev/x', type: 'c', major: 1, minor: 2 }] }),
      'linux.devices["/dev/x"]: unset -> {"path":"/dev/x","type":"c","major":1,"minor":2}',
      refusal(
        'Devices',
        '[]specs.LinuxDevice(nil)',
        '[]specs.LinuxDevice{specs.LinuxDevice{Path:"/dev/x", Type:"c", Major:1, Minor:2, FileMode:(*fs.FileMode)(nil), UID:(*uint32)(nil), GID:(*uint32)(nil)}}',
        ', got error length mismatch',
      ),
    ],
    [
      'uidMappings',
      linux({ uidMappings: [mapping(1)] }),
      linux({ uidMappings: [mapping(2)] }),
      'linux.uidMappings: [{"containerID":0,"hostID":0,"size":1}] -> [{"containerID":0,"hostID":0,"size":2}]',
      refusal('UIDMappings', `[]specs.LinuxIDMapping{${goMapping('0x1')}}`, `[]specs.LinuxIDMapping{${goMapping('0x2')}}`),
    ],
    [
      'gidMappings',
      {},
      linux({ gidMappings: [mapping(2)] }),
      'linux.gidMappings: unset -> [{"containerID":0,"hostID":0,"size":2}]',
      refusal(
        'GIDMappings',
        '[]specs.LinuxIDMapping(nil)',
        `[]specs.LinuxIDMapping{${goMapping('0x2')}}`,
        ', got error length mismatch',
      ),
    ],
    [
      'namespaces',
      {},
      { linux: { namespaces: [{ type: 'pid', path: '/x' }, { type: 'uts' }] } },
      'linux.namespaces: [{"type":"pid"},{"type":"mount"}] -> [{"type":"pid"},{"type":"uts"}]',
      refusal(
        'Namespace',
        '[]specs.LinuxNamespace{specs.LinuxNamespace{Type:"pid", Path:""}, specs.LinuxNamespace{Type:"mount", Path:""}}',
        '[]specs.LinuxNamespace{specs.LinuxNamespace{Type:"pid", Path:""}, specs.LinuxNamespace{Type:"uts", Path:""}}',
      ),
    ],
    [
      'the rest of process',
      {},
      process({ noNewPrivileges: true }),
      'process.noNewPrivileges: false -> true',
      refusal('Process', goProcess('false'), goProcess('true')),
    ],
    ['what is behind a pointer', {}, process({ oomScoreAdj: 5 }), 'process.oomScoreAdj: unset -> 5', null],
    [
      'the rest of linux: an empty list is not a missing one',
      {},
      linux({ maskedPaths: [] }),
      'linux.maskedPaths: unset -> []',
      refusal('Linux', goLinux('[]string(nil)'), goLinux('[]string{}')),
    ],
    [
      'the rest of the spec',
      {},
      { vm: { kernel: { path: '/k' } } },
      'vm: unset -> {"hypervisor":{"path":""},"kernel":{"path":"/k"},"image":{"path":"","format":""}}',
      null,
    ],
    [
      'the type of a mount',
      {},
      { mounts: [{ destination: '/proc', type: 'tmpfs', source: '/proc' }] },
      'mounts["/proc"].type: "proc" -> "tmpfs"',
      refusal('Mounts', `[]specs.Mount{${MOUNT}}`, `[]specs.Mount{${MOUNT.replace('Type:"proc"', 'Type:"tmpfs"')}}`),
    ],
    [
      'options of a mount, and its source relative',
      {},
      { mounts: [{ destination: '/proc', type: 'proc', source: 'proc', options: ['ro'] }] },
      'mounts["/proc"].options: unset -> ["ro"]',
      null,
    ],
    [
      'a mount more',
      {},
      {
        mounts: [
          { destination: '/proc', type: 'proc', source: '/proc' },
          { destination: '/t', type: 'tmpfs' },
        ],
      },
      'mounts["/t"]: unset -> {"destination":"/t","type":"tmpfs"}',
      refusal(
        'Mounts',
        `[]specs.Mount{${MOUNT}}`,
        `[]specs.Mount{${MOUNT}, ${MOUNT.replace(/\/proc", Type:"proc", Source:"\/proc/, '/t", Type:"tmpfs", Source:"')}}`,
      ),
    ],
    [
      'a mount less',
      {},
      { mounts: [] },
      'mounts["/proc"]: {"destination":"/proc","type":"proc","source":"/proc"} -> unset',
      refusal('Mounts', `[]specs.Mount{${MOUNT}}`, '[]specs.Mount{}'),
    ],
    [
      "an annotation of gVisor's own",
      { annotations: { 'dev.gvisor.flag.debug': 'true', 'dev.gvisor.flag.net': '1' } },
      { annotations: { 'dev.gvisor.flag.net': '2' } },
      'annotations["dev.gvisor.flag.net"]: "1" -> "2"',
      refusal('Annotations', 'map[string]string{"dev.gvisor.flag.net":"1"}', 'map[string]string{"dev.gvisor.flag.net":"2"}'),
    ],
  ])('%s', (_what, saved, given, field, error) => {
    expect(pair(saved, given)).toEqual({ outcome: 'fail', codes: ['CKPT1351@20'], fields: [field], error });
  });

  function goProcess(noNewPrivileges: string): string {
    const user = 'specs.User{UID:0x0, GID:0x0, Umask:(*uint32)(nil), AdditionalGids:[]uint32(nil), Username:""}';
    return `specs.Process{Terminal:false, ConsoleSize:(*specs.Box)(nil), User:${user}, Args:[]string(nil), CommandLine:"", Env:[]string(nil), Cwd:"/", Capabilities:(*specs.LinuxCapabilities)(nil), Rlimits:[]specs.POSIXRlimit(nil), NoNewPrivileges:${noNewPrivileges}, ApparmorProfile:"", OOMScoreAdj:(*int)(nil), Scheduler:(*specs.Scheduler)(nil), SelinuxLabel:"", IOPriority:(*specs.LinuxIOPriority)(nil), ExecCPUAffinity:(*specs.CPUAffinity)(nil)}`;
  }

  function goLinux(maskedPaths: string): string {
    return `specs.Linux{UIDMappings:[]specs.LinuxIDMapping(nil), GIDMappings:[]specs.LinuxIDMapping(nil), Sysctl:map[string]string(nil), Resources:(*specs.LinuxResources)(nil), CgroupsPath:"", Namespaces:[]specs.LinuxNamespace(nil), Devices:[]specs.LinuxDevice(nil), Seccomp:(*specs.LinuxSeccomp)(nil), RootfsPropagation:"", MaskedPaths:${maskedPaths}, ReadonlyPaths:[]string(nil), MountLabel:"", IntelRdt:(*specs.LinuxIntelRdt)(nil), Personality:(*specs.LinuxPersonality)(nil), TimeOffsets:map[string]specs.LinuxTimeOffset(nil)}`;
  }

  it.each<readonly [string, Json, Json]>([
    ['nothing', {}, {}],
    ['the environment', {}, process({ env: ['SECRET=other', 'MORE=1'] })],
    [
      'names of host and domain, hooks, paths',
      {},
      { hostname: 'h', domainname: 'd', hooks: { prestart: [{ path: '/x' }] }, root: { path: '/other' } },
    ],
    ['the path of cgroups', linux({ cgroupsPath: '/a' }), linux({ cgroupsPath: '/b' })],
    ['sources of mounts', {}, { mounts: [{ destination: '/proc', type: 'proc', source: '/elsewhere' }] }],
    ['the order of mounts and of their options', mounts(['a', 'b'], ['/1', '/2']), mounts(['b', 'a'], ['/2', '/1'])],
    ['a mount twice', {}, { mounts: [1, 2].map(() => ({ destination: '/proc', type: 'proc', source: '/p' })) }],
    ['a missing and an empty list of options', {}, { mounts: [{ destination: '/proc', type: 'proc', options: [] }] }],
    ['the order of capabilities, rlimits and namespaces', ordered(1), ordered(-1)],
    [
      'empty lists of capabilities',
      process({ capabilities: { bounding: ['A'] } }),
      process({ capabilities: { bounding: ['A'], ambient: [] } }),
    ],
    ['an empty map of sysctls', {}, linux({ sysctl: {} })],
    [
      'numbers of devices',
      linux({ devices: [{ path: '/dev/x', type: 'c', major: 1, minor: 2 }] }),
      linux({ devices: [{ path: '/dev/x', type: 'c', major: 9, minor: 9, fileMode: 438 }] }),
    ],
    ['GPUs', {}, linux({ devices: [{ path: '/dev/nvidia3', type: 'c', major: 195, minor: 3 }] })],
    ['the path of the executable', process({ args: ['/usr/bin/sh', 'x'] }), process({ args: ['sh', 'x'] })],
    ['annotations of others, internal ones, flags for debugging', {}, { annotations: ignoredAnnotations() }],
    ['a missing and an empty part', { linux: undefined }, { linux: {} }],
  ])('does not count: %s', (_what, saved, given) => {
    expect(pair(saved, given)).toEqual(PASS);
  });

  function mounts(options: string[], destinations: string[]): Json {
    return { mounts: destinations.map((destination) => ({ destination, type: 'tmpfs', options })) };
  }

  function ordered(sign: 1 | -1): Json {
    const list = <T>(...items: T[]): T[] => (sign === 1 ? items : items.reverse());
    const rlimits = list({ type: 'A', hard: 1, soft: 1 }, { type: 'B', hard: 1, soft: 1 });
    return {
      ...process({ capabilities: { bounding: list('A', 'B') }, rlimits }),
      linux: { namespaces: list({ type: 'pid' }, { type: 'uts' }) },
    };
  }

  function ignoredAnnotations(): Json {
    const names = [
      'org.example',
      'dev.gvisor.internal.x',
      'dev.gvisor.container-name-remap.1',
      'dev.gvisor.spec.mount.v.source',
      'dev.gvisor.flag.strace',
    ];
    return Object.fromEntries(names.map((name) => [name, 'x']));
  }

  it('refuses a value that is twice in one list, on both sides too', () => {
    const twice = process({ rlimits: [1, 2].map(() => ({ type: 'R', hard: 1, soft: 1 })) });
    expect(pair(twice, twice).error).toMatch(/"Rlimits" does not match .*, got error duplicate value$/);
    const devices = linux({ devices: [1, 2].map(() => ({ path: '/dev/x', type: 'c', major: 1, minor: 2 })) });
    const list = '[{/dev/x c 1 2 <nil> <nil> <nil>} {/dev/x c 1 2 <nil> <nil> <nil>}]';
    expect(pair(devices, devices).error).toBe(
      `${PREFIX}failed to validate spec for container "c": duplicate device found in the spec ${list} before checkpoint for container c`,
    );
  });

  it('demands that two mounts of one destination are the same, source included', () => {
    const two = { mounts: ['/a', '/b'].map((source) => ({ destination: '/proc', type: 'proc', source })) };
    expect(pair({}, two)).toMatchObject({
      outcome: 'fail',
      error: expect.stringMatching(/, got error invalid mount in the restore spec$/),
    });
  });

  it('lists every field that differs, each once, and prints the first', () => {
    const given = {
      ...process({ cwd: '/x', args: ['y'], apparmorProfile: 'p' }),
      ...linux({ readonlyPaths: ['/z'] }),
      ociVersion: '9',
    };
    const answer = pair({}, given);
    expect(answer.fields.map((field) => field.split(':')[0])).toEqual([
      'ociVersion',
      'process.cwd',
      'process.args',
      'process.apparmorProfile',
      'linux.readonlyPaths',
    ]);
    expect(answer.error).toContain('"OCI Version"');
  });

  it('shows no value of the environment', () => {
    const reasons = JSON.stringify(
      gate.check(
        savedWith({ c: {} }),
        host(),
        rulesAt(NEWEST),
        withSpecs({ c: ociSpec(process({ env: ['A=hunter2'], oomScoreAdj: 1 })) }),
      ),
    );
    expect(reasons).not.toMatch(/hunter2|hidden/);
  });

  it('cuts values that are long', () => {
    const { fields, error } = pair({}, process({ args: Array.from({ length: 100_000 }, (_item, index) => `argument ${index}`) }));
    expect(fields[0]?.length).toBeLessThan(3000);
    expect(error).toBeNull();
  });
});

describe('limits of resources', () => {
  it('are only logged since 2024-12-16, and told', () => {
    const given = linux({ resources: { pids: { limit: 5 }, devices: [{ allow: true }] } });
    const fields = ['linux.resources: unset -> {"devices":[{"allow":true}],"pids":{"limit":5}}'];
    expect(pair({}, given)).toEqual({ outcome: 'pass', codes: ['CKPT1360@20'], fields, error: null });
    const other = linux({ resources: { pids: { limit: 6 } } });
    expect(pair(other, given).fields).toEqual(['linux.resources.pids: {"limit":6} -> {"limit":5}']);
    expect(pair(other, given, boundary('spec-resources-warn').before).outcome).toBe('fail');
  });
});

describe('the policy', () => {
  const given = process({ cwd: '/x' });

  it('lets differences pass, and says which', () => {
    for (const specPolicy of ['warning', 'ignore'] as const) {
      expect(pair({}, given, NEWEST, { specPolicy })).toMatchObject({
        outcome: 'pass',
        codes: ['CKPT1354@20'],
        fields: ['process.cwd: "/" -> "/x"'],
      });
      expect(answerOf(savedWith({ c: {} }), withSpecs({ d: ociSpec() }, { specPolicy }))).toMatchObject({
        outcome: 'not-checked',
        codes: ['CKPT1352@20', 'CKPT1353@20'],
      });
    }
    expect(pair({}, given, NEWEST, { specPolicy: 'enforce' }).outcome).toBe('fail');
  });

  it('exists since 2024-12-30', () => {
    expect(pair({}, given, boundary('spec-validation-skip').from, { specPolicy: 'ignore' }).outcome).toBe('pass');
    expect(pair({}, given, boundary('spec-validation-skip').before, { specPolicy: 'ignore' }).outcome).toBe('fail');
  });
});

describe('names of containers', () => {
  const named = (name: string, more: Json = {}): Json => ({ annotations: { 'io.kubernetes.cri.container-name': name, ...more } });

  it('are annotated, else given by order', () => {
    const saved = savedWith({ __no_name_0: {}, web: named('web') });
    const specs = [
      { source: 'a.json', name: null, spec: ociSpec() },
      { source: 'b.json', name: null, spec: ociSpec(named('web')) },
    ];
    expect(answerOf(saved, { ...withSpecs({}), specs })).toEqual(PASS);
    expect(answerOf(saved, { ...withSpecs({}), specs: [...specs].reverse() }).error).toBe(
      `${PREFIX}checkpoint image does not contain spec for container: "__no_name_1"`,
    );
    expect(answerOf(saved, { ...withSpecs({}), specs: specs.slice(1) })).toMatchObject({
      outcome: 'not-checked',
      codes: ['CKPT1353@20'],
    });
    expect(answerOf(saved, { ...withSpecs({}), specs: [specs[1] ?? null, specs[1] ?? null] })).toMatchObject({
      outcome: 'fail',
      codes: ['CKPT1357@19'],
      error: 'container "web" already restored',
    });
  });

  it('are remapped since 2025-04-02', () => {
    const remap = { 'dev.gvisor.container-name-remap.x': 'web=old', 'dev.gvisor.container-name-remap.y': 'other=web' };
    const saved = savedWith({ old: named('old') });
    const given = withSpecs({ x: ociSpec(named('web', remap)) });
    expect(answerOf(saved, given).outcome).toBe('pass');
    expect(answerOf(saved, given, boundary('container-name-remap').before).error).toBe(
      'failed to handle restore spec validation: failed to validate restore spec: checkpoint image does not contain spec for container: "web"',
    );
    // The annotations themselves counted until 2025-05-09.
    expect(answerOf(saved, given, boundary('spec-remap-ignored').before).outcome).toBe('fail');
  });
});

describe('what runsc makes of the file', () => {
  const inSandbox = { annotations: { 'io.kubernetes.cri.container-type': 'container', 'io.kubernetes.cri.sandbox-id': 's' } };
  const mapped = { uidMappings: [mapping(9)], gidMappings: [mapping(9)] };
  const namespaces = (...types: string[]) => types.map((type) => ({ type }));

  it('a container behind the first gets a user namespace', () => {
    const saved = { ...inSandbox, linux: { namespaces: namespaces('pid', 'mount', 'user'), ...mapped } };
    expect(pair(saved, inSandbox)).toEqual({ ...PASS, codes: ['CKPT1355@20'] });
    expect(pair(saved, { ...inSandbox, linux: { namespaces: namespaces('pid', 'uts') } }).outcome).toBe('fail');
    expect(pair(saved, saved)).toEqual(PASS);
    // The first container does not.
    const first = { linux: { namespaces: namespaces('pid', 'mount', 'user'), ...mapped } };
    expect(pair(first, {}).outcome).toBe('fail');
  });

  it('a PID namespace of the sandbox is dropped, and empty lists are lost', () => {
    const shared = { linux: { namespaces: [{ type: 'pid', path: '/proc/4711/ns/pid' }, { type: 'mount' }], maskedPaths: [] } };
    const saved = { ...inSandbox, linux: { namespaces: namespaces('mount') } };
    expect(pair(saved, { ...inSandbox, ...shared })).toMatchObject({ outcome: 'pass', codes: ['CKPT1355@20', 'CKPT1355@20'] });
    expect(pair({ linux: { namespaces: namespaces('mount') } }, shared).outcome).toBe('fail');
  });

  it('a seccomp profile that is the default of the runtime is dropped', () => {
    const annotations = { 'io.kubernetes.cri.container-name': 'c', 'dev.gvisor.internal.seccomp.c': 'RuntimeDefault' };
    const seccomp = linux({ seccomp: { defaultAction: 'A' } });
    expect(pair({}, { annotations, ...seccomp })).toEqual(PASS);
    expect(pair({}, { annotations: { ...annotations, 'dev.gvisor.internal.seccomp.c': 'x' }, ...seccomp }).outcome).toBe('fail');
  });

  const bind = (destination: string, options: readonly string[] = ['rbind', 'ro']) => ({
    mounts: [{ destination, type: 'bind', source: '/s', options }],
  });

  it('bind mounts may move by symbolic links', () => {
    expect(pair(bind('/run/secrets'), bind('/var/run/secrets'))).toMatchObject({ outcome: 'unknown', codes: ['CKPT1356@20'] });
    expect(pair(bind('/run/secrets'), bind('/run//secrets/'))).toEqual(PASS);
    expect(pair(bind('/run/secrets'), bind('/run/other')).outcome).toBe('fail');
    expect(pair(bind('/run/secrets'), bind('/var/run/secrets', ['rbind']))).toMatchObject({ outcome: 'fail', error: null });
    const tmpfs = (destination: string) => ({ mounts: [{ destination, type: 'tmpfs' }] });
    expect(pair(tmpfs('/run/t'), tmpfs('/var/run/t')).outcome).toBe('fail');
  });

  it('bind mounts may gain an option for their file system', () => {
    expect(pair(bind('/d', ['rbind', 'ro', 'overlayfs_stale_read']), bind('/d'))).toEqual({ ...PASS, codes: ['CKPT1355@20'] });
    expect(pair(bind('/d', ['rbind', 'ro', 'noexec']), bind('/d')).outcome).toBe('fail');
  });

  it('is refused when runsc refuses it by itself', () => {
    expect(pair({}, { root: undefined })).toMatchObject({ outcome: 'fail', codes: ['CKPT1358@20'], error: null });
  });
});

describe('older releases', () => {
  /** What a release says of a pair, the day before a change and on its day. */
  const around = (id: ChangeId, saved: Json, given: Json): (string | undefined)[] =>
    [boundary(id).before, boundary(id).from].map((version) => pair(saved, given, version).outcome);
  const both = (more: Json) => ({ ...more });

  it.each<readonly [ChangeId, Json, Json, string, string]>([
    ['spec-validation', {}, process({ cwd: '/x' }), 'pass', 'fail'],
    ['spec-annotations', { annotations: { 'dev.gvisor.a': '1' } }, {}, 'pass', 'fail'],
    ['spec-cgroups-path', linux({ cgroupsPath: '/a' }), linux({ cgroupsPath: '/b' }), 'fail', 'pass'],
    ['spec-capabilities', {}, process({ capabilities: { bounding: ['A'] } }), 'pass', 'fail'],
    ['spec-resources', {}, linux({ resources: { pids: { limit: 1 } } }), 'pass', 'fail'],
    ['spec-namespace-types', {}, { linux: { namespaces: [{ type: 'pid', path: '/p' }, { type: 'mount' }] } }, 'fail', 'pass'],
    ['spec-root-readonly', {}, { root: { path: '/other' } }, 'fail', 'pass'],
    ['spec-mount-sources', { annotations: { 'dev.gvisor.spec.mount.v.source': '1' } }, {}, 'fail', 'pass'],
    ['spec-whole', {}, linux({ maskedPaths: ['/x'] }), 'pass', 'fail'],
    [
      'spec-lists',
      process({ rlimits: [{ type: 'A' }, { type: 'B' }] }),
      process({ rlimits: [{ type: 'B' }, { type: 'A' }] }),
      'fail',
      'pass',
    ],
    ['spec-lists', {}, linux({ sysctl: {} }), 'fail', 'pass'],
    ['spec-args-resolved', process({ args: ['./a'] }), process({ args: ['/a'] }), 'fail', 'pass'],
    ['spec-args-base', process({ args: ['./a'] }), process({ args: ['/b/a'] }), 'fail', 'pass'],
    ['spec-capabilities-lists', process({ capabilities: {} }), process({ capabilities: { ambient: [] } }), 'fail', 'pass'],
    ['spec-debug-flags', { annotations: { 'dev.gvisor.flag.strace': '1' } }, {}, 'fail', 'pass'],
    ['oci-types-1.2.1', {}, process({ execCPUAffinity: { initial: '1' } }), 'pass', 'fail'],
    ['oci-types-1.2.0', {}, process({ scheduler: { policy: 'S' } }), 'pass', 'fail'],
    ['oci-types-1.1.0', {}, process({ scheduler: { policy: 'S' } }), 'fail', 'pass'],
    ['gpu-remap', {}, linux({ devices: [{ path: '/dev/nvidia0', type: 'c', major: 195, minor: 0 }] }), 'fail', 'pass'],
  ])('%s', (id, saved, given, before, from) => {
    expect(around(id, saved, given)).toEqual([before, from]);
  });

  it('has no such gate before 2024-09-13, and compares names only at first', () => {
    const { before, from } = boundary('spec-names');
    expect(pair({}, process({ cwd: '/x' }), before)).toEqual({ ...PASS, outcome: 'not-applicable' });
    expect(pair({}, process({ cwd: '/x' }), from)).toEqual(PASS);
    const other = answerOf(savedWith({ c: {} }), withSpecs({ d: ociSpec() }), from);
    expect(other).toMatchObject({ outcome: 'fail', error: 'checkpoint image does not contain spec for container: "d"' });
  });

  it('words the refusal otherwise', () => {
    const said = (version: string) => pair({}, process({ args: ['a b', 'c'] }), version).error;
    const plain = 'Args does not match across checkpoint restore for container: c, checkpoint [/bin/sh] restore [a b c]';
    expect(said('release-20241104.0')).toBe(plain);
    expect(said('release-20241118.0')).toBe(`failed to validate restore spec: ${plain}`);
    expect(said('release-20250127.0')).toBe(`${PREFIX}${plain}`);
    expect(said('release-20251118.0')).toBe(`${PREFIX}failed to validate spec for container "c": ${plain}`);
    expect(said('release-20260601.0')).toContain(
      '"Args" does not match across checkpoint restore for container: "c", checkpoint []string{"/bin/sh"}',
    );
  });

  it('prints the whole spec by its addresses at first', () => {
    expect(pair({}, process({ noNewPrivileges: true }), boundary('spec-error-quoted').before)).toMatchObject({
      outcome: 'fail',
      error: null,
    });
  });

  it('comes behind the kernel graph while the specs lie in it', () => {
    const position = (version: string) =>
      gate.check(savedWith({ c: {} }), host(), rulesAt(version), withSpecs({ c: ociSpec(process({ cwd: '/x' })) }))?.failure
        ?.position;
    expect(position(boundary('specs-in-header').before)).toBeGreaterThan(39);
    expect(position(boundary('specs-in-header').from)).toBe(20);
  });

  it('compares one container, taken at random, until 2025-11-11', () => {
    const { before, from } = boundary('spec-all-containers');
    const saved = savedWith({ a: {}, b: {} });
    const one = withSpecs({ a: ociSpec(), b: ociSpec(process({ cwd: '/x' })) });
    const all = withSpecs({ a: ociSpec(process({ cwd: '/x' })), b: ociSpec(process({ cwd: '/x' })) });
    expect(answerOf(saved, one, before)).toMatchObject({ outcome: 'unknown', codes: ['CKPT1351@20', 'CKPT1356@20'] });
    expect([answerOf(saved, one, from).outcome, answerOf(saved, all, before).outcome]).toEqual(['fail', 'fail']);
    expect(answerOf(saved, one, from).error).toContain('failed to validate spec for container "b": ');
  });

  it('of 2024-11 knows the path of the root only where it is absolute', () => {
    expect(pair({ root: { path: '/x/rootfs' } }, { root: { path: 'rootfs' } }, '20241030')).toMatchObject({
      outcome: 'unknown',
      codes: ['CKPT1356@20'],
    });
    expect(pair({ root: { path: '/x' } }, both({ root: { path: '/y' } }), '20241030').error).toBe(
      'Root does not match across checkpoint restore for container: c, checkpoint &{/x false} restore &{/y false}',
    );
  });
});

describe('without both sides', () => {
  it('names the containers whose specs are wanted', () => {
    const answer = gate.check(savedWith({ b: {}, a: {} }), host(), rulesAt(NEWEST));
    expect(answer).toMatchObject({
      outcome: 'not-checked',
      reasons: [{ code: 'CKPT1353', details: { containers: ['a', 'b'] } }],
    });
  });

  it('is open when a spec could not be read, or none was saved', () => {
    expect(answerOf(savedWith({ c: {} }), withSpecs({ c: null }))).toMatchObject({ outcome: 'unknown', codes: ['CKPT1359@20'] });
    expect(answerOf(savedWith({ c: {}, d: {} }), withSpecs({ c: ociSpec(process({ cwd: '/x' })), d: null })).outcome).toBe(
      'fail',
    );
    expect(answerOf(image({ containerSpecs: { kind: 'none' } }), withSpecs({}))).toMatchObject({
      outcome: 'unknown',
      codes: ['CKPT1359@20'],
    });
    expect(answerOf(image({ containerSpecs: { kind: 'unreadable', why: 'x' } }), withSpecs({}))).toMatchObject({
      outcome: 'unknown',
    });
  });
});
