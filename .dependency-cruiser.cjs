// The floors of docs/architecture.md: a package imports only from floors below it, and nothing imports in a circle.
const floors = [
  ['common', 'encoding'],
  ['finisher', 'safe-timer', 'dispatch-queue'],
  ['async-messenger'],
  ['rados'],
  ['mds-reference'],
];
const upward = floors.flatMap((floor, level) => {
  const forbidden = floors.slice(level).flat();
  return floor.map((name) => ({
    name: `floor-${level}-${name}`,
    comment: 'a package imports only from floors below its own',
    severity: 'error',
    from: { path: `^packages/${name}/src` },
    to: { path: `^packages/(${forbidden.filter((other) => other !== name).join('|')})/` },
  }));
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    ...upward.filter((rule) => rule.to.path !== '^packages/()/'),
    {
      name: 'no-node-in-portable-packages',
      comment: 'these run in browsers, Deno and Bun as they are',
      severity: 'error',
      from: { path: '^packages/(common|encoding|finisher|safe-timer|dispatch-queue)/src', pathNot: '^packages/common/src/node' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'sources-do-not-import-tests', severity: 'error', from: { path: '/src/' }, to: { path: '/test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|/build/|/test/)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
