//! The descriptors that a host passes to its worker over the channel, before that is confined (unix(7), `SCM_RIGHTS`).

use crate::frame::Broken;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// How many there are.
const COUNT: usize = 2;

/// Passes them, with a byte that carries them.
pub(super) fn send(channel: &UnixStream, descriptors: &[BorrowedFd<'_>; COUNT]) -> Result<(), Broken> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(COUNT))];
    let mut rights = SendAncillaryBuffer::new(&mut room);
    if !rights.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Broken::Wrong("its descriptors have no room in a message"));
    }
    match rustix::io::retry_on_intr(|| {
        sendmsg(channel, &[IoSlice::new(&[0])], &mut rights, SendFlags::NOSIGNAL)
    }) {
        Err(Errno::PIPE) => Err(Broken::End),
        sent => sent.map(drop).map_err(|error| Broken::System(error.into())),
    }
}

/// Takes them.
pub(super) fn receive(channel: &UnixStream) -> Result<[OwnedFd; COUNT], Broken> {
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(COUNT))];
    let mut rights = RecvAncillaryBuffer::new(&mut room);
    let mut byte = [0];
    let received = rustix::io::retry_on_intr(|| {
        recvmsg(channel, &mut [IoSliceMut::new(&mut byte)], &mut rights, RecvFlags::CMSG_CLOEXEC)
    });
    if received.map_err(|error| Broken::System(error.into()))?.bytes == 0 {
        return Err(Broken::End);
    }
    let descriptors = rights.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    let descriptors: Vec<_> = descriptors.collect();
    descriptors.try_into().map_err(|_| Broken::Wrong("the host passed another number of descriptors"))
}
