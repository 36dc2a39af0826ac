//! File data: reading and writing at the cursor and at offsets, in one buffer and in eight.

use crate::guest::{BUFFER, Guest, RESULT};
use crate::running::make_file;
use crate::sides::Group;
use criterion::Criterion;
use rustix::io::{preadv, pwritev};
use std::fs::{File, OpenOptions};
use std::io::{IoSlice, IoSliceMut, Read, Result, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Where guests keep the list of buffers.
const LIST: u32 = 16;

/// A way to cut a transfer into buffers.
struct Shape {
    name: &'static str,
    count: usize,
    len: usize,
}

const SHAPES: [Shape; 4] = [
    Shape { name: "1 B", count: 1, len: 1 },
    Shape { name: "4 KiB", count: 1, len: 4096 },
    Shape { name: "64 KiB", count: 1, len: 65_536 },
    Shape { name: "8 x 512 B", count: 8, len: 512 },
];

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = Group::new(criterion, "data");
    for shape in SHAPES {
        for (call, at) in [("fd_pread", " (i64.const 0)"), ("fd_pwrite", " (i64.const 0)")] {
            let case = format!("{call} {}", shape.name);
            let guest = guest(&shape, call, at);
            if shape.count == 1 {
                group.bare(&case, &guest);
            }
            let guest = guest.opens("f");
            group.guest(&case, &guest, file);
            group.memory(&case, &guest, file);
        }
        for call in ["fd_read", "fd_write"] {
            let guest = guest(&shape, call, "").then(&format!(
                "(call $fd_seek (global.get $fd) (i64.const 0) (i32.const 0) (i32.const {RESULT}))"
            ));
            group.guest(&format!("{call} + fd_seek {}", shape.name), &guest.opens("f"), file);
        }
        native(&mut group, &shape);
    }
}

/// A guest that transfers all bytes. With several buffers it goes on after those that were transferred, as
/// programs must: hosts may leave some for the next call, and the peer leaves all but the first.
fn guest(shape: &Shape, call: &str, at: &str) -> Guest {
    let Shape { count, len, .. } = *shape;
    let size = u32::try_from(len).expect("it is small");
    let list: Vec<u32> =
        (0..).map(|index| BUFFER + index * size).take(count).flat_map(|at| [at, size]).collect();
    let guest = if count == 1 {
        Guest::new(format!(
            "(call ${call} (global.get $fd) (i32.const {LIST}) (i32.const 1){at} (i32.const {RESULT}))"
        ))
    } else {
        let at = at.replace("(i64.const 0)", "(i64.extend_i32_u (local.get $done))");
        Guest::new("(call $all)").function(&format!(
            "(func $all (result i32) (local $done i32) (local $buffers i32)
              (loop $again
                (local.set $buffers (i32.div_u (local.get $done) (i32.const {len})))
                (if (call ${call} (global.get $fd)
                      (i32.add (i32.const {LIST}) (i32.mul (local.get $buffers) (i32.const 8)))
                      (i32.sub (i32.const {count}) (local.get $buffers)){at} (i32.const {RESULT}))
                  (then (return (i32.const 255))))
                (local.set $done (i32.add (local.get $done) (i32.load (i32.const {RESULT}))))
                (br_if $again (i32.lt_u (local.get $done) (i32.const {}))))
              (i32.const 0))",
            count * len
        ))
    };
    guest.words(LIST, &list)
}

/// One buffer goes by the plain call and eight by the vectored one, as a program would have it.
fn native(group: &mut Group<'_>, shape: &Shape) {
    let Shape { name, count, len } = *shape;
    let prepared = |dir: &Path| (open(dir), vec![b'y'; count * len]);
    group.native(&format!("fd_pread {name}"), file, |dir| {
        let (file, mut buffer) = prepared(dir);
        move || match count {
            1 => file.read_at(&mut buffer, 0),
            _ => Ok(preadv(&file, &mut for_reading(&mut buffer), 0)?),
        }
    });
    group.native(&format!("fd_pwrite {name}"), file, |dir| {
        let (file, buffer) = prepared(dir);
        move || match count {
            1 => file.write_at(&buffer, 0),
            _ => Ok(pwritev(&file, &for_writing(&buffer), 0)?),
        }
    });
    group.native(&format!("fd_read + fd_seek {name}"), file, |dir| {
        let (mut file, mut buffer) = prepared(dir);
        move || -> Result<u64> {
            match count {
                1 => file.read(&mut buffer)?,
                _ => file.read_vectored(&mut for_reading(&mut buffer))?,
            };
            file.seek(SeekFrom::Start(0))
        }
    });
    group.native(&format!("fd_write + fd_seek {name}"), file, |dir| {
        let (mut file, buffer) = prepared(dir);
        move || -> Result<u64> {
            match count {
                1 => file.write(&buffer)?,
                _ => file.write_vectored(&for_writing(&buffer))?,
            };
            file.seek(SeekFrom::Start(0))
        }
    });
}

fn for_reading(buffer: &mut [u8]) -> [IoSliceMut<'_>; 8] {
    let mut parts = buffer.chunks_mut(512);
    std::array::from_fn(|_| IoSliceMut::new(parts.next().unwrap_or_default()))
}

fn for_writing(buffer: &[u8]) -> [IoSlice<'_>; 8] {
    let mut parts = buffer.chunks(512);
    std::array::from_fn(|_| IoSlice::new(parts.next().unwrap_or_default()))
}

fn file(dir: &Path) {
    make_file(&dir.join("f"));
}

fn open(dir: &Path) -> File {
    OpenOptions::new().read(true).write(true).open(dir.join("f")).expect("the file has been made")
}
