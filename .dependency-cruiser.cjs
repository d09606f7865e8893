/**
 * The boundaries of the code, as rules that explain themselves. See CONTRIBUTING.md for the picture.
 *
 * Bytes come in on the left and a verdict leaves on the right: a folder may import the folders listed for it here, itself, and
 * `src/errors.ts`, `src/limits.ts` and `src/tool.ts`, and nothing else.
 */
const MAY_IMPORT = {
  bytes: [],
  io: ['bytes'],
  container: ['bytes', 'io'],
  statefile: ['bytes', 'io', 'container'],
  wire: ['bytes'],
  graph: ['bytes', 'wire'],
  kernel: ['bytes', 'wire', 'graph', 'cpu'],
  pages: ['bytes', 'io', 'container', 'statefile', 'wire', 'graph'],
  filesystem: ['bytes', 'io', 'container', 'statefile', 'wire', 'graph', 'kernel', 'oci', 'pages'],
  cpu: [],
  documents: [],
  host: ['bytes', 'io', 'cpu', 'documents'],
  oci: [],
  verification: ['bytes', 'container', 'statefile', 'wire', 'graph', 'kernel', 'pages', 'filesystem', 'cpu'],
  restore: ['oci', 'cpu', 'host', 'kernel', 'pages', 'filesystem', 'statefile'],
  inspection: ['bytes', 'wire', 'graph', 'kernel', 'cpu', 'pages', 'filesystem', 'statefile'],
  packing: ['bytes', 'io', 'container', 'extraction'],
  extraction: ['bytes', 'io', 'graph', 'kernel', 'pages', 'filesystem'],
  difference: ['inspection'],
  fleet: ['cpu', 'documents', 'host', 'restore'],
  policy: ['bytes', 'cpu', 'documents', 'io', 'restore'],
  explanation: ['cpu', 'host', 'restore', 'fleet'],
};

const COMMON = '^src/(errors|limits|tool|closest-name)[.]ts$';
const BRIDGE = '^src/cpu/feature-set-from-graph[.]ts$';

const directions = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `direction-${folder}`,
  severity: 'error',
  comment:
    allowed.length === 0
      ? `${folder} stands at the bottom: it imports nothing of the project but errors and limits.`
      : `${folder} imports only what lies before it in the pipeline: ${allowed.join(', ')}. Move the code, or pass the value in.`,
  from: { path: `^src/${folder}/`, ...(folder === 'cpu' ? { pathNot: BRIDGE } : {}) },
  to: { path: '^src/', pathNot: [COMMON, ...[folder, ...allowed].map((name) => `^src/${name}/`)] },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'direction-cpu-bridge',
      severity: 'error',
      comment: 'One file of cpu turns graph objects into a FeatureSet; it may know the graph, and nothing beyond it.',
      from: { path: BRIDGE },
      to: { path: '^src/', pathNot: [COMMON, '^src/(cpu|graph|wire|bytes)/'] },
    },
    {
      name: 'direction-use-cases',
      severity: 'error',
      comment: 'A use case returns a value. Turning it into words is the business of report, and talking to people that of cli.',
      from: { path: '^src/[^/]+[.]ts$', pathNot: '^src/index[.]ts$' },
      to: { path: '^src/(cli|report)/' },
    },
    {
      name: 'direction-index',
      severity: 'error',
      comment: 'The library is everything but the command line.',
      from: { path: '^src/index[.]ts$' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'nobody-imports-index',
      severity: 'error',
      comment: 'index.ts is for users of the library; inside, import the file that has what you need.',
      from: { path: '^src/' },
      to: { path: '^src/index[.]ts$' },
    },
    {
      name: 'common-imports-nothing',
      severity: 'error',
      comment: 'errors, limits, tool and closest-name are imported by everything, so they import nothing.',
      from: { path: COMMON },
      to: {},
    },
    {
      name: 'report-is-pure',
      severity: 'error',
      comment: 'Every output format is a pure function of the result: report imports types, its own files, and a table drawer.',
      from: { path: '^src/report/' },
      to: { path: '^src/', pathNot: '^src/report/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'report-touches-nothing',
      severity: 'error',
      comment: 'A report neither reads nor writes: it returns a string.',
      from: { path: '^src/report/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'cli-through-use-cases',
      severity: 'error',
      comment:
        'The command line reaches decoding only through the use cases at the top of src, so that the library can do all it can. Types are free.',
      from: { path: '^src/cli/' },
      to: { path: '^src/[^/]+/', pathNot: '^src/(cli|report|io)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'door-operating-system',
      severity: 'error',
      comment:
        'src/io is the only door to files, processes and the environment: one place to read when asking what ckpt touches.',
      from: { path: '^src/', pathNot: '^src/io/' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|fs/promises|child_process|process|os|http|https|http2|net|tls|dgram|dns|worker_threads|cluster)$',
      },
    },
    {
      name: 'door-yargs',
      severity: 'error',
      comment: 'yargs lives in cli only: the library parses no command lines.',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: 'node_modules/(@types/)?yargs' },
    },
    {
      name: 'door-one-file-per-package',
      severity: 'error',
      comment:
        'Each package is imported in exactly one file, which gives it a name and a shape of our own: replacing it changes that file only.',
      from: { path: '^src/' },
      module: { path: 'node_modules/', numberOfDependentsMoreThan: 1 },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Two files that need one another are one file, or hide a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'An import that leads nowhere.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      comment: 'What the command needs at run time is a dependency, not a development dependency.',
      from: { path: '^(src|bin)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only', 'npm'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      comment: 'Tests see the code; the code does not see the tests.',
      from: { path: '^(src|bin)/' },
      to: { path: '^(test|scripts)/' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    exclude: { path: '^dist/' },
    // Type imports are imports: a type from the wrong side is a dependency on the wrong side.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'] },
  },
};
