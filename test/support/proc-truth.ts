/** Reads `truth/proc.txt`: what the processes of a container saw of themselves in /proc just before the checkpoint. */

/** The files of /proc, as text. */
export interface ProcTruth {
  /** By process id, then by name: status, stat, cmdline, maps, limits, mountinfo, cgroup, fd, cwd, comm. */
  readonly processes: ReadonlyMap<number, ReadonlyMap<string, string>>;
  /** By name below /proc/net: tcp, tcp6, udp, unix. */
  readonly net: ReadonlyMap<string, string>;
}

/**
 * Splits a probe's output at its `@@` lines. The probe printed an empty line behind a file with lines; it is left off, so that every text
 * ends with the newline of its last line, and a file without content is the empty text.
 */
export function parseProc(text: string): ProcTruth {
  const processes = new Map<number, Map<string, string>>();
  const net = new Map<string, string>();
  let files = new Map<string, string>();
  for (const part of text.split(/^@@/m).slice(1)) {
    const end = part.indexOf('\n');
    const [kind, name = ''] = part.slice(0, end).split(' ');
    const content = part.slice(end + 1).replace(/^\n$|(?<=\n)\n$/, '');
    if (kind === 'PID') {
      files = new Map();
      processes.set(Number(name), files);
    } else if (kind === 'FILE') {
      if (name.startsWith('net/')) net.set(name.slice('net/'.length), content);
      else files.set(name, content);
    } else if (kind !== 'NET' && kind !== 'END')
      throw new Error(`proc.txt has a line @@${kind}, which this reader does not know`);
  }
  return { processes, net };
}

/** The lines of one file, without newlines; none for an empty file. */
export function procLines(content: string): string[] {
  return content === '' ? [] : content.replace(/\n$/, '').split('\n');
}

/** `Name:\tvalue` lines of a status file: name to value, with the blanks around it as they are behind the tab. */
export function procStatus(content: string): Map<string, string> {
  return new Map(
    procLines(content).map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^\t/, '')];
    }),
  );
}
