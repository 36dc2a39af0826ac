//! `poll_oneoff`.

use crate::abi::versions::Version;
use crate::abi::{Clockid, Eventrwflags, Rights, Subclockflags, Timestamp, flags, words};
use crate::errno::Errno;
use crate::error::{Error, Result};
use crate::guest::ctx::WasiCtx;
use crate::guest::entry::{Description, Entry};
use crate::guest::subscription::{Eventtype, Subscription, Wants};
use crate::guest::table::Table;
use crate::sys::clock;
use crate::sys::description::FileDescription;
use crate::sys::interrupt::Interrupt;
use crate::sys::net::Socket;
use crate::sys::poll::{Interest, OsHandle, PollSet, Readiness};
use crate::vfs::OpenFile;
use crate::world::scheduler::Waits;
use std::time::{Duration, Instant};
use wasi_policy::Memory;

/// The size of an `event`.
const EVENT_SIZE: u32 = 32;

/// What a subscription found.
struct Event {
    error: Option<Errno>,
    nbytes: u64,
    hangup: bool,
}

/// Waits until at least one of several subscriptions has something to tell, and writes one event for each
/// that has, in their order, and how many there are.
///
/// Relative times are those of the monotonic clock, whichever clock is named. A descriptor that cannot be
/// waited for gets an event with an error, and does not spoil the others. Regular files are always ready.
///
/// ```text
/// subscription: userdata u64, type u8 (0 clock, 1 read, 2 write), 7 bytes of padding, then of
///               a clock: its number u32, 4 bytes of padding, nanoseconds u64, precision u64, flags u16 (1: absolute)
///               read and write: the descriptor u32
/// event: userdata u64, error u16, type u8, 5 bytes of padding, nbytes u64, flags u16, 6 bytes of padding
/// ```
///
/// In `wasi_unstable`, a clock has an identifier, u64, before its number.
///
/// # Parameters
///
/// * `subscriptions`: address of the subscriptions, 48 bytes each; 56 in `wasi_unstable`
/// * `events`: address where the events are written, 32 bytes each, with room for as many as subscriptions
/// * `nsubscriptions`: number of subscriptions
/// * `nevents`: address where the number of events is written, u32
///
/// # Errors
///
/// * `inval`: no subscriptions, more than the limits allow, or one that has no meaning
/// * `intr`: it has waited as long as the limits allow
///
/// # See also
///
/// * the witx: [`poll_oneoff`](https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/docs.md#poll_oneoff)
/// * POSIX: [`poll`](https://pubs.opengroup.org/onlinepubs/9699919799/functions/poll.html)
#[doc(alias = "poll_oneoff")]
pub fn oneoff<V: Version>(
    ctx: &mut WasiCtx,
    memory: &mut Memory<'_>,
    subscriptions: u32,
    events: u32,
    nsubscriptions: u32,
    nevents: u32,
) -> Result {
    if nsubscriptions == 0 {
        return Err(Errno::Inval.into());
    }
    memory.check(subscriptions, u64::from(nsubscriptions) * u64::from(V::SUBSCRIPTION_SIZE))?;
    memory.check(events, u64::from(nsubscriptions) * u64::from(EVENT_SIZE))?;
    memory.check(nevents, 4)?;
    if nsubscriptions > ctx.limits.max_subscriptions {
        return Err(Errno::Inval.into());
    }
    let mut wanted = std::mem::take(&mut ctx.subscriptions);
    wanted.clear();
    let outcome = decode_all::<V>(ctx, memory, subscriptions, nsubscriptions, &mut wanted)
        .and_then(|()| wait(ctx, &wanted, memory, events))
        .and_then(|count| Ok(memory.write_u32(nevents, count)?));
    ctx.subscriptions = wanted;
    outcome
}

