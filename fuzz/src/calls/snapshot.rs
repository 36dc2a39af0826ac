//! Calls of `wasi_snapshot_preview1`, and the checks of what must hold after each.

use super::functions::Functions;
use super::{Call, each, memory};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;
use wasi_facade::policy::{Flags, Gate, Proposal, Trap, ValType};
use wasi_facade::snapshot::{Limits, Perms, Sink, Source};
use wasi_facade::{Snapshot, WasiCtx};

const MODULE: &str = "wasi_snapshot_preview1";

/// How long a call may wait.
pub(super) const SLEEP: Duration = Duration::from_millis(2);

/// Bytes that the guest may write, and entries that it may make.
const WRITTEN: u64 = 64 << 10;
const ENTRIES: u64 = 12;

/// What a file system takes for an entry, and what a quota rounds down before it charges for blocks.
const BLOCK: u64 = 4096;
const ROUNDED: u64 = 64 << 10;

/// The errnos of the witx.
const ERRNOS: u64 = 76;

static FUNCTIONS: LazyLock<Functions<WasiCtx>> = LazyLock::new(|| {
    let mut functions = Functions::default();
    let permit = Gate::new(Flags::none()).permit::<Snapshot>().expect("it needs no flag");
    Snapshot::register(permit, &mut functions, |ctx: &mut WasiCtx| ctx).expect("nothing is refused");
    functions
});

/// The functions, with the types of their parameters.
pub(super) fn functions() -> impl Iterator<Item = (&'static str, &'static [ValType])> {
    FUNCTIONS.of(MODULE).map(|function| (function.name, function.params))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_fds = 16;
    limits.max_path_len = 64;
    limits.max_iovecs = 8;
    limits.max_transfer = 8 << 10;
    limits.max_subscriptions = 8;
    limits.max_random = 8 << 10;
    limits.max_listing_bytes = 8 << 10;
    limits.max_sleep = SLEEP;
    limits.max_written_bytes = WRITTEN;
    limits.max_created_entries = ENTRIES;
    limits
}

/// Calls the functions in a directory of their own, and looks at what is left there.
pub(super) fn run(calls: &[Call]) -> Result<(), String> {
    let root = tempfile::tempdir().map_err(|error| error.to_string())?;
    let inside = root.path().join("inside");
    furnish(root.path(), &inside).map_err(|error| error.to_string())?;
    let before = Use::of(&inside);
    let ctx = WasiCtx::builder()
        .args(["guest"])
        .stdin(Source::bytes(&b"input"[..]))
        .stdout(Sink::capture(100).0)
        .preopen_dir(&inside, "/", Perms::read_write())
        .limits(limits())
        .build();
    let mut ctx = ctx.map_err(|error| error.to_string())?;
    let mut memory = memory::fresh();
    for Call { function, arguments, .. } in each(calls) {
        let Some(function) = FUNCTIONS.find(MODULE, function) else { continue };
        match function.call(&mut ctx, &mut memory, arguments) {
            Ok(None | Some(0..=ERRNOS)) | Err(Trap::Memory(_)) => {}
            Ok(Some(errno)) => return Err(format!("{} gave the errno {errno}", function.name)),
            Err(Trap::Exit(_)) => break,
            Err(trap) => return Err(format!("{} ended with {trap}", function.name)),
        }
    }
    let after = Use::of(&inside);
    drop(ctx);
    before.check(&after)?;
    match fs::read_to_string(root.path().join("outside")).as_deref() {
        Ok("secret") => Ok(()),
        other => Err(format!("the file outside has {other:?}")),
    }
}

fn furnish(root: &Path, inside: &Path) -> std::io::Result<()> {
    fs::create_dir_all(inside.join("d"))?;
    fs::write(inside.join("f"), "0123456789")?;
    fs::write(inside.join("d").join("g"), "9876543210")?;
    fs::write(root.join("outside"), "secret")?;
    links(inside)
}

#[cfg(unix)]
fn links(inside: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink("f", inside.join("link"))?;
    std::os::unix::fs::symlink("../outside", inside.join("out"))
}

/// Elsewhere not everybody may make symlinks.
#[cfg(not(unix))]
fn links(_: &Path) -> std::io::Result<()> {
    Ok(())
}

/// What a directory takes.
#[derive(Debug, Default)]
struct Use {
    entries: u64,
    /// What files take on the disk. Their lengths are no measure: holes take nothing.
    taken: u64,
}

impl Use {
    fn of(folder: &Path) -> Self {
        let mut all = Use::default();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            all.entries += 1;
            if metadata.is_dir() {
                let inner = Use::of(&entry.path());
                all.entries += inner.entries;
                all.taken += inner.taken;
            } else {
                all.taken += taken(&metadata);
            }
        }
        all
    }

    /// The budgets hold.
    fn check(&self, after: &Use) -> Result<(), String> {
        let entries = after.entries.saturating_sub(self.entries);
        if entries > ENTRIES {
            return Err(format!("{entries} entries, of {ENTRIES} at most"));
        }
        let (taken, most) =
            (after.taken.saturating_sub(self.taken), WRITTEN + ROUNDED + BLOCK * (ENTRIES + 4));
        if taken > most {
            return Err(format!("files take {taken} bytes more of the disk, of {most} at most"));
        }
        Ok(())
    }
}

#[cfg(unix)]
fn taken(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(metadata) * 512
}

/// Elsewhere the length is all that is told.
#[cfg(not(unix))]
fn taken(metadata: &fs::Metadata) -> u64 {
    metadata.len()
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, Use, WRITTEN};

    #[test]
    fn what_is_beyond_a_budget_is_seen() {
        let before = Use { entries: 4, taken: 8192 };
        let after = |entries, taken| Use { entries, taken };
        assert_eq!(before.check(&after(4 + ENTRIES, 8192 + WRITTEN)), Ok(()));
        assert!(before.check(&after(5 + ENTRIES, 8192)).is_err());
        assert!(before.check(&after(4, 1 << 20)).is_err());
    }
}
