# A walk through the standard library that ends in most of the calls that touch files. `portable` leaves out what not every
# system has: symlinks, and times to the nanosecond.
import hashlib, json, os, sys, tempfile, time, zlib

portable = sys.argv[1] == "portable"
os.chdir("/w")
with tempfile.TemporaryDirectory(dir="/w") as folder:
    draft, kept = os.path.join(folder, "draft"), os.path.join(folder, "kept")
    with open(draft, "wb") as file:
        file.write(bytes(range(256)) * 400)
        file.seek(-1, os.SEEK_CUR)
        file.truncate()
    os.rename(draft, kept)
    os.makedirs(os.path.join(folder, "one", "two"))
    link = os.path.join(folder, "link")
    if not portable:
        os.symlink("kept", link)
    os.utime(kept, ns=(1_000_000_000, 2_000_000_000) if portable else (1_000_000_007, 2_000_000_011))
    print(sorted(os.listdir(folder)), os.stat(kept).st_size, os.stat(kept).st_mtime_ns)
    print(os.readlink(link) if not portable else "no link", zlib.crc32(open(kept if portable else link, "rb").read()))
    print([len(files) + len(folders) for _, folders, files in os.walk(folder)])
print(os.listdir("/w"))
try:
    open("/elsewhere/file")
except OSError as error:
    print(type(error).__name__)
print(json.dumps({"arguments": sys.argv[1:], "greeting": os.environ.get("GREETING")}))
print(sum(map(int, sys.stdin)), hashlib.sha256(b"wasi").hexdigest()[:16], len(os.urandom(32)))
start = time.monotonic()
time.sleep(0.03)
print(0.03 <= time.monotonic() - start < 5, time.time() > 1_700_000_000)
sys.exit(7)
