// Asks a cluster's monitors how it is: what `ceph status` and `ceph health detail` know, as objects.
//   node health.mjs [ceph.conf]        exit code 0: HEALTH_OK, 1: anything else, 2: no answer
import { CephConf, connectCluster } from '@cephts/rados';

/** Runs one command and gives its JSON. @throws Error when the monitors refuse it */
async function ask(monc, prefix) {
  const { r, outs, outbl } = await monc.monCommand({ prefix, format: 'json' }, undefined, { timeoutMs: 10_000 });
  if (r < 0) throw new Error(`${prefix}: ${outs} (${r})`);
  return JSON.parse(new TextDecoder().decode(outbl));
}

/**
 * @param {string} [file] a ceph.conf; found as Ceph finds it where it is left out
 * @returns {Promise<{ fsid: string, status: string, checks: string[], monitors: string[] }>}
 */
export async function health(file) {
  const conf = CephConf.load(file === undefined ? {} : { file });
  const client = await connectCluster(conf, { timeoutMs: 10_000 });
  try {
    const status = await ask(client.monc, 'status');
    return {
      fsid: status.fsid,
      status: status.health.status,
      checks: Object.entries(status.health.checks).map(([name, { summary }]) => `${name}: ${summary.message}`),
      monitors: status.quorum_names,
    };
  } finally {
    await client.shutdown();
  }
}

if (process.argv[1] === import.meta.filename) {
  try {
    const found = await health(process.argv[2]);
    console.log(JSON.stringify(found, null, 2));
    process.exitCode = found.status === 'HEALTH_OK' ? 0 : 1;
  } catch (error) {
    console.error(error.message);
    process.exitCode = 2;
  }
}
