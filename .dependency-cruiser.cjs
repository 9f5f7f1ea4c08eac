/**
 * The import table of docs/ARCHITECTURE.md as code. `npm run imports` holds the tree against it.
 *
 * Rules match folders, never words in file names. Type-only imports count like the others. Tests (`*.spec.ts`, `testing/`)
 * may import more; everything else may not.
 */

const TESTS = ['\\.spec\\.ts$', '/testing/'];
const SIM = '^libs/sim/src';

/** Inside the model, imports point to the left only. */
const SIM_TYPES = ['objects\\.ts', 'scenario\\.ts', 'trace-result\\.ts', 'events\\.ts', 'results/result\\.ts'];
const SIM_FOLDERS = ['kernel', 'netfilter', 'results', 'cluster', 'kube-proxy', 'load-balancer', 'traffic'];
const SIM_TOP = [
  'trace-question\\.ts',
  'trace\\.ts',
  'world\\.ts',
  'run/[^/]+\\.ts',
  'simulate\\.ts',
  'matrix/[^/]+\\.ts',
  'comparison/[^/]+\\.ts',
  'questions\\.ts',
  'index\\.ts',
];

const simTypes = `${SIM}/(${SIM_TYPES.join('|')})$`;

const simOrder = [
  {
    name: 'sim-types-import-only-types',
    comment: 'The plain type files stand at the far left: they import only each other.',
    severity: 'error',
    from: { path: simTypes },
    to: { pathNot: simTypes },
  },
  ...SIM_FOLDERS.map((folder, place) => ({
    name: `sim-${folder}-imports-to-the-left`,
    comment: `${[...SIM_FOLDERS].join(' <- ')} <- trace, world, run, simulate, questions.`,
    severity: 'error',
    from: { path: `${SIM}/${folder}/`, pathNot: [...TESTS, simTypes] },
    to: {
      path: `${SIM}/(${[...SIM_FOLDERS.slice(place + 1).map((later) => `${later}/`), ...SIM_TOP.map((file) => `${file}$`)].join('|')})`,
      pathNot: simTypes,
    },
  })),
  {
    name: 'sim-modes-do-not-know-each-other',
    comment: 'A mode of kube-proxy imports its own files and what all modes share, no other mode.',
    severity: 'error',
    from: { path: `${SIM}/kube-proxy/modes/(iptables|ipvs|nftables|userspace)[^/]*$`, pathNot: TESTS },
    to: { path: `${SIM}/kube-proxy/modes/(iptables|ipvs|nftables|userspace)`, pathNot: `${SIM}/kube-proxy/modes/$1` },
  },
];

const libraries = [
  {
    name: 'sim-is-pure',
    comment: 'The model imports nothing: no npm package, no node: module, no other library (ADR 0001).',
    severity: 'error',
    from: { path: '^libs/sim/', pathNot: TESTS },
    to: { pathNot: '^libs/sim/src/' },
  },
  {
    name: 'scenario-is-pure',
    comment: "Scenarios are read with the model's types, yaml and zod; nothing else.",
    severity: 'error',
    from: { path: '^libs/scenario/', pathNot: TESTS },
    to: { pathNot: ['^libs/scenario/src/', '^libs/sim/src/index\\.ts$', '^node_modules/(yaml|zod)/'] },
  },
  {
    name: 'report-is-pure',
    comment: "Reports are text made from the model's data; yaml is the only package.",
    severity: 'error',
    from: { path: '^libs/report/', pathNot: TESTS },
    to: { pathNot: ['^libs/report/src/', '^libs/sim/src/index\\.ts$', '^node_modules/yaml/'] },
  },
  {
    name: 'platform-knows-no-product',
    comment: 'Stores, queue and configuration know neither scenarios nor reports nor apps; of the model only its door.',
    severity: 'error',
    from: { path: '^libs/platform/', pathNot: TESTS },
    to: { path: '^(libs/(scenario|report)|apps)/' },
  },
  {
    name: 'only-platform-imports-the-database-and-the-queue',
    comment: 'typeorm, bullmq and the drivers behind them stay in libs/platform; migrations use the schema API of typeorm.',
    severity: 'error',
    from: { pathNot: ['^libs/platform/', '^migrations/', ...TESTS] },
    to: { path: '^node_modules/(@types/)?(typeorm|@nestjs/(typeorm|bullmq)|bullmq|ioredis|better-sqlite3|pg|piscina)/' },
  },
  {
    name: 'migrations-import-only-typeorm',
    comment: 'A migration that has been released must not change its meaning with the code around it.',
    severity: 'error',
    from: { path: '^migrations/' },
    to: { pathNot: ['^migrations/', '^node_modules/typeorm/'] },
  },
];

const apps = [
  {
    name: 'worker-reads-no-documents',
    comment: 'A scenario is parsed once, by the API; the worker gets it normalised. What it writes are columns, not reports.',
    severity: 'error',
    from: { path: '^apps/worker/', pathNot: TESTS },
    to: { path: '^(libs/(scenario|report)|apps/api)/' },
  },
  {
    name: 'cli-needs-no-platform',
    comment: 'The command runs scenarios in its own process or speaks HTTP; it has no database and no queue.',
    severity: 'error',
    from: { path: '^apps/cli/', pathNot: TESTS },
    to: { path: '^(libs/platform|apps/(api|worker)|migrations)/' },
  },
  {
    name: 'only-the-door',
    comment: 'From outside a library or an app only its index.ts may be imported (#sim, #scenario, #report, #platform, …).',
    severity: 'error',
    from: { path: '^(libs|apps)/([^/]+)/', pathNot: TESTS },
    to: { path: '^(libs|apps)/[^/]+/', pathNot: ['^$1/$2/', '^(libs|apps)/[^/]+/src/index\\.ts$'] },
  },
];

const everywhere = [
  {
    name: 'no-cycles',
    comment: 'Two files that import each other, directly or over others, are one file or hide a third.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'tests-are-imported-by-tests',
    comment: 'Code for tests alone: *.spec.ts, testing/, test/.',
    severity: 'error',
    from: { pathNot: [...TESTS, '^test/'] },
    to: { path: [...TESTS, '^test/'] },
  },
  {
    name: 'everything-resolves',
    comment: 'An import that this check cannot follow is an import that it cannot judge.',
    severity: 'error',
    from: {},
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: [...simOrder, ...libraries, ...apps, ...everywhere],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    // Type-only imports are imports too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // `#sim` and the like: the subpath imports of package.json, with the condition that stands for the sources.
    enhancedResolveOptions: {
      conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      mainFields: ['main', 'types'],
    },
  },
};
