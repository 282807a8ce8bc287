# The rival of bench/rados.mjs: librados through python3-rados. Arguments: ceph.conf and pool. Reads lines "write|read SIZE DEPTH COUNT" and
# answers each with the seconds it took.
import sys, time
import rados

cluster = rados.Rados(conffile=sys.argv[1])
cluster.connect()
io = cluster.open_ioctx(sys.argv[2])
print('ready', flush=True)
for line in sys.stdin:
    verb, size, depth, count = line.split()
    size, depth, count = int(size), int(depth), int(count)
    data = b'x' * size
    names = ['%d-%d' % (size, i) for i in range(100)]
    start = time.perf_counter()
    if depth == 1 and verb == 'write':
        for i in range(count):
            io.write_full(names[i % 100], data)
    elif depth == 1:
        for i in range(count):
            if len(io.read(names[i % 100], size)) != size:
                sys.exit('short read')
    else:
        queue = []
        for i in range(count):
            name = names[i % 100]
            if verb == 'write':
                queue.append(io.aio_write_full(name, data))
            else:
                queue.append(io.aio_read(name, size, 0, lambda completion, bytes: None))
            if len(queue) >= depth:
                queue.pop(0).wait_for_complete()
        for completion in queue:
            completion.wait_for_complete()
    print(time.perf_counter() - start, flush=True)
