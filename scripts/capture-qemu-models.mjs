/**
 * Captures what QEMU's named CPU models are: boots each under emulation with the probe as the only program, and asks QEMU for the definition.
 *
 *     npm run build
 *     apt-get install qemu-system-x86 linux-image-cloud-amd64
 *     node scripts/capture-qemu-models.mjs -o src/host/models/qemu-models.json
 *
 * `--kernel FILE` and `--qemu FILE` name others than Debian's installed ones, `--firmware DIR` the data of a QEMU that is not installed,
 * `--model NAME` (repeatable) captures only these, `--jobs N` is how many guests run at once (2). Without `-o` the data go to standard
 * output. `--date YYYY-MM-DD` is written into the data instead of today. docs/cpu-models.md says what the data mean.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const CKPT = fileURLToPath(new URL('../bin/ckpt.js', import.meta.url));
const MACHINE = 'pc';
/** A guest that has not ended by then never will: a boot takes some two seconds. */
const BOOT_MILLISECONDS = 40_000;
/**
 * What the kernel is told besides, one try after the other. On a busy machine a guest may fail once; QEMU 7.2 and 10.0 never get Linux 6.1
 * past the setup of the floating-point unit with the XSAVE of Opteron_G4 and Opteron_G5.
 */
const TRIES = ['', '', 'noxsave'];
/** The registers that QEMU calls features of a CPU. */
const REGISTERS = { EAX: 'eax', EBX: 'ebx', ECX: 'ecx', EDX: 'edx' };

const { values: options } = parseArgs({
  options: {
    kernel: { type: 'string' },
    qemu: { type: 'string', default: 'qemu-system-x86_64' },
    firmware: { type: 'string', multiple: true, default: [] },
    model: { type: 'string', multiple: true },
    jobs: { type: 'string', default: '2' },
    date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    output: { type: 'string', short: 'o' },
  },
});

const kernel = options.kernel ?? installedKernel();
const firmware = options.firmware.flatMap((directory) => ['-L', directory]);
const directory = mkdtempSync(join(tmpdir(), 'ckpt-models-'));
try {
  const initramfs = join(directory, 'initramfs');
  writeFileSync(initramfs, archiveOf(probe()));
  const definitions = await definitionsOf();
  const wanted = options.model === undefined ? definitions : definitions.filter(({ name }) => options.model.includes(name));
  if (wanted.length === 0) fail('no such model');
  const models = await captureAll(wanted, initramfs);
  const text = documentOf(models);
  if (options.output === undefined) process.stdout.write(text);
  else writeFileSync(options.output, text);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function fail(message) {
  throw new Error(`capture-qemu-models: ${message}`);
}

function installedKernel() {
  const kernels = readdirSync('/boot').filter((name) => /^vmlinuz-.*amd64$/.test(name));
  if (kernels.length === 0) fail('no kernel in /boot: apt-get install linux-image-cloud-amd64, or --kernel FILE');
  return join('/boot', kernels.sort().at(-1));
}

function probe() {
  const file = join(directory, 'probe');
  const { status, stderr } = spawnSync(process.execPath, [CKPT, 'host', 'probe', '-o', file], { encoding: 'utf8' });
  if (status !== 0) fail(`ckpt host probe: ${stderr}`);
  return readFileSync(file);
}

/**
 * An initial file system with the probe as /init. When it ends the kernel panics, which `panic=-1` turns into a reboot at once and
 * `-no-reboot` into the end of QEMU. Its standard output is /dev/console, which is why that must be in the archive.
 *
 * @see Linux Documentation/driver-api/early-userspace/buffer-format.rst (the "newc" form)
 */
function archiveOf(program) {
  return Buffer.concat([
    archiveEntry('dev', 0o040755, [0, 0], Buffer.alloc(0)),
    archiveEntry('dev/console', 0o020600, [5, 1], Buffer.alloc(0)),
    archiveEntry('init', 0o100755, [0, 0], program),
    archiveEntry('TRAILER!!!', 0, [0, 0], Buffer.alloc(0)),
  ]);
}

function archiveEntry(name, mode, [major, minor], content) {
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.from(`${header}${name}\0`)), padded(content)]);
}

