// `npm run check:examples [-- NAME…]`: the projects of examples/, installed from freshly packed tarballs, and their tests.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import './ensure-built.mjs';
import { checkExamples } from './packages/examples.mjs';
import { failed } from './packages/report.mjs';
import { pack, packages } from './packages/tarballs.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'cephts-examples-'));
const tarballs = new Map(packages.map((pkg) => [pkg.name, pack(pkg, scratch).tarball]));
await checkExamples(scratch, tarballs, process.argv.slice(2));
rmSync(scratch, { recursive: true, force: true });
process.exit(failed() > 0 ? 1 : 0);