fn decode_all<V: Version>(
    ctx: &mut WasiCtx,
    memory: &Memory<'_>,
    subscriptions: u32,
    count: u32,
    wanted: &mut Vec<Subscription>,
) -> Result {
    for index in 0..count {
        let at = subscriptions.saturating_add(index.saturating_mul(V::SUBSCRIPTION_SIZE));
        let userdata = memory.read_u64(at)?;
        let (eventtype, wants) = match memory.read_u8(at.saturating_add(8))? {
            0 => (Eventtype::Clock, clock_wish(ctx, memory, at.saturating_add(V::SUBSCRIPTION_CLOCK))?),
            tag @ (1 | 2) => {
                let fd = memory.read_u32(at.saturating_add(16))?;
                let (eventtype, interest) = match tag {
                    1 => (Eventtype::FdRead, Interest::Read),
                    _ => (Eventtype::FdWrite, Interest::Write),
                };
                (eventtype, fd_wish(&mut ctx.table, fd, interest))
            }
            _ => return Err(Errno::Inval.into()),
        };
        wanted.push(Subscription { userdata, eventtype, wants });
    }
    Ok(())
}

/// The `subscription_clock` at `at`.
fn clock_wish(ctx: &WasiCtx, memory: &Memory<'_>, at: u32) -> Result<Wants> {
    let clock = Clockid::try_from(memory.read_u32(at)?)?;
    let timeout = memory.read_u64(at.saturating_add(8))?;
    let how: Subclockflags = flags(memory.read_u16(at.saturating_add(24))?.into())?;
    let now = ctx.clocks.elapsed();
    let relative = if how.contains(Subclockflags::SUBSCRIPTION_CLOCK_ABSTIME) {
        let now_of_clock = match clock {
            Clockid::Realtime => ctx.clocks.wall_now(),
            Clockid::Monotonic => ctx.clocks.monotonic_now(),
            Clockid::ProcessCputime | Clockid::ThreadCputime => Err(Errno::Notsup),
        };
        match now_of_clock {
            Ok(now) => timeout.saturating_sub(now),
            Err(errno) => return Ok(Wants::Never(errno)),
        }
    } else {
        timeout
    };
    Ok(Wants::Time(now.saturating_add(relative)))
}

fn fd_wish(table: &mut Table, fd: u32, interest: Interest) -> Wants {
    let right = match interest {
        Interest::Read => Rights::FD_READ,
        Interest::Write => Rights::FD_WRITE,
    };
    let entry = match table.get_mut(fd) {
        Ok(entry) => entry,
        Err(errno) => return Wants::Never(errno),
    };
    // A listener is read by accepting.
    if let Description::File(OpenFile::Socket(socket)) = &mut entry.description {
        socket.ask();
        return Wants::Ready(fd, interest);
    }
    match entry.require(right, Errno::Badf) {
        Ok(()) => Wants::Ready(fd, interest),
        Err(errno) => Wants::Never(errno),
    }
}

/// Waits until at least one subscription has something to tell, writes all that have, and counts them.
fn wait(ctx: &mut WasiCtx, wanted: &[Subscription], memory: &mut Memory<'_>, events: u32) -> Result<u32> {
    let WasiCtx { table, clocks, scheduler, interrupt, limits, .. } = ctx;
    let (mut set, mut deadline, at_once) = gather(table, wanted)?;
    // A wait that no clock ends, or only later than the limits allow, ends by itself.
    let mut limit = None;
    if scheduler.is_none() && !at_once {
        let latest = clocks.elapsed().saturating_add(clock::nanoseconds(limits.max_sleep));
        if deadline.is_none_or(|deadline| deadline > latest) {
            limit = Some(latest);
            deadline = Some(latest);
        }
    }
    loop {
        match scheduler {
            // Events that are there already do not wait for others, but those are looked for.
            _ if at_once => set.wait(Some(Instant::now()), interrupt)?,
            None => set.wait(deadline.and_then(|deadline| clocks.moment(deadline)), interrupt)?,
            Some(scheduler) => {
                let left = |deadline: Timestamp| deadline.saturating_sub(clocks.elapsed());
                let timeout = deadline.map(|deadline| Duration::from_nanos(left(deadline)));
                let on_host = &mut |at_most| on_host(&mut set, at_most, interrupt);
                let waited = scheduler.wait(&mut Waits { timeout, on_host });
                interrupt.check()?;
                waited?;
            }
        }
        let now = clocks.elapsed();
        let mut readiness = set.readiness();
        let mut count = 0;
        for subscription in wanted {
            if let Some(event) = event(table, subscription, now, &mut readiness) {
                let at = events.saturating_add(EVENT_SIZE.saturating_mul(count));
                write_event(memory, at, subscription, &event)?;
                count += 1;
            }
        }
        if count > 0 {
            return Ok(count);
        }
        if limit.is_some_and(|limit| now >= limit) {
            return Err(Errno::Intr.into());
        }
    }
}

