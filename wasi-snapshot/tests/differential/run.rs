//! The run of a sequence on both sides, call by call, until they differ.

use super::call::{Call, Fdflags, Name, Oflags};
use super::generate::{ROOT, opened};
use super::meant::{counts_further, left_out, meant, refused};
use super::native::Native;
use super::outcome::{Outcome, Value};
use super::sandboxed;
use super::several::applying;
use super::site::{Site, World, open_up};
use crate::common::guest::Guest;
use crate::common::ops::{NOFOLLOW, READ, REGULAR_FILE, SYMBOLIC_LINK, TYPE_DIRECTORY};
use crate::common::place::{Ground, Place};
use std::collections::BTreeMap;
use std::fmt::Write;
use wasi_snapshot::{Limits, WasiCtx};

/// Both sides, and what has happened so far.
pub(crate) struct Run<'g> {
    guest: &'g mut Guest,
    native: Native,
    world: World,
    log: String,
    /// Calls are told even if both sides agree.
    tells: bool,
    calls: u64,
    /// The numbers of files as the system and as the guest has them.
    ids: BTreeMap<(u64, u64), (u64, u64)>,
}

/// Runs a sequence on new trees, and compares those at the end. Gives the number of calls, or what was different.
pub(crate) fn run(guest: &mut Guest, world: World, calls: &[Call]) -> Result<u64, String> {
    let site = Site::new(world);
    let mut limits = Limits::default();
    // The system has no quota. Nobody writes that much here.
    limits.max_written_bytes = u64::MAX;
    let inside = Site::inside(&site.guest);
    guest.restart(inside.preopen(WasiCtx::builder().limits(limits), "/", world.perms));
    let native = Native::new(Site::inside(&site.native).path(), world.beneath);
    let mut run =
        Run { guest, native, world, log: String::new(), tells: false, calls: 0, ids: BTreeMap::new() };
    let outcome = opened().iter().try_for_each(|call| run.step(call));
    run.tells = true;
    let outcome = outcome.and_then(|()| calls.iter().try_for_each(|call| run.step(call)));
    let modes = [&site.guest, &site.native].map(|place| match place {
        Place::Host(_, path, _) => open_up(path),
        Place::Memory(_) => BTreeMap::new(),
    });
    outcome.and_then(|()| run.look(&site, &modes)).map(|()| run.calls).map_err(|()| run.log)
}

impl Run<'_> {
    /// Makes a call on both sides.
    fn step(&mut self, call: &Call) -> Result<(), ()> {
        if left_out(call, &self.native, self.world) {
            return Ok(());
        }
        self.calls += 1;
        let refused = refused(call, &self.native, self.world.ground);
        let ours = sandboxed::perform(self.guest, call);
        if let Some((why, errnos)) = refused {
            let fits = ours.as_ref().is_err_and(|errno| errnos.contains(errno));
            return self.note(fits, call, &ours, &format!("not asked, for {errnos:?} is due: {why}"));
        }
        if counts_further(call, self.world, &ours) {
            return self.note(true, call, &ours, "not asked");
        }
        let several = applying(call, &self.native);
        let theirs = self.native.perform(call);
        let why = meant(call, &self.native, self.world.ground, &ours, &theirs);
        let is_one_of_several = ours.as_ref().is_err_and(|errno| theirs.is_err() && several.contains(errno));
        let fits = self.same(&ours, &theirs) || why.is_some() || is_one_of_several;
        if let (Err(_), Ok(Value::Fd(fd))) = (&ours, &theirs) {
            self.native.forget(*fd);
        }
        let why = why.map_or(String::new(), |why| format!(", and that is meant: {why}"));
        self.note(fits, call, &ours, &format!("{theirs:?}{why}"))
    }

    fn note(&mut self, fits: bool, call: &Call, ours: &Outcome, theirs: &str) -> Result<(), ()> {
        if !fits || self.tells {
            writeln!(self.log, "{call:?}\n    guest:  {ours:?}\n    system: {theirs}").unwrap();
        }
        if fits { Ok(()) } else { Err(()) }
    }

    fn same(&mut self, ours: &Outcome, theirs: &Outcome) -> bool {
        match (ours, theirs) {
            (Ok(Value::Stat(ours)), Ok(Value::Stat(theirs))) if self.world.ground == Ground::Memory => {
                ours.clone().in_memory() == theirs.clone().in_memory()
            }
            _ => ours == theirs,
        }
    }

    /// Looks at everything that is there, or is still open.
    fn look(&mut self, site: &Site, modes: &[BTreeMap<Vec<u8>, u32>; 2]) -> Result<(), ()> {
        self.tells = false;
        if self.world.ground == Ground::Host {
            self.agree("types and modes", &modes[0], &modes[1])?;
        }
        let there = open_up(Site::inside(&site.native).path());
        for path in there.keys().filter(|path| std::str::from_utf8(path).is_ok()) {
            self.look_at(path)?;
        }
        for fd in self.native.fds() {
            let stat = Call::Stat { fd };
            self.step(&stat)?;
            self.identify(&stat)?;
            self.step(&Call::Pread { fd, buffers: vec![8192], offset: 0 })?;
        }
        let outside = |place: &Place| place.at("outside").list();
        self.agree("what is outside", &outside(&site.guest), &outside(&site.native))?;
        assert_eq!(site.guest.read("outside/secret"), b"secret");
        Ok(())
    }

    /// Looks at what has a name.
    fn look_at(&mut self, path: &[u8]) -> Result<(), ()> {
        let path = Name(if path.is_empty() { b".".to_vec() } else { path.to_vec() });
        let stat = Call::PathStat { dir: ROOT, lookup: NOFOLLOW, path: path.clone() };
        self.step(&stat)?;
        self.identify(&stat)?;
        let Ok(Value::Stat(found)) = self.native.perform(&stat) else { return Ok(()) };
        if found.filetype == SYMBOLIC_LINK {
            return self.step(&Call::Readlink { dir: ROOT, path, buf_len: 4096 });
        }
        let open = Call::Open {
            dir: ROOT,
            lookup: NOFOLLOW,
            path,
            oflags: Oflags(0),
            rights: READ,
            fdflags: Fdflags(0),
        };
        let fd = (ROOT..).find(|fd| self.native.get(*fd).is_none()).unwrap();
        self.step(&open)?;
        match found.filetype {
            TYPE_DIRECTORY => self.step(&Call::List { fd, buf_len: 4096 })?,
            REGULAR_FILE => self.step(&Call::Read { fd, buffers: vec![8192] })?,
            _ => {}
        }
        self.step(&Call::Close { fd })
    }

    /// Makes sure that both sides take the same files for one.
    fn identify(&mut self, stat: &Call) -> Result<(), ()> {
        let (ours, theirs) = (sandboxed::perform(self.guest, stat), self.native.perform(stat));
        let (Ok(Value::Stat(ours)), Ok(Value::Stat(theirs))) = (ours, theirs) else { return Ok(()) };
        let known = self.ids.iter().find(|(system, guest)| **system == theirs.id || **guest == ours.id);
        let fits = known.is_none_or(|known| known == (&theirs.id, &ours.id));
        self.ids.insert(theirs.id, ours.id);
        self.agree("the identity of a file", &fits, &true)
    }

    fn agree<T: std::fmt::Debug + PartialEq>(&mut self, what: &str, ours: &T, theirs: &T) -> Result<(), ()> {
        if ours == theirs {
            return Ok(());
        }
        writeln!(self.log, "{what}\n    guest:  {ours:?}\n    system: {theirs:?}").unwrap();
        Err(())
    }
}
