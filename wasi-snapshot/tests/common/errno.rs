//! The error numbers of the witx, by name.

use test_support::Names;

/// The names of both modules; `imports.rs` compares them with the published files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Witx;

impl Names for Witx {
    const NAMES: &'static [&'static str] = &[
        "success",
        "2big",
        "acces",
        "addrinuse",
        "addrnotavail",
        "afnosupport",
        "again",
        "already",
        "badf",
        "badmsg",
        "busy",
        "canceled",
        "child",
        "connaborted",
        "connrefused",
        "connreset",
        "deadlk",
        "destaddrreq",
        "dom",
        "dquot",
        "exist",
        "fault",
        "fbig",
        "hostunreach",
        "idrm",
        "ilseq",
        "inprogress",
        "intr",
        "inval",
        "io",
        "isconn",
        "isdir",
        "loop",
        "mfile",
        "mlink",
        "msgsize",
        "multihop",
        "nametoolong",
        "netdown",
        "netreset",
        "netunreach",
        "nfile",
        "nobufs",
        "nodev",
        "noent",
        "noexec",
        "nolck",
        "nolink",
        "nomem",
        "nomsg",
        "noprotoopt",
        "nospc",
        "nosys",
        "notconn",
        "notdir",
        "notempty",
        "notrecoverable",
        "notsock",
        "notsup",
        "notty",
        "nxio",
        "overflow",
        "ownerdead",
        "perm",
        "pipe",
        "proto",
        "protonosupport",
        "prototype",
        "range",
        "rofs",
        "spipe",
        "srch",
        "stale",
        "timedout",
        "txtbsy",
        "xdev",
        "notcapable",
    ];
}

/// What a call gave back to the guest.
pub(crate) type Errno = test_support::Errno<Witx>;

#[cfg(unix)]
/// The number for an error of a native system call, for tests that take the system as their oracle.
pub(crate) fn of_system(error: rustix::io::Errno) -> Errno {
    use rustix::io::Errno as Os;
    match error {
        Os::ACCESS => ACCES,
        Os::AGAIN => AGAIN,
        Os::BADF => BADF,
        Os::BUSY => BUSY,
        Os::EXIST => EXIST,
        Os::FBIG => FBIG,
        Os::INVAL => INVAL,
        Os::IO => IO,
        Os::ISDIR => ISDIR,
        Os::LOOP => LOOP,
        Os::MLINK => MLINK,
        Os::NAMETOOLONG => NAMETOOLONG,
        Os::NODEV => NODEV,
        Os::NOENT => NOENT,
        Os::NOSPC => NOSPC,
        Os::NOTCONN => NOTCONN,
        Os::NOTDIR => NOTDIR,
        Os::NOTEMPTY => NOTEMPTY,
        Os::NOTSOCK => NOTSOCK,
        Os::NOTSUP => NOTSUP,
        Os::PERM => PERM,
        Os::PIPE => PIPE,
        Os::SPIPE => SPIPE,
        Os::XDEV => XDEV,
        other => panic!("the oracle gave an error that no table expects: {other:?}"),
    }
}

macro_rules! constants {
    ($($name:ident = $text:literal;)*) => {$(pub(crate) const $name: Errno = Errno::named($text);)*};
}

constants! {
    SUCCESS = "success";
    ACCES = "acces";
    AGAIN = "again";
    BADF = "badf";
    BUSY = "busy";
    CONNRESET = "connreset";
    EXIST = "exist";
    FBIG = "fbig";
    ILSEQ = "ilseq";
    INVAL = "inval";
    ISDIR = "isdir";
    LOOP = "loop";
    NAMETOOLONG = "nametoolong";
    DQUOT = "dquot";
    INTR = "intr";
    IO = "io";
    NFILE = "nfile";
    NODEV = "nodev";
    NOENT = "noent";
    MLINK = "mlink";
    NOMEM = "nomem";
    NOSPC = "nospc";
    NOTCONN = "notconn";
    NOTDIR = "notdir";
    NOTEMPTY = "notempty";
    NOTSOCK = "notsock";
    NOTSUP = "notsup";
    NXIO = "nxio";
    OVERFLOW = "overflow";
    PERM = "perm";
    PIPE = "pipe";
    ROFS = "rofs";
    SPIPE = "spipe";
    XDEV = "xdev";
}
