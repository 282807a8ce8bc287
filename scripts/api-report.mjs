// `npm run api:check`: does api/NAME.api.md still say what the package's built declarations say? `npm run api:update` renews it. A report is
// the public surface without comments and private members, sorted by name, so that its diff is what a change does to those who use the package.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import './ensure-built.mjs';

const root = path.dirname(import.meta.dirname);
const reports = path.join(root, 'api');
const printer = ts.createPrinter({ removeComments: true });
const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const isPrivate = (member) =>
  (member.name && ts.isPrivateIdentifier(member.name)) ||
  (ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword));

/** A class without what only it can touch; members keep their order, which is the order a reader of the source knows. */
function publicPart(statement) {
  if (!ts.isClassDeclaration(statement)) return statement;
  const members = statement.members.filter((member) => !isPrivate(member));
  return ts.factory.updateClassDeclaration(
    statement,
    statement.modifiers,
    statement.name,
    statement.typeParameters,
    statement.heritageClauses,
    members,
  );
}

/** The statement that a declaration stands in. */
function statementOf(declaration) {
  let node = declaration;
  while (!ts.isSourceFile(node.parent)) node = node.parent;
  return node;
}

/** What an entry exports, by the exported name, and of its own package what those declarations mention. */
function reportOf(checker, source) {
  const own = path.dirname(source.fileName);
  const unaliased = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const isOwn = (declaration) => path.dirname(declaration.getSourceFile().fileName) === own;
  const texts = new Map();
  const seen = new Set();

  function collect(symbol, name, section) {
    const declarations = (symbol.declarations ?? []).filter(isOwn);
    if (seen.has(symbol) || declarations.length === 0 || ts.isSourceFile(declarations[0])) return;
    seen.add(symbol);
    // a class that is not exported cannot be made, only met: its name will do
    if (section === 'mentioned' && symbol.flags & ts.SymbolFlags.Class)
      return void texts.set(`${section} ${name}`, [`declare class ${name}; // not exported`]);
    const statements = [...new Set(declarations.map(statementOf))];
    const parts = statements.map((statement) => [statement, publicPart(statement)]);
    texts.set(
      `${section} ${name}`,
      parts.map(([at, part]) => printer.printNode(ts.EmitHint.Unspecified, part, at.getSourceFile())),
    );
    const visit = (node) => {
      if (isPrivate(node)) return;
      if (ts.isIdentifier(node)) {
        const found = checker.getSymbolAtLocation(node);
        const declaration = found && unaliased(found).declarations?.[0];
        if (declaration && ts.isSourceFile(statementOf(declaration).parent) && isTopLevel(declaration))
          later.push(unaliased(found));
      }
      ts.forEachChild(node, visit);
    };
    statements.forEach(visit);
  }

  const later = [];
  const foreign = [];
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source))) {
    const target = unaliased(symbol);
    if ((target.declarations ?? []).some(isOwn)) collect(target, symbol.name, 'exported');
    else foreign.push(`export { ${symbol.name} }; // of another package`);
  }
  while (later.length > 0) {
    const symbol = later.pop();
    collect(symbol, symbol.name, 'mentioned');
  }
  const section = (prefix) => [...texts].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
  const block = (title, lines) => (lines.length > 0 ? [`### ${title}\n`, '```ts', lines.join('\n\n'), '```\n'] : []);
  return [
    ...block('Exported', [...foreign.sort(), ...section('exported ').map(([, text]) => text.join('\n'))]),
    ...block(
      'Mentioned by them',
      section('mentioned ').map(([, text]) => text.join('\n')),
    ),
  ].join('\n');
}

function isTopLevel(declaration) {
  const statement = statementOf(declaration);
  if (statement === declaration) return true;
  return ts.isVariableStatement(statement) && statement.declarationList.declarations.includes(declaration);
}

function render(dir) {
  const manifest = JSON.parse(readFileSync(path.join(root, dir, 'package.json'), 'utf8'));
  const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target !== 'string');
  const files = entries.map(([, target]) => path.join(root, dir, target.import.types));
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const parts = [`# ${manifest.name}\n`, 'Made by `npm run api:update`; `npm run api:check` fails when it is not true.\n'];
  entries.forEach(([entry], i) => {
    const report = reportOf(checker, program.getSourceFile(files[i]));
    parts.push(`## \`${path.posix.join(manifest.name, entry)}\`\n`, report);
  });
  return `${parts.join('\n').trimEnd()}\n`;
}

const write = process.argv.includes('--write');
if (write) mkdirSync(reports, { recursive: true });
let stale = 0;
for (const dir of workspaces) {
  const file = path.join(reports, `${path.basename(dir)}.api.md`);
  const text = render(dir);
  if (write) writeFileSync(file, text);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    stale++;
    console.error(`The public surface changed: ${path.relative(root, file)} is out of date`);
  }
}
if (stale > 0) {
  console.error('Look at what `npm run api:update` changes, and commit it with the change');
  process.exit(1);
}
if (!write) console.log(`api: ${workspaces.length} reports are true`);
