"""A libcephfs client that is told what to do: each line is a JSON list of a function's name and its arguments."""
import json
import os
import sys

import cephfs

fs = cephfs.LibCephFS(conffile=sys.argv[1])
fs.mount()
held = []


def story(root):
    """Something of everything below `root`, an empty directory."""
    def path(*names):
        return "/".join([root, *names]).encode()

    def write(name, text):
        fd = fs.open(path(name), os.O_CREAT | os.O_WRONLY, 0o640)
        if text:  # libcephfs does not survive a write of nothing
            fs.write(fd, text, 0)
        fs.close(fd)

    for name in ["a", "a/b", "a/b/c", "many", "gone", "snapped", "from", "to"]:
        fs.mkdir(path(name), 0o755)
    for i in range(120):
        fs.close(fs.open(path("many", "file%03d" % i), os.O_CREAT | os.O_WRONLY, 0o600 + i % 64))
    for i in range(0, 120, 7):
        fs.unlink(path("many", "file%03d" % i))
    write("a/text", b"hello, world" * 100)
    write("a/long-" + "n" * 200, b"x")
    write("a/\u00fcml\u00e4ut", b"y")
    fs.symlink(b"../a/text", path("a", "b", "link"))
    fs.link(path("a", "text"), path("a", "b", "second name"))
    fs.link(path("a", "text"), path("to", "third name"))
    fs.mknod(path("a", "pipe"), 0o010644, 0)
    fs.setxattr(path("a", "text"), "user.colour", b"blue", 0)
    fs.setxattr(path("a"), "user.of-a-directory", bytes(range(256)), 0)
    fs.setxattr(path("a", "text"), "user.gone", b"x", 0)
    fs.removexattr(path("a", "text"), "user.gone")
    fs.chmod(path("a", "b", "c"), 0o1777)
    fs.chown(path("a", "b"), 1000, 1001)
    fs.truncate(path("a", "text"), 77)
    fs.setxattr(path("many"), "ceph.quota.max_files", b"1000", 0)
    fs.setxattr(path("to"), "ceph.dir.layout.stripe_count", b"2", 0)
    for i in range(20):
        write("from/f%d" % i, b"." * i)
    for i in range(0, 20, 2):
        fs.rename(path("from", "f%d" % i), path("to", "g%d" % i))
    fs.rename(path("from", "f1"), path("to", "g2"))
    fs.rename(path("from"), path("a", "b", "moved"))
    fs.mkdir(path("gone", "x"), 0o700)
    fs.rmdir(path("gone", "x"))
    fs.rmdir(path("gone"))
    write("snapped/old", b"before")
    write("snapped/both", b"both")
    fs.mkdir(path("snapped", ".snap", "one"), 0o755)
    fs.unlink(path("snapped", "old"))
    write("snapped/both", b"afterwards")
    write("snapped/new", b"new")
    fs.mkdir(path("snapped", ".snap", "two"), 0o755)
    fs.mkdir(path("snapped", ".snap", "three"), 0o755)
    fs.rmdir(path("snapped", ".snap", "two"))
    fs.unlink(path("a", "long-" + "n" * 200))
    fs.sync_fs()


def hold(name, flags):
    """Opens a file, and keeps it open."""
    held.append(fs.open(name.encode(), flags, 0o644))


def make(root, prefix, count):
    for i in range(count):
        fs.close(fs.open(("%s/%s%d" % (root, prefix, i)).encode(), os.O_CREAT | os.O_WRONLY, 0o644))
    fs.sync_fs()


def mkdir(name):
    fs.mkdir(name.encode(), 0o755)


def unlink(name):
    fs.unlink(name.encode())
    fs.sync_fs()


def rename(old, new):
    fs.rename(old.encode(), new.encode())
    fs.sync_fs()


def link(old, new):
    fs.link(old.encode(), new.encode())
    fs.sync_fs()


def rmdir(name):
    fs.rmdir(name.encode())
    fs.sync_fs()


def setxattr(name, key, value):
    fs.setxattr(name.encode(), key, value.encode(), 0)
    fs.sync_fs()


def sync():
    fs.sync_fs()


def xattrs(name):
    size, names = fs.llistxattr(name)
    return {key.decode(): list(fs.lgetxattr(name, key.decode(), 65536)) for key in names.split(b"\0") if key.startswith(b"user.")}


def tree(root):
    """What is below a directory: path, type and mode, owner, links, size, seconds of mtime, target, xattrs."""
    found = {}

    def entry(name):
        st = fs.statx(name, cephfs.CEPH_STATX_BASIC_STATS, cephfs.AT_SYMLINK_NOFOLLOW)
        kind = st["mode"] & 0o170000
        found[name.decode("utf8")] = {
            "mode": st["mode"],
            "owner": [st["uid"], st["gid"]],
            "nlink": 0 if kind == 0o040000 else st["nlink"],
            "size": 0 if kind == 0o040000 else st["size"],
            "mtime": st["mtime"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "target": fs.readlink(name, 4096).decode() if kind == 0o120000 else None,
            "xattrs": xattrs(name),
        }
        return kind == 0o040000

    def walk(name):
        with fs.opendir(name) as d:
            names = []
            while True:
                e = fs.readdir(d)
                if not e:
                    break
                if e.d_name not in (b".", b".."):
                    names.append(e.d_name)
        for child in sorted(names):
            if entry(name.rstrip(b"/") + b"/" + child):
                walk(name.rstrip(b"/") + b"/" + child)

    walk(root.encode())
    return found


def leave():
    fs.unmount()
    fs.shutdown()


for line in sys.stdin:
    name, args = json.loads(line)
    try:
        answer = {"value": globals()[name](*args)}
    except Exception as error:
        answer = {"error": "%s%s: %r" % (name, args, error)}
    print(json.dumps(answer), flush=True)
