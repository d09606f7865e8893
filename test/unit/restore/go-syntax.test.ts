import { describe, expect, it } from 'vitest';
import { type GoStruct, type GoValue, structOf } from '../../../src/oci/go-value.ts';
import { readSpec } from '../../../src/oci/read-spec.ts';
import { fieldsOf, type StructName, structType } from '../../../src/oci/spec-types.ts';
import { goSyntax, goText, quoted } from '../../../src/restore/go-syntax.ts';

function field(
  text: unknown,
  part: 'Process' | 'Linux' | 'Spec',
  name: string,
): { type: Parameters<typeof goSyntax>[0]; value: GoValue } {
  const spec: GoStruct = readSpec(new TextEncoder().encode(JSON.stringify(text)));
  const owner = part === 'Spec' ? spec : structOf(spec, part);
  const type = fieldsOf(part as StructName).find((candidate) => candidate.name === name)?.type;
  if (type === undefined) throw new Error(name);
  return { type, value: owner?.get(name) ?? null };
}

/** What Go prints of a field by %#v and by %v. */
function both(...[text, part, name]: Parameters<typeof field>): (string | null)[] {
  const { type, value } = field(text, part, name);
  return [goSyntax(type, value), goText(type, value)];
}

describe("Go's %#v and %v", () => {
  it.each([
    ['strings', { process: { cwd: '/a "b"\n' } }, 'Process', 'Cwd', '"/a \\"b\\"\\n"', '/a "b"\n'],
    ['booleans', { process: { terminal: true } }, 'Process', 'Terminal', 'true', 'true'],
    ['lists', { process: { args: ['a b', 'c'] } }, 'Process', 'Args', '[]string{"a b", "c"}', '[a b c]'],
    ['empty lists', { process: { args: [] } }, 'Process', 'Args', '[]string{}', '[]'],
    ['missing lists', { process: {} }, 'Process', 'Args', '[]string(nil)', '[]'],
    [
      'structs with pointers that are nil',
      { process: { user: { uid: 1000, gid: 0, additionalGids: [5, 16] } } },
      'Process',
      'User',
      'specs.User{UID:0x3e8, GID:0x0, Umask:(*uint32)(nil), AdditionalGids:[]uint32{0x5, 0x10}, Username:""}',
      '{1000 0 <nil> [5 16] }',
    ],
    ['structs with pointers that are not', { process: { user: { umask: 18 } } }, 'Process', 'User', null, null],
    [
      'lists of structs',
      { process: { rlimits: [{ type: 'RLIMIT_NOFILE', hard: 18446744073709551615n, soft: 1024 }] } },
      'Process',
      'Rlimits',
      '[]specs.POSIXRlimit{specs.POSIXRlimit{Type:"RLIMIT_NOFILE", Hard:0xffffffffffffffff, Soft:0x400}}',
      '[{RLIMIT_NOFILE 18446744073709551615 1024}]',
    ],
    [
      'pointers',
      { process: { capabilities: { bounding: ['CAP_KILL'] } } },
      'Process',
      'Capabilities',
      '&specs.LinuxCapabilities{Bounding:[]string{"CAP_KILL"}, Effective:[]string(nil), Inheritable:[]string(nil), Permitted:[]string(nil), Ambient:[]string(nil)}',
      '&{[CAP_KILL] [] [] [] []}',
    ],
    ['nil pointers', { process: {} }, 'Process', 'Capabilities', '(*specs.LinuxCapabilities)(nil)', '<nil>'],
    [
      'maps, by key',
      { linux: { sysctl: { b: '2', a: '1' } } },
      'Linux',
      'Sysctl',
      'map[string]string{"a":"1", "b":"2"}',
      'map[a:1 b:2]',
    ],
    ['missing maps', { linux: {} }, 'Linux', 'Sysctl', 'map[string]string(nil)', 'map[]'],
    [
      'named strings',
      { linux: { seccomp: { defaultAction: 'SCMP_ACT_LOG', architectures: ['SCMP_ARCH_X86'] } } },
      'Linux',
      'Seccomp',
      '&specs.LinuxSeccomp{DefaultAction:"SCMP_ACT_LOG", DefaultErrnoRet:(*uint)(nil), Architectures:[]specs.Arch{"SCMP_ARCH_X86"}, Flags:[]specs.LinuxSeccompFlag(nil), ListenerPath:"", ListenerMetadata:"", Syscalls:[]specs.LinuxSyscall(nil)}',
      '&{SCMP_ACT_LOG <nil> [SCMP_ARCH_X86] []   []}',
    ],
    [
      'signed integers',
      { linux: { devices: [{ path: '/dev/x', type: 'c', major: 10, minor: -1 }] } },
      'Linux',
      'Devices',
      '[]specs.LinuxDevice{specs.LinuxDevice{Path:"/dev/x", Type:"c", Major:10, Minor:-1, FileMode:(*fs.FileMode)(nil), UID:(*uint32)(nil), GID:(*uint32)(nil)}}',
      '[{/dev/x c 10 -1 <nil> <nil> <nil>}]',
    ],
  ] as const)('print %s', (_what, text, part, name, syntax, plain) => {
    const exact = JSON.parse(JSON.stringify(text, (_key, value) => (typeof value === 'bigint' ? `@${value}` : value)));
    const json = JSON.stringify(exact).replace(/"@(\d+)"/g, '$1');
    const spec: GoStruct = readSpec(new TextEncoder().encode(json));
    const owner = structOf(spec, part);
    const type = fieldsOf(part).find((candidate) => candidate.name === name)?.type ?? structType('Spec');
    expect([goSyntax(type, owner?.get(name) ?? null), goText(type, owner?.get(name) ?? null)]).toEqual([syntax, plain]);
  });

  it('do not know what stands in embedded structs and in what is not decoded', () => {
    expect(both({ windows: { layerFolders: [] } }, 'Spec', 'Windows')).toEqual([null, null]);
    const resources = { blockIO: { throttleReadBpsDevice: [{ major: 1, minor: 2, rate: 3 }] } };
    expect(both({ linux: { resources } }, 'Linux', 'Resources')).toEqual([null, null]);
  });
});

describe("Go's quoting", () => {
  it.each([
    ['a\u0007\b\f\n\r\t\v', '"a\\a\\b\\f\\n\\r\\t\\v"'],
    ['\\"', '"\\\\\\""'],
    ['\u0000\u001b\u007f', '"\\x00\\x1b\\x7f"'],
    ['\u0085\u00a0\u2028\u00ad', '"\\u0085\\u00a0\\u2028\\u00ad"'],
    ['\u{e0001}', '"\\U000e0001"'],
    ['größe 😀', '"größe 😀"'],
  ])('%j', (text, wanted) => {
    expect(quoted(text)).toBe(wanted);
  });
});
