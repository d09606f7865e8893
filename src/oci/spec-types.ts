/**
 * The structs of an OCI runtime spec as runsc's Go code declares them: what its JSON decoder keeps, and how Go prints a value.
 *
 * @see github.com/opencontainers/runtime-spec specs-go/config.go at v1.2.1; gVisor's go.mod and WORKSPACE name the version of each release
 */

/** A Go type, as far as runtime specs use them. `name` is the type as Go's `%T` prints it. */
export type GoType =
  | { readonly kind: 'string' | 'bool' | 'any'; readonly name: string }
  | { readonly kind: 'int'; readonly name: string; readonly min: bigint; readonly max: bigint }
  | { readonly kind: 'pointer' | 'slice' | 'map'; readonly name: string; readonly of: GoType }
  | { readonly kind: 'struct'; readonly name: string; readonly struct: StructName };

/** A field of a struct. */
export interface GoField {
  readonly name: string;
  readonly type: GoType;
  /** Its name in JSON. */
  readonly json: string;
  /** Empty values are not written (`omitempty`), so that an empty list comes back as nil. */
  readonly omitEmpty: boolean;
  /** Version of the package that introduced it; null for the oldest that matters (v1.1.0-rc.1). */
  readonly since: SpecPackage | null;
}

/** Versions of the package after the oldest that matters. */
export type SpecPackage = '1.2.0' | '1.2.1';

/**
 * `Field type json`, in declared order. `!`: written even when empty. `@`: in the package since.
 *
 * Solaris and Windows are only kept as they are: runsc refuses a spec that has them.
 */
