//! Tests of real sockets: accepting, receiving, sending, and the ways they end.

use crate::common::errno::{AGAIN, BADF, CONNRESET, PIPE, SUCCESS};
use crate::common::fixture::{FREE, Fixture, LISTENER, STREAM};
use crate::common::guest::{DATA, Guest, OUT, call, writes};
use crate::common::ops::NONBLOCK;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;
use test_support::{MASK, View};
use wasi_snapshot::{Perms, WasiCtx};

const PEEK: u32 = 1;
const WAITALL: u32 = 2;

const RD: u32 = 1;
const WR: u32 = 2;

/// The other end of a connection, of either kind.
trait Peer: Read + Write + Send {}
impl<T: Read + Write + Send> Peer for T {}

/// A guest with a connection at number 4, and the connection's other end.
fn connections() -> Vec<(&'static str, Guest, Box<dyn Peer>)> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let tcp = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let tcp_guest = Guest::new(WasiCtx::builder().preopen_listener(listener));
    let tcp: (_, _, Box<dyn Peer>) = ("tcp", tcp_guest, Box::new(tcp));
    #[cfg(not(unix))]
    let all = [tcp];
    #[cfg(unix)]
    let all = {
        use std::os::unix::net::{UnixListener, UnixStream};
        let dir = tempfile::TempDir::new().unwrap();
        let listener = UnixListener::bind(dir.path().join("socket")).unwrap();
        let unix = UnixStream::connect(dir.path().join("socket")).unwrap();
        let guest = Guest::new(WasiCtx::builder().preopen_listener(listener));
        [tcp, ("unix", guest, Box::new(unix))]
    };
    let connected = all.into_iter().map(|(name, mut guest, peer)| {
        assert_eq!(guest.accept(3, 0), Ok(4), "{name}");
        guest.mask();
        (name, guest, peer)
    });
    connected.collect()
}

#[test]
fn data_goes_both_ways() {
    for (name, mut guest, mut peer) in connections() {
        peer.write_all(b"hello").unwrap();
        assert_eq!(guest.recv(4, 100, 0), Ok(b"hello".to_vec()), "{name}");
        assert_eq!(guest.send(4, "world!"), Ok(6));
        let mut buffer = [0; 6];
        peer.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"world!");
        // The calls for files do as well.
        peer.write_all(b"file").unwrap();
        assert_eq!(guest.read(4, 100), Ok(b"file".to_vec()));
        assert_eq!(guest.write(4, "elif"), Ok(4));
        peer.read_exact(&mut buffer[..4]).unwrap();
        assert_eq!(&buffer[..4], b"elif");
    }
}

/// What is written where: data, its length in four bytes, flags in two, and nothing else.
#[test]
fn results_byte_by_byte() {
    for (_, mut guest, mut peer) in connections() {
        peer.write_all(b"abcdef").unwrap();
        let (iovs, len) = guest.iovecs(&[(DATA, 0), (DATA + 10, 4), (DATA, 10)]);
        // Waiting for all is what makes the count certain; the peer has gone, so that it ends.
        drop(peer);
        writes!(guest, sock_recv(4, iovs, len, WAITALL, OUT, OUT + 10) =>
            DATA + 10, b"abcd"; DATA, b"ef"; OUT, 6_u32.to_le_bytes(); OUT + 10, [0; 2]);
        guest.mask();
        let (iovs, len) = guest.iovecs(&[(DATA, 10)]);
        writes!(guest, sock_recv(4, iovs, len, 0, OUT, OUT + 4) => OUT, [0; 6]);
    }
    for (_, mut guest, mut peer) in connections() {
        guest.put(DATA, "xyz");
        let (iovs, len) = guest.iovecs(&[(DATA + 1, 2), (DATA, 0), (DATA, 1)]);
        writes!(guest, sock_send(4, iovs, len, 0, OUT) => OUT, 3_u32.to_le_bytes());
        let mut buffer = [0; 3];
        peer.read_exact(&mut buffer).unwrap();
        assert_eq!(&buffer, b"yzx");
    }
}

#[test]
fn accepting_gives_the_lowest_number_and_the_flags() {
    let mut f = Fixture::new();
    f.make_accept_and_receive_possible();
    f.mask();
    writes!(f, sock_accept(LISTENER, NONBLOCK, OUT) => OUT, FREE.to_le_bytes());
    assert_eq!(f.recv(FREE, 10, 0), Err(AGAIN));
    assert_eq!(call!(f, fd_fdstat_get, FREE, OUT), SUCCESS);
    assert_eq!(u32::from(f.u16(OUT + 2)), NONBLOCK);
}

