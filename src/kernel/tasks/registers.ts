/** The saved registers of a thread. */
import { elements, fieldAt, integer, type Node } from '../../graph/node.ts';
import { type Struct, structOf, unsignedIn } from '../struct-values.ts';

/** General-purpose registers by name, in the order in which they are shown. */
export interface SavedRegisters {
  readonly arch: 'amd64' | 'arm64';
  readonly values: ReadonlyMap<string, bigint>;
}

/** Register name and gVisor's field. @see gVisor pkg/abi/linux: PtraceRegs (amd64) */
const AMD64 = [
  ...[
    ['rax', 'Rax'],
    ['rbx', 'Rbx'],
    ['rcx', 'Rcx'],
    ['rdx', 'Rdx'],
    ['rsi', 'Rsi'],
    ['rdi', 'Rdi'],
    ['rbp', 'Rbp'],
    ['rsp', 'Rsp'],
    ['r8', 'R8'],
    ['r9', 'R9'],
    ['r10', 'R10'],
    ['r11', 'R11'],
    ['r12', 'R12'],
    ['r13', 'R13'],
    ['r14', 'R14'],
    ['r15', 'R15'],
    ['rip', 'Rip'],
    ['eflags', 'Eflags'],
    ['orig_rax', 'Orig_rax'],
    ['cs', 'Cs'],
    ['ss', 'Ss'],
    ['ds', 'Ds'],
    ['es', 'Es'],
    ['fs', 'Fs'],
    ['gs', 'Gs'],
    ['fs_base', 'Fs_base'],
    ['gs_base', 'Gs_base'],
  ],
] as const;

/** x0 to x30. */
const ARM64_GENERAL = 31;

/**
 * Registers of a thread; null when the thread has none any more.
 *
 * @param context TaskImage.Arch: a Context64 (context64 before 2022-08).
 * @throws CkptError `unknown-shape`, `dangling-reference`.
 * @see gVisor pkg/sentry/arch: State.Regs, Registers (amd64, arm64); pkg/abi/linux: PtraceRegs
 */
export function readRegisters(context: Node | undefined): SavedRegisters | null {
  const state = context === undefined ? null : fieldAt(context, 'State');
  const saved = structOf(state);
  const outer = structOf(saved.get('Regs'));
  const inner = structOf(outer.get('PtraceRegs'));
  if (inner.has('Rip')) {
    return { arch: 'amd64', values: new Map(AMD64.map(([name, field]) => [name, unsignedIn(inner, field)])) };
  }
  return inner.has('Pc') ? { arch: 'arm64', values: readArm64(inner, outer, saved) } : null;
}

function readArm64(inner: Struct, outer: Struct, state: Struct): Map<string, bigint> {
  const values = new Map<string, bigint>();
  const general = inner.get('Regs');
  let index = 0;
  for (const register of general === undefined ? [] : elements(general)) {
    if (index === ARM64_GENERAL) break;
    values.set(`x${index++}`, BigInt.asUintN(64, integer(register)));
  }
  values.set('sp', unsignedIn(inner, 'Sp'));
  values.set('pc', unsignedIn(inner, 'Pc'));
  values.set('pstate', unsignedIn(inner, 'Pstate'));
  if (outer.has('TPIDR_EL0')) values.set('tpidr_el0', unsignedIn(outer, 'TPIDR_EL0'));
  if (state.has('OrigR0')) values.set('orig_x0', unsignedIn(state, 'OrigR0'));
  return values;
}
