// What is under test: publishes a file so that a reader sees the old one or the new one, never half of it: it is made under another name and
// renamed into place.

/**
 * @param {import('@cephts/mds-reference').CephFsClient} client
 * @param {string} folder an absolute path; made when it is not there
 * @param {string} name
 * @param {{ mode?: number, label?: string }} [options] the label becomes the attribute user.label
 */
export async function publish(client, folder, name, { mode = 0o644, label = '' } = {}) {
  const dir = await folderAt(client, folder);
  const draft = `.${name}.draft`;
  const file = await client.create(dir, draft, { mode });
  if (label !== '') await client.setxattr(file.ino, 'user.label', new TextEncoder().encode(label));
  await client.rename(dir, draft, dir, name);
  await client.sync(); // durable from here on
  return file.ino;
}

async function folderAt(client, folder) {
  let { ino } = await client.resolve('/');
  for (const part of folder.split('/').filter((text) => text !== '')) {
    const found = await client.lookup(ino, part).catch((error) => {
      if (error.code !== 'ERR_CEPH_ENOENT') throw error;
      return client.mkdir(ino, part, { mode: 0o755 });
    });
    ino = found.ino;
  }
  return ino;
}