#[test]
fn peeking_leaves_what_it_shows() {
    for (name, mut guest, mut peer) in connections() {
        peer.write_all(b"abc").unwrap();
        for flags in [PEEK, PEEK | WAITALL, PEEK] {
            assert_eq!(guest.recv(4, 2, flags), Ok(b"ab".to_vec()), "{name}");
        }
        assert_eq!(guest.recv(4, 10, 0), Ok(b"abc".to_vec()));
    }
}

/// What was received before the peer closed or reset the connection is not lost, though a later buffer gets an errno.
#[test]
fn what_came_before_an_errno_is_not_lost() {
    for (name, mut guest, mut peer) in connections() {
        peer.write_all(b"abcd").unwrap();
        assert_eq!(call!(guest, fd_fdstat_set_flags, 4, NONBLOCK), SUCCESS, "{name}");
        let (iovs, len) = guest.iovecs(&[(DATA, 4), (DATA + 10, 4)]);
        let mut received = 0;
        // The bytes may take a moment to arrive, which the errno tells.
        loop {
            match call!(guest, sock_recv, 4, iovs, len, WAITALL, OUT, OUT + 4) {
                SUCCESS => received += guest.u32(OUT),
                errno => assert_eq!(errno, AGAIN, "{name}"),
            }
            if received == 4 {
                break;
            }
        }
        assert_eq!(call!(guest, sock_recv, 4, iovs, len, WAITALL, OUT, OUT + 4), AGAIN, "{name}");
    }
}

/// All of it, though it comes in pieces and goes to several buffers.
#[test]
fn waiting_for_all() {
    for (_, mut guest, mut peer) in connections() {
        let sender = thread::spawn(move || {
            for piece in b"abcdefghij".chunks(3) {
                peer.write_all(piece).unwrap();
                peer.flush().unwrap();
                thread::yield_now();
            }
            peer
        });
        let (iovs, len) = guest.iovecs(&[(DATA, 4), (DATA + 4, 6)]);
        assert_eq!(call!(guest, sock_recv, 4, iovs, len, WAITALL, OUT, OUT + 4), SUCCESS);
        assert_eq!((guest.u32(OUT), guest.bytes(DATA, 10)), (10, &b"abcdefghij"[..]));
        drop(sender.join().unwrap());
        assert_eq!(guest.recv(4, 10, WAITALL), Ok(Vec::new()), "the end");
    }
}

/// Whatever the memory is, and however the buffers lie in it.
#[test]
fn waiting_for_all_goes_on_to_the_last_buffer() {
    let lists: [&[(u32, u32)]; 4] = [
        &[(DATA, 4), (DATA + 4, 6)],
        // Longer than what goes through the host at once.
        &[(0x1_0000, 200_000)],
        // More buffers than go into one system call, and empty ones.
        &[
            (DATA, 0),
            (DATA, 1),
            (DATA + 1, 1),
            (DATA + 2, 0),
            (DATA + 2, 5000),
            (0x2_0000, 70_000),
            (DATA, 1),
        ],
        // Overlapping.
        &[(DATA, 4), (DATA + 2, 4), (DATA + 1, 9)],
    ];
    for view in [View::Plain, View::Shared] {
        for list in lists {
            for missing in [0, 1, 3] {
                for (name, mut guest, mut peer) in connections() {
                    guest.memory.resize(1 << 20, 0);
                    guest.view = view;
                    let total: u32 = list.iter().map(|(_, len)| len).sum();
                    let bytes: Vec<u8> = (0..=255).cycle().take((total - missing) as usize).collect();
                    let sent = bytes.clone();
                    let sender = thread::spawn(move || {
                        for piece in sent.chunks(sent.len() / 3 + 1) {
                            peer.write_all(piece).unwrap();
                            thread::yield_now();
                        }
                    });
                    let (iovs, len) = guest.iovecs(list);
                    let errno = call!(guest, sock_recv, 4, iovs, len, WAITALL, OUT, OUT + 4);
                    assert_eq!((errno, guest.u32(OUT)), (SUCCESS, total - missing), "{name} {list:?}");
                    sender.join().unwrap();
                    // Each buffer has its part, unless a later one lies over it.
                    let (ptr, len) = list[list.len() - 1];
                    let (before, got) = (total - len, len - missing.min(len));
                    let expected = bytes.iter().skip(before as usize).take(got as usize);
                    assert!(guest.bytes(ptr, got).iter().eq(expected), "{name} {list:?}");
                }
            }
        }
    }
}