function padded(bytes) {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** The models that QEMU defines itself, with their other names; not those that stand for what this machine can do. */
async function definitionsOf() {
  const qemu = startQemu(['-S', '-cpu', 'max']);
  const version = await qemu.greeting;
  const definitions = await qemu.ask('query-cpu-definitions');
  await qemu.ask('quit');
  await qemu.ended;
  const aliases = groupByAlias(definitions);
  return definitions
    .filter((one) => one['alias-of'] === undefined && /-v\d+$/.test(one.name))
    .map((one) => ({
      name: one.name,
      aliases: (aliases.get(one.name) ?? []).map((alias) => alias.name).sort(),
      qemuVersion: `${version.QMP.version.qemu.major}.${version.QMP.version.qemu.minor}.${version.QMP.version.qemu.micro}`,
    }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

function groupByAlias(definitions) {
  const groups = new Map();
  for (const one of definitions) groups.set(one['alias-of'], [...(groups.get(one['alias-of']) ?? []), one]);
  return groups;
}

async function captureAll(definitions, initramfs) {
  const models = new Array(definitions.length);
  let next = 0;
  const worker = async () => {
    while (next < definitions.length) {
      const index = next++;
      models[index] = await capture(definitions[index], initramfs);
      process.stderr.write(`${models.filter(Boolean).length} of ${definitions.length}: ${definitions[index].name}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
  return models;
}

/** One model: the words of its definition, which of those bits the emulator took away, and what the probe saw in a guest. */
async function capture(model, initramfs) {
  const definition = await definitionOf(model.name);
  // A guest of a model without long mode stops before any program runs.
  const isLongMode = definition.words.some(
    ({ leaf, register, value }) => leaf === 0x8000_0001 && register === 'edx' && value & (1 << 29),
  );
  if (!isLongMode) return { ...model, guest: null };
  for (const kernelOption of TRIES) {
    const guest = await boot(model.name, kernelOption, initramfs);
    if (guest !== null) return { ...model, ...definition, kernelOption, guest };
  }
  return fail(`${model.name}: no guest came to its end`);
}

async function definitionOf(name) {
  const qemu = startQemu(['-S', '-cpu', name]);
  await qemu.greeting;
  const cpu = await cpuPath(qemu);
  const shown = await qemu.ask('qom-get', { path: cpu, property: 'feature-words' });
  const filtered = await qemu.ask('qom-get', { path: cpu, property: 'filtered-features' });
  await qemu.ask('quit');
  await qemu.ended;
  return { words: wordsOf(shown, filtered), filtered: wordsOf(filtered, []) };
}

/** What the probe saw, or null when it did not come to that. */
async function boot(name, kernelOption, initramfs) {
  const serial = join(directory, name);
  // The guest has nobody to distrust, and what mitigations execute takes time.
  const append = `console=ttyS0 quiet mitigations=off no_timer_check panic=-1 rdinit=/init ${kernelOption}`.trimEnd();
  const qemu = startQemu([
    '-cpu',
    name,
    '-kernel',
    kernel,
    '-initrd',
    initramfs,
    '-append',
    append,
    '-no-reboot',
    '-serial',
    `file:${serial}`,
  ]);
  const ended = qemu.ended.then(
    () => true,
    (error) => (error.message.includes('SIGKILL') ? false : Promise.reject(error)),
  );
  await qemu.greeting;
  return (await ended) ? readProbe(serial) : null;
}

async function cpuPath(qemu) {
  const devices = await qemu.ask('qom-list', { path: '/machine/unattached' });
  const device = devices.find(({ type }) => /-x86_64-cpu>$/.test(type));
  if (device === undefined) fail('QEMU names no CPU');
  return `/machine/unattached/${device.name}`;
}

/** Words of a definition: those that the guest is shown with the bits that were filtered out of them. */
function wordsOf(shown, filtered) {
  const words = new Map();
  for (const word of [...shown, ...filtered]) {
    const leaf = word['cpuid-input-eax'];
    const subleaf = word['cpuid-input-ecx'] ?? 0;
    const key = `${leaf} ${subleaf} ${word['cpuid-register']}`;
    const before = words.get(key)?.value ?? 0;
    words.set(key, { leaf, subleaf, register: REGISTERS[word['cpuid-register']], value: (before | word.features) >>> 0 });
  }
  return [...words.values()]
    .filter(({ value }) => value !== 0)
    .sort((a, b) => a.leaf - b.leaf || a.subleaf - b.subleaf || (a.register < b.register ? -1 : 1));
}

/** What the probe wrote to the serial console, without leaves of zeros and those above the highest; null when it is not there in full. */
function readProbe(file) {
  const text = readFileSync(file, 'latin1').replaceAll('\r', '');
  const begin = text.indexOf('ckpt-probe 1\n');
  const end = text.indexOf('\nend\n', begin);
  if (begin === -1 || end === -1) return null;
  const lines = text.slice(begin, end).split('\n');
  const leaves = lines.flatMap((line) => {
    const match =
      /^0x([0-9a-f]{8}) 0x([0-9a-f]{2}): eax=0x([0-9a-f]{8}) ebx=0x([0-9a-f]{8}) ecx=0x([0-9a-f]{8}) edx=0x([0-9a-f]{8})$/.exec(
        line,
      );
    return match === null ? [] : [match.slice(1).map((digits) => Number.parseInt(digits, 16))];
  });
  const highest = (start) => leaves.find(([leaf, subleaf]) => leaf === start && subleaf === 0)[2];
  const limits = [highest(0), highest(0x8000_0000)];
  const isAnswered = ([leaf]) => leaf <= limits[0] || (leaf >= 0x8000_0000 && leaf <= limits[1]);
  const hasBits = ([, , ...registers]) => registers.some((register) => register !== 0);
  return {
    kernel: lines.find((line) => line.startsWith('kernel '))?.slice(7) ?? null,
    mxcsrMask: lines.find((line) => line.startsWith('mxcsrmask '))?.slice(10) ?? null,
    cpuid: leaves.filter((leaf) => isAnswered(leaf) && hasBits(leaf)),
  };
}

/** Starts QEMU with its control protocol on its standard input and output. */
function startQemu(args) {
  const common = [
    '-machine',
    MACHINE,
    '-accel',
    'tcg',
    '-smp',
    '1',
    '-m',
    '160',
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
  ];
  const child = spawn(options.qemu, [...firmware, ...common, '-qmp', 'stdio', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), BOOT_MILLISECONDS);
  let warnings = '';
  child.stderr.on('data', (bytes) => {
    warnings += bytes;
  });
  const waiting = [];
  const received = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line.trim() === '') continue;
      const message = JSON.parse(line);
      if (message.event !== undefined) continue;
      const waiter = waiting.shift();
      if (waiter === undefined) received.push(message);
      else waiter.resolve(message);
    }
  });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const error = new Error(`QEMU ended with ${code ?? signal}: ${warnings.slice(-2000)}`);
      for (const waiter of waiting) waiter.reject(error);
      if (code === 0) resolve();
      else reject(error);
    });
  });
  const message = () =>
    received.length > 0 ? Promise.resolve(received.shift()) : new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  const ask = async (execute, args_) => {
    child.stdin.write(`${JSON.stringify({ execute, ...(args_ === undefined ? {} : { arguments: args_ }) })}\n`);
    const answer = await message();
    if (answer.error !== undefined) fail(`${execute}: ${answer.error.desc}`);
    return answer.return;
  };
  const greeting = (async () => {
    const hello = await message();
    await ask('qmp_capabilities');
    return hello;
  })();
  return { greeting, ask, ended };
}

/** The data: numbers as hex digits, each leaf as one text `leaf subleaf eax ebx ecx edx`, each word as `leaf subleaf register value`. */
function documentOf(models) {
  const hex = (value) => value.toString(16);
  const leafText = (leaf) => leaf.map(hex).join(' ');
  const wordText = ({ leaf, subleaf, register, value }) => `${hex(leaf)} ${hex(subleaf)} ${register} ${hex(value)}`;
  const booted = models.filter(({ guest }) => guest !== null);
  const rows = booted.map(({ name, aliases, words, filtered, kernelOption, guest }) => ({
    name,
    aliases,
    definition: words.map(wordText),
    filtered: filtered.map(wordText),
    kernelOption: kernelOption === '' ? null : kernelOption,
    mxcsrMask: guest.mxcsrMask,
    cpuid: guest.cpuid.map(leafText),
  }));
  const head = {
    capturedAt: options.date,
    qemu: models[0].qemuVersion,
    machine: MACHINE,
    accelerator: 'tcg',
    kernel: booted[0]?.guest.kernel ?? null,
    notAmd64: models.filter(({ guest }) => guest === null).map(({ name }) => name),
  };
  const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
  return `{${JSON.stringify(head).slice(1, -1)},\n"models":[\n${lines}\n]}\n`;
}