const STRUCTS = {
  Spec: `Version string ociVersion!, Process *Process process, Root *Root root, Hostname string hostname, Domainname string domainname,
    Mounts []Mount mounts, Hooks *Hooks hooks, Annotations map[string]string annotations, Linux *Linux linux, Solaris any solaris,
    Windows any windows, VM *VM vm, ZOS *ZOS zos`,
  Process: `Terminal bool terminal, ConsoleSize *Box consoleSize, User User user!, Args []string args, CommandLine string commandLine,
    Env []string env, Cwd string cwd!, Capabilities *LinuxCapabilities capabilities, Rlimits []POSIXRlimit rlimits,
    NoNewPrivileges bool noNewPrivileges, ApparmorProfile string apparmorProfile, OOMScoreAdj *int oomScoreAdj,
    Scheduler *Scheduler scheduler@1.2.0, SelinuxLabel string selinuxLabel, IOPriority *LinuxIOPriority ioPriority@1.2.0,
    ExecCPUAffinity *CPUAffinity execCPUAffinity@1.2.1`,
  Scheduler: `Policy LinuxSchedulerPolicy policy!, Nice int32 nice, Priority int32 priority, Flags []LinuxSchedulerFlag flags,
    Runtime uint64 runtime, Deadline uint64 deadline, Period uint64 period`,
  LinuxCapabilities: `Bounding []string bounding, Effective []string effective, Inheritable []string inheritable,
    Permitted []string permitted, Ambient []string ambient`,
  LinuxIOPriority: 'Class IOPriorityClass class!, Priority int priority!',
  CPUAffinity: 'Initial string initial, Final string final',
  Box: 'Height uint height!, Width uint width!',
  User: `UID uint32 uid!, GID uint32 gid!, Umask *uint32 umask, AdditionalGids []uint32 additionalGids, Username string username`,
  Root: 'Path string path!, Readonly bool readonly',
  Mount: `Destination string destination!, Type string type, Source string source, Options []string options,
    UIDMappings []LinuxIDMapping uidMappings, GIDMappings []LinuxIDMapping gidMappings`,
  Hook: 'Path string path!, Args []string args, Env []string env, Timeout *int timeout',
  Hooks: `Prestart []Hook prestart, CreateRuntime []Hook createRuntime, CreateContainer []Hook createContainer,
    StartContainer []Hook startContainer, Poststart []Hook poststart, Poststop []Hook poststop`,
  Linux: `UIDMappings []LinuxIDMapping uidMappings, GIDMappings []LinuxIDMapping gidMappings, Sysctl map[string]string sysctl,
    Resources *LinuxResources resources, CgroupsPath string cgroupsPath, Namespaces []LinuxNamespace namespaces,
    Devices []LinuxDevice devices, Seccomp *LinuxSeccomp seccomp, RootfsPropagation string rootfsPropagation,
    MaskedPaths []string maskedPaths, ReadonlyPaths []string readonlyPaths, MountLabel string mountLabel,
    IntelRdt *LinuxIntelRdt intelRdt, Personality *LinuxPersonality personality,
    TimeOffsets map[string]LinuxTimeOffset timeOffsets@1.2.0`,
  LinuxNamespace: 'Type LinuxNamespaceType type!, Path string path',
  LinuxIDMapping: 'ContainerID uint32 containerID!, HostID uint32 hostID!, Size uint32 size!',
  LinuxTimeOffset: 'Secs int64 secs, Nanosecs uint32 nanosecs',
  POSIXRlimit: 'Type string type!, Hard uint64 hard!, Soft uint64 soft!',
  LinuxHugepageLimit: 'Pagesize string pageSize!, Limit uint64 limit!',
  LinuxInterfacePriority: 'Name string name!, Priority uint32 priority!',
  // The numbers of these two lie in an embedded struct.
  LinuxWeightDevice: 'Major int64 major!, Minor int64 minor!, Weight *uint16 weight, LeafWeight *uint16 leafWeight',
  LinuxThrottleDevice: 'Major int64 major!, Minor int64 minor!, Rate uint64 rate!',
  LinuxBlockIO: `Weight *uint16 weight, LeafWeight *uint16 leafWeight, WeightDevice []LinuxWeightDevice weightDevice,
    ThrottleReadBpsDevice []LinuxThrottleDevice throttleReadBpsDevice, ThrottleWriteBpsDevice []LinuxThrottleDevice throttleWriteBpsDevice,
    ThrottleReadIOPSDevice []LinuxThrottleDevice throttleReadIOPSDevice,
    ThrottleWriteIOPSDevice []LinuxThrottleDevice throttleWriteIOPSDevice`,
  LinuxMemory: `Limit *int64 limit, Reservation *int64 reservation, Swap *int64 swap, Kernel *int64 kernel, KernelTCP *int64 kernelTCP,
    Swappiness *uint64 swappiness, DisableOOMKiller *bool disableOOMKiller, UseHierarchy *bool useHierarchy,
    CheckBeforeUpdate *bool checkBeforeUpdate`,
  LinuxCPU: `Shares *uint64 shares, Quota *int64 quota, Burst *uint64 burst, Period *uint64 period,
    RealtimeRuntime *int64 realtimeRuntime, RealtimePeriod *uint64 realtimePeriod, Cpus string cpus, Mems string mems, Idle *int64 idle`,
  LinuxPids: 'Limit int64 limit!',
  LinuxNetwork: 'ClassID *uint32 classID, Priorities []LinuxInterfacePriority priorities',
  LinuxRdma: 'HcaHandles *uint32 hcaHandles, HcaObjects *uint32 hcaObjects',
  LinuxResources: `Devices []LinuxDeviceCgroup devices, Memory *LinuxMemory memory, CPU *LinuxCPU cpu, Pids *LinuxPids pids,
    BlockIO *LinuxBlockIO blockIO, HugepageLimits []LinuxHugepageLimit hugepageLimits, Network *LinuxNetwork network,
    Rdma map[string]LinuxRdma rdma, Unified map[string]string unified`,
  LinuxDevice: `Path string path!, Type string type!, Major int64 major!, Minor int64 minor!, FileMode *fs.FileMode fileMode,
    UID *uint32 uid, GID *uint32 gid`,
  LinuxDeviceCgroup: 'Allow bool allow!, Type string type, Major *int64 major, Minor *int64 minor, Access string access',
  LinuxPersonality: 'Domain LinuxPersonalityDomain domain!, Flags []LinuxPersonalityFlag flags',
  VM: 'Hypervisor VMHypervisor hypervisor, Kernel VMKernel kernel!, Image VMImage image',
  VMHypervisor: 'Path string path!, Parameters []string parameters',
  VMKernel: 'Path string path!, Parameters []string parameters, InitRD string initrd',
  VMImage: 'Path string path!, Format string format!',
  LinuxSeccomp: `DefaultAction LinuxSeccompAction defaultAction!, DefaultErrnoRet *uint defaultErrnoRet, Architectures []Arch architectures,
    Flags []LinuxSeccompFlag flags, ListenerPath string listenerPath, ListenerMetadata string listenerMetadata,
    Syscalls []LinuxSyscall syscalls`,
  LinuxSeccompArg: 'Index uint index!, Value uint64 value!, ValueTwo uint64 valueTwo, Op LinuxSeccompOperator op!',
  LinuxSyscall: 'Names []string names!, Action LinuxSeccompAction action!, ErrnoRet *uint errnoRet, Args []LinuxSeccompArg args',
  LinuxIntelRdt: `ClosID string closID, L3CacheSchema string l3CacheSchema, MemBwSchema string memBwSchema, EnableCMT bool enableCMT,
    EnableMBM bool enableMBM`,
  ZOS: 'Namespaces []ZOSNamespace namespaces@1.2.1',
  ZOSNamespace: 'Type ZOSNamespaceType type!, Path string path',
} as const satisfies Readonly<Record<string, string>>;