/// As with plain memory, see [`what_came_before_an_errno_is_not_lost`].
#[test]
fn an_errno_after_bytes_of_a_shared_memory_is_for_the_next_call() {
    for (name, mut guest, mut peer) in connections() {
        guest.memory.resize(1 << 20, 0);
        guest.view = View::Shared;
        peer.write_all(&[b'x'; 70_000]).unwrap();
        assert_eq!(call!(guest, fd_fdstat_set_flags, 4, NONBLOCK), SUCCESS, "{name}");
        let (iovs, len) = guest.iovecs(&[(0x1_0000, 65_536), (0x2_0000, 100_000)]);
        let mut received = 0;
        while received < 70_000 {
            match call!(guest, sock_recv, 4, iovs, len, WAITALL, OUT, OUT + 4) {
                SUCCESS => received += guest.u32(OUT),
                errno => assert_eq!(errno, AGAIN, "{name}"),
            }
        }
        assert_eq!(received, 70_000);
        assert_eq!(call!(guest, sock_recv, 4, iovs, len, WAITALL, OUT, OUT + 4), AGAIN, "{name}");
    }
}

#[test]
fn ending_one_direction_keeps_the_other() {
    for (name, mut guest, mut peer) in connections() {
        assert_eq!(call!(guest, sock_shutdown, 4, WR), SUCCESS);
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty(), "{name}");
        assert_eq!(guest.send(4, "x"), Err(PIPE));
        assert_eq!(guest.write(4, "x"), Err(PIPE));
        peer.write_all(b"still").unwrap();
        assert_eq!(guest.recv(4, 10, 0), Ok(b"still".to_vec()));
        assert_eq!(call!(guest, sock_shutdown, 4, RD), SUCCESS);
        assert_eq!(guest.recv(4, 10, 0), Ok(Vec::new()));
    }
}

/// A write to a connection whose reader has gone is an errno, and no signal that ends the host.
#[test]
fn a_reader_that_has_gone() {
    for (name, mut guest, peer) in connections() {
        drop(peer);
        // The first bytes may still be taken by the system.
        let error = (0..1000).find_map(|_| guest.send(4, "x").err());
        assert!(matches!(error, Some(PIPE | CONNRESET)), "{name} {error:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_connection_that_was_reset() {
    let mut f = Fixture::new();
    rustix::net::sockopt::set_socket_linger(&f.peer, Some(Duration::ZERO)).unwrap();
    let other = TcpStream::connect(f.peer.peer_addr().unwrap()).unwrap();
    drop(std::mem::replace(&mut f.peer, other));
    assert_eq!(f.recv(STREAM, 10, 0), Err(CONNRESET));
}

#[test]
fn closing_is_seen_at_the_other_end() {
    for (name, mut guest, mut peer) in connections() {
        assert_eq!(call!(guest, fd_close, 4), SUCCESS);
        assert_eq!(guest.recv(4, 10, 0), Err(BADF));
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty(), "{name}");
    }
    let mut f = Fixture::new();
    let address = f.peer.peer_addr().unwrap();
    assert_eq!(call!(f, fd_close, LISTENER), SUCCESS);
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
    f.peer.shutdown(Shutdown::Write).unwrap();
    assert_eq!(f.recv(STREAM, 10, 0), Ok(Vec::new()));
}

#[test]
fn a_guest_can_move_and_accept_again() {
    let mut f = Fixture::new();
    f.make_accept_and_receive_possible();
    assert_eq!(call!(f, fd_renumber, LISTENER, STREAM), SUCCESS);
    assert_eq!(f.accept(STREAM, 0), Ok(LISTENER));
    // The connection that was at the number is closed for real: its other end does not wait for more. The
    // timeout only turns a wait without end into a failure.
    f.peer.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let outcome = f.peer.read_to_end(&mut Vec::new()).map_err(|error| error.kind());
    assert!(matches!(outcome, Ok(0) | Err(ErrorKind::ConnectionReset)), "{outcome:?}");
}

/// Listeners come after directories, in their order.
#[test]
fn numbers_of_listeners() {
    let dir = tempfile::TempDir::new().unwrap();
    let listeners = [TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap()];
    let addresses = listeners.each_ref().map(|listener| listener.local_addr().unwrap());
    let [first, second] = listeners;
    let mut guest = Guest::new(
        WasiCtx::builder()
            .preopen_listener(first)
            .preopen_dir(dir.path(), "/", Perms::read_only())
            .preopen_listener(second),
    );
    assert_eq!(call!(guest, fd_prestat_get, 3, OUT), SUCCESS);
    for (fd, address) in [(4, addresses[0]), (5, addresses[1])] {
        let mut peer = TcpStream::connect(address).unwrap();
        let accepted = guest.accept(fd, 0).unwrap();
        peer.write_all(&[u8::try_from(fd).unwrap()]).unwrap();
        assert_eq!(guest.recv(accepted, 1, 0), Ok(vec![u8::try_from(fd).unwrap()]));
    }
    assert_eq!(guest.bytes(0, 4), [MASK; 4]);
}