/// What the system has to poll, the earliest time, and whether there is something that is ready anyway.
fn gather<'a>(
    table: &'a Table,
    wanted: &[Subscription],
) -> Result<(PollSet<'a>, Option<Timestamp>, bool), Errno> {
    let mut set = PollSet::default();
    let mut deadline: Option<Timestamp> = None;
    let mut at_once = false;
    for subscription in wanted {
        match subscription.wants {
            Wants::Time(time) => deadline = Some(deadline.map_or(time, |earlier| earlier.min(time))),
            Wants::Ready(fd, interest) => match os_handle(table.get(fd)?, interest) {
                Some(handle) => set.add(handle, interest),
                None => at_once = true,
            },
            Wants::Never(_) => at_once = true,
        }
    }
    Ok((set, deadline, at_once))
}

/// Waits for descriptors in a scheduler's name.
fn on_host<'a>(
    set: &mut PollSet<'a>,
    at_most: Option<Duration>,
    interrupt: &'a Interrupt,
) -> Result<bool, Errno> {
    let deadline = at_most.and_then(|at_most| Instant::now().checked_add(at_most));
    match set.wait(deadline, interrupt) {
        Ok(()) => Ok(set.readiness().any(|found| found.ready)),
        Err(Error::Errno(errno)) => Err(errno),
        Err(Error::Trap(_)) => Err(Errno::Intr),
    }
}

/// What one subscription has to tell. Those with a handle take their turn of `readiness`.
fn event(
    table: &Table,
    subscription: &Subscription,
    now: Timestamp,
    readiness: &mut impl Iterator<Item = Readiness>,
) -> Option<Event> {
    let (fd, interest) = match subscription.wants {
        Wants::Time(time) if time <= now => {
            return Some(Event { error: None, nbytes: 0, hangup: false });
        }
        Wants::Time(_) => return None,
        Wants::Never(errno) => return Some(Event { error: Some(errno), nbytes: 0, hangup: false }),
        Wants::Ready(fd, interest) => (fd, interest),
    };
    let entry = table.get(fd).ok()?;
    let polled = os_handle(entry, interest).is_some();
    let found = match polled {
        true => readiness.next()?,
        false => Readiness { ready: true, hangup: false },
    };
    let nbytes = match interest {
        Interest::Read if found.ready => available(entry),
        _ => 0,
    };
    // Nothing to read, and nothing to wait for either: that is the end, of a file or of a connection.
    let connection = matches!(entry.description, Description::File(OpenFile::Socket(Socket::Stream(_))));
    let end = interest == Interest::Read && nbytes == 0 && (connection || !polled);
    found.ready.then_some(Event { error: None, nbytes, hangup: found.hangup || end })
}

fn os_handle(entry: &Entry, interest: Interest) -> Option<OsHandle<'_>> {
    match &entry.description {
        Description::Dir(_) => None,
        Description::File(file) => file.os_handle(interest),
    }
}

fn available(entry: &Entry) -> u64 {
    match &entry.description {
        Description::Dir(_) => 0,
        Description::File(file) => file.available(),
    }
}

fn write_event(memory: &mut Memory<'_>, at: u32, subscription: &Subscription, event: &Event) -> Result {
    let eventtype: u64 = match subscription.eventtype {
        Eventtype::Clock => 0,
        Eventtype::FdRead => 1,
        Eventtype::FdWrite => 2,
    };
    let mut rw_flags = Eventrwflags::empty();
    rw_flags.set(Eventrwflags::FD_READWRITE_HANGUP, event.hangup);
    let error = event.error.map_or(0, Errno::code);
    let record = words([
        subscription.userdata,
        u64::from(error) | eventtype << 16,
        event.nbytes,
        u64::from(rw_flags.bits()),
    ]);
    Ok(memory.write::<32>(at, &record)?)
}
