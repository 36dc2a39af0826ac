//! Tests that listeners wait for guests that expect it, and not for those that have been told otherwise.

use crate::common::errno::{AGAIN, BADF, SUCCESS};
use crate::common::guest::{Guest, OUT, call};
use crate::common::ops::NONBLOCK;
use crate::poll::{Subscription, after, poll};
use std::net::{TcpListener, TcpStream};
use std::thread;
use wasi_policy::Trap;
use wasi_snapshot::{Listener, WasiCtx};

fn listener() -> Listener {
    TcpListener::bind("127.0.0.1:0").unwrap().into()
}

fn flags(guest: &mut Guest, fd: u32) -> u32 {
    assert_eq!(call!(guest, fd_fdstat_get, fd, OUT), SUCCESS);
    guest.u16(OUT + 2).into()
}

/// Does accepting wait, where nobody connects?
fn waits(guest: &mut Guest) -> bool {
    let handle = guest.ctx.interrupt_handle();
    let interrupter = thread::spawn(move || handle.interrupt());
    let outcome = match guest.outcome("sock_accept", &[3, 0, OUT.into()]) {
        Ok(AGAIN) => false,
        Err(Trap::Interrupted) => true,
        other => panic!("{other:?}"),
    };
    interrupter.join().unwrap();
    outcome
}

fn accepts(guest: &mut Guest) -> Option<crate::common::errno::Errno> {
    guest.accept(3, 0).err()
}

/// As servers in C do: nothing but accepting.
#[test]
fn who_has_not_asked_waits() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(socket));
    let client = thread::spawn(move || TcpStream::connect(address).unwrap());
    assert_eq!(guest.accept(3, 0), Ok(4));
    drop(client.join().unwrap());
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener()));
    assert!(waits(&mut guest));
}

/// As Go does: it reads the flags, finds `nonblock`, and polls.
#[test]
fn who_has_read_the_flags_does_not_wait() {
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener()));
    assert_eq!(flags(&mut guest, 3), NONBLOCK);
    assert_eq!(accepts(&mut guest), Some(AGAIN));
    assert_eq!(call!(guest, fd_fdstat_set_flags, 3, 0), SUCCESS);
    assert_eq!(flags(&mut guest, 3), 0);
    assert!(waits(&mut guest));
}

#[test]
fn who_has_polled_does_not_wait() {
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener()));
    poll(&mut guest, &[Subscription::Read(3), after(0)]);
    assert_eq!(accepts(&mut guest), Some(AGAIN));
}

/// Saying it is asking too, also without a change.
#[test]
fn who_has_set_the_flags_gets_what_was_set() {
    for (set, errno) in [(NONBLOCK, Some(AGAIN)), (0, None)] {
        let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener()));
        assert_eq!(call!(guest, fd_fdstat_set_flags, 3, set), SUCCESS);
        match errno {
            Some(errno) => assert_eq!(accepts(&mut guest), Some(errno)),
            None => assert!(waits(&mut guest)),
        }
    }
}

#[test]
fn the_host_can_say_how_it_starts() {
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener().nonblocking(true)));
    assert_eq!(accepts(&mut guest), Some(AGAIN));
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener()).start_nonblocking(3, true));
    assert_eq!(accepts(&mut guest), Some(AGAIN));
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener().nonblocking(false)));
    assert_eq!(flags(&mut guest, 3), 0);
    poll(&mut guest, &[Subscription::Read(3), after(0)]);
    assert!(waits(&mut guest));
    let mut guest = Guest::new(WasiCtx::builder().preopen_listener(listener()).start_nonblocking(3, false));
    assert!(flags(&mut guest, 3) == 0 && waits(&mut guest));
}

/// Streams too, and nothing that is not there.
#[test]
fn other_descriptors_start_as_the_host_says() {
    let (source, _host) = wasi_snapshot::Source::pipe().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().stdin(source).start_nonblocking(0, true));
    assert_eq!(flags(&mut guest, 0), NONBLOCK);
    assert_eq!(guest.read(0, 1), Err(AGAIN));
    assert!(WasiCtx::builder().start_nonblocking(3, true).build().is_err());
    assert_eq!(guest.accept(3, 0), Err(BADF));
}
