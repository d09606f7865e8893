/** Reads what is needed from the text that `runsc statefile` printed of an image. */

/** The CPUID answers and floating-point states of a dump. */
export interface DumpFacts {
  /** `leaf:subleaf` → registers. Null where the FeatureSet is not a map of CPUID answers. */
  readonly leaves: ReadonlyMap<string, readonly number[]> | null;
  /** The bytes of each fpState, by object id of the struct that holds it. */
  readonly fpStates: ReadonlyMap<number, Uint8Array>;
}

export function readDump(text: string): DumpFacts {
  const lines = text.split('\n');
  // The numbering of objects begins anew with each graph, which shows as a second declaration of type 1.
  const second = lines.findIndex((line, index) => index > 0 && line.startsWith('g0t1 = type '));
  const third = lines.findIndex((line, index) => index > second && line.startsWith('g0t1 = type '));
  const kernel = lines.slice(second, third < 0 ? undefined : third);
  return { leaves: readLeaves(lines.slice(0, second)), fpStates: readFpStates(kernel) };
}

function readLeaves(lines: readonly string[]): Map<string, readonly number[]> | null {
  if (!lines.some((line) => line.includes('Function: g0r'))) return null;
  const leaves = new Map<string, readonly number[]>();
  let words: number[] = [];
  for (const line of lines) {
    const match = /^\t+(Eax|Ebx|Ecx|Edx): (\d+|nil),$/.exec(line);
    if (match === null) continue;
    words.push(match[2] === 'nil' ? 0 : Number(match[2]));
    if (words.length === 6) {
      leaves.set(`${words[0]}:${words[1]}`, words.slice(2));
      words = [];
    }
  }
  return leaves;
}

function readFpStates(lines: readonly string[]): Map<number, Uint8Array> {
  const wanted = new Map<number, { holder: number; length: number }>();
  let holder = 0;
  for (const line of lines) {
    const object = /^g0r(\d+) = /.exec(line);
    if (object !== null) holder = Number(object[1]);
    const state = /^\t+(?:fpState|x86FPState): g0r(\d+)\{len:(\d+),cap:\d+\},$/.exec(line);
    if (state !== null) wanted.set(Number(state[1]), { holder, length: Number(state[2]) });
  }
  const states = new Map<number, Uint8Array>();
  for (const [index, line] of lines.entries()) {
    const object = /^g0r(\d+) = \[$/.exec(line);
    const state = object === null ? undefined : wanted.get(Number(object[1]));
    if (state === undefined) continue;
    const bytes: number[] = [];
    for (let at = index + 1; lines[at] !== ']' && at < lines.length; at++) {
      const item = /^\t(\d+|nil),$/.exec(lines[at] ?? '');
      if (item !== null) bytes.push(item[1] === 'nil' ? 0 : Number(item[1]));
    }
    const area = new Uint8Array(state.length);
    area.set(bytes.slice(0, state.length));
    states.set(state.holder, area);
  }
  return states;
}
