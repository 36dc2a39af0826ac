//! The import table: every function with its name and its type, once, for both modules.

use crate::abi::versions::{Preview1, Unstable, Version};
use crate::calls::{args, clock, environ, fd, fd_dir, fd_rw, fd_stat, path, path_open, path_stat};
use crate::calls::{poll, proc, random, sched, sock};
use crate::error::{Error, Result};
use crate::guest::ctx::WasiCtx;
use wasi_policy::{Descriptor, LinkError, Linker, Permit, Proposal, Trap, matrix};

/// The proposal: `wasi_snapshot_preview1` and `wasi_unstable`.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot;

impl Proposal for Snapshot {
    const DESCRIPTOR: Descriptor = matrix::SNAPSHOT;
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Context = WasiCtx;

    fn register<T: 'static, L: Linker<T>>(
        _permit: Permit<Self>,
        linker: &mut L,
        context: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
    ) -> Result<(), LinkError> {
        register::<Preview1, T, L>(linker, context)?;
        register::<Unstable, T, L>(linker, context)
    }
}

/// What the guest gets back: zero, or the number of an error.
#[inline]
fn outcome(result: Result) -> Result<u32, Trap> {
    match result {
        Ok(()) => Ok(0),
        Err(Error::Errno(errno)) => Ok(errno.code().into()),
        Err(Error::Trap(trap)) => Err(trap),
    }
}

/// Defines one function for each line: its name, its parameters by name and type, and the call.
macro_rules! functions {
    ($linker:ident, $context:ident, $module:expr; $($name:ident($($arg:ident: $ty:ty),*) = $call:expr;)*) => {$(
        $linker.func($module, stringify!($name), move |state: &mut T, mut memory, ($($arg,)*): ($($ty,)*)| {
            outcome($call($context(state), &mut memory $(, $arg)*))
        })?;
    )*};
}

#[rustfmt::skip]
fn register<V: Version, T: 'static, L: Linker<T>>(
    linker: &mut L,
    context: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
) -> Result<(), LinkError> {
    functions! { linker, context, V::MODULE;
        args_get(argv: u32, argv_buf: u32) = args::get;
        args_sizes_get(argc: u32, argv_buf_size: u32) = args::sizes_get;
        environ_get(environ: u32, environ_buf: u32) = environ::get;
        environ_sizes_get(count: u32, buf_size: u32) = environ::sizes_get;
        clock_res_get(id: u32, resolution: u32) = clock::res_get;
        clock_time_get(id: u32, precision: u64, time: u32) = clock::time_get;
        fd_advise(fd: u32, offset: u64, len: u64, advice: u32) = fd_stat::advise;
        fd_allocate(fd: u32, offset: u64, len: u64) = fd_stat::allocate;
        fd_close(fd: u32) = fd::close;
        fd_datasync(fd: u32) = fd_stat::datasync;
        fd_fdstat_get(fd: u32, stat: u32) = fd::fdstat_get;
        fd_fdstat_set_flags(fd: u32, flags: u32) = fd::fdstat_set_flags;
        fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64) = fd::fdstat_set_rights;
        fd_filestat_get(fd: u32, buf: u32) = fd_stat::filestat_get::<V>;
        fd_filestat_set_size(fd: u32, size: u64) = fd_stat::filestat_set_size;
        fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32) = fd_stat::filestat_set_times;
        fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32) = fd_rw::pread;
        fd_prestat_get(fd: u32, buf: u32) = fd::prestat_get;
        fd_prestat_dir_name(fd: u32, path: u32, path_len: u32) = fd::prestat_dir_name;
        fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32) = fd_rw::pwrite;
        fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32) = fd_rw::read;
        fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32) = fd_dir::readdir;
        fd_renumber(fd: u32, to: u32) = fd::renumber;
        fd_seek(fd: u32, offset: i64, whence: u32, newoffset: u32) = fd_rw::seek::<V>;
        fd_sync(fd: u32) = fd_stat::sync;
        fd_tell(fd: u32, offset: u32) = fd_rw::tell;
        fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32) = fd_rw::write;
        path_create_directory(fd: u32, path: u32, path_len: u32) = path::create_directory;
        path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, buf: u32)
            = path_stat::filestat_get::<V>;
        path_filestat_set_times(fd: u32, flags: u32, path: u32, path_len: u32, atim: u64, mtim: u64,
            fst_flags: u32) = path_stat::filestat_set_times;
        path_link(old_fd: u32, old_flags: u32, old_path: u32, old_path_len: u32, new_fd: u32, new_path: u32,
            new_path_len: u32) = path::link;
        path_open(fd: u32, dirflags: u32, path: u32, path_len: u32, oflags: u32, base: u64, inheriting: u64,
            fdflags: u32, opened: u32) = path_open::open;
        path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, bufused: u32)
            = path::readlink;
        path_remove_directory(fd: u32, path: u32, path_len: u32) = path::remove_directory;
        path_rename(fd: u32, old_path: u32, old_path_len: u32, new_fd: u32, new_path: u32, new_path_len: u32)
            = path::rename;
        path_symlink(old_path: u32, old_path_len: u32, fd: u32, new_path: u32, new_path_len: u32)
            = path::symlink;
        path_unlink_file(fd: u32, path: u32, path_len: u32) = path::unlink_file;
        poll_oneoff(subscriptions: u32, events: u32, nsubscriptions: u32, nevents: u32) = poll::oneoff::<V>;
        proc_raise(signal: u32) = proc::raise;
        sched_yield() = sched::yield_;
        random_get(buf: u32, buf_len: u32) = random::get;
        sock_recv(fd: u32, ri_data: u32, ri_data_len: u32, ri_flags: u32, datalen: u32, ro_flags: u32)
            = sock::recv;
        sock_send(fd: u32, si_data: u32, si_data_len: u32, si_flags: u32, datalen: u32) = sock::send;
        sock_shutdown(fd: u32, how: u32) = sock::shutdown;
    }
    if V::HAS_SOCK_ACCEPT {
        functions! { linker, context, V::MODULE;
            sock_accept(fd: u32, flags: u32, accepted: u32) = sock::accept;
        }
    }
    // The one function without an errno: it does not return.
    linker.func(V::MODULE, "proc_exit", |_, _, (code,): (u32,)| Err::<(), _>(proc::exit(code)))
}
