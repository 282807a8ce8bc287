# One libcephfs client, one operation at a time: prints operations a second as JSON. Usage: libcephfs.py CEPH_CONF COUNT ROOT
import json
import os
import sys
import time

import cephfs

conf, count, root = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def mount():
    client = cephfs.LibCephFS(conffile=conf, auth_id='admin')
    client.mount()
    return client


fs = mount()
fs.mkdir(root, 0o755)


def rate(operation):
    start = time.perf_counter()
    for i in range(count):
        operation(i)
    return count / (time.perf_counter() - start)


def create(i):
    fs.close(fs.open(f'{root}/f{i}', os.O_CREAT | os.O_WRONLY, 0o644))


rates = {
    'mkdir': rate(lambda i: fs.mkdir(f'{root}/d{i}', 0o755)),
    'create': rate(create),
}
# a client that holds no capabilities: with them a chmod is done in its own cache and says nothing of the MDS
fs.shutdown()
fs = mount()
rates |= {
    'chmod': rate(lambda i: fs.chmod(f'{root}/f{i}', 0o600)),
    'rename': rate(lambda i: fs.rename(f'{root}/f{i}', f'{root}/g{i}')),
    'unlink': rate(lambda i: fs.unlink(f'{root}/g{i}')),
    'rmdir': rate(lambda i: fs.rmdir(f'{root}/d{i}')),
}
fs.shutdown()
print(json.dumps(rates))