export type StructName = keyof typeof STRUCTS;

/** Types of the package that are strings. */
const STRING_TYPES: ReadonlySet<string> = new Set([
  'IOPriorityClass',
  'LinuxNamespaceType',
  'LinuxPersonalityDomain',
  'LinuxPersonalityFlag',
  'Arch',
  'LinuxSeccompFlag',
  'LinuxSeccompAction',
  'LinuxSeccompOperator',
  'ZOSNamespaceType',
  'LinuxSchedulerPolicy',
  'LinuxSchedulerFlag',
]);

/** Bits of the integer types; `int` and `uint` have 64 on every machine that runsc supports. */
const INTEGER_BITS: Readonly<Record<string, number>> = {
  int: 64,
  int32: 32,
  int64: 64,
  uint: 64,
  uint16: 16,
  uint32: 32,
  uint64: 64,
  'fs.FileMode': 32,
};

const parsed = new Map<StructName, readonly GoField[]>();

/** The fields of a struct, in declared order. */
export function fieldsOf(struct: StructName): readonly GoField[] {
  const known = parsed.get(struct);
  if (known !== undefined) return known;
  const fields = STRUCTS[struct].split(',').map(parseField);
  parsed.set(struct, fields);
  return fields;
}

/** A struct as a type. */
export function structType(struct: StructName): Extract<GoType, { kind: 'struct' }> {
  return { kind: 'struct', name: `specs.${struct}`, struct };
}

/** The type of a field. */
export function typeOfField(struct: StructName, name: string): GoType {
  const field = fieldsOf(struct).find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`specs.${struct} has no field ${name}`);
  return field.type;
}

function parseField(row: string): GoField {
  const [name = '', type = '', tag = ''] = row.trim().split(/\s+/);
  const [json = '', since] = tag.split('@');
  return {
    name,
    type: parseType(type),
    json: json.replace('!', ''),
    omitEmpty: !json.endsWith('!'),
    since: since === '1.2.0' || since === '1.2.1' ? since : null,
  };
}

function parseType(text: string): GoType {
  const inside = (kind: 'pointer' | 'slice' | 'map', prefix: string): GoType => {
    const of = parseType(text.slice(prefix.length));
    return { kind, name: `${prefix}${of.name}`, of };
  };
  if (text.startsWith('*')) return inside('pointer', '*');
  if (text.startsWith('[]')) return inside('slice', '[]');
  if (text.startsWith('map[string]')) return inside('map', 'map[string]');
  if (text === 'string' || text === 'bool' || text === 'any') return { kind: text, name: text };
  if (STRING_TYPES.has(text)) return { kind: 'string', name: `specs.${text}` };
  const bits = INTEGER_BITS[text];
  if (bits !== undefined) {
    const signed = text.startsWith('int');
    const span = 1n << BigInt(signed ? bits - 1 : bits);
    return { kind: 'int', name: text, min: signed ? -span : 0n, max: span - 1n };
  }
  return structType(text as StructName);
}
