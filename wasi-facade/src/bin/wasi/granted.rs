//! The check that no file which the host trusts is in a directory that a guest may write.

use crate::directory::Directory;
use crate::failure::Failure;
use std::path::Path;
use wasi_facade::could_reach;

/// The directories that the guest may write.
pub(crate) fn writable(dirs: &[Directory]) -> Vec<&Path> {
    dirs.iter().filter(|dir| dir.perms.allows_write()).map(|dir| dir.host.as_path()).collect()
}

/// Refuses to go on if a guest could change `kept`, which is `what`, through one of the `granted` directories.
pub(crate) fn protect(granted: &[&Path], kept: &Path, what: &str, way_out: &str) -> Result<(), Failure> {
    for dir in granted {
        match could_reach(dir, kept) {
            Ok(false) => {}
            Ok(true) => {
                let (dir, kept) = (dir.display(), kept.display());
                return Err(Failure::usage(format_args!(
                    "the guest could change {what} `{kept}`, since it may write `{dir}`; grant that with `::ro`, or \
                     {way_out}"
                )));
            }
            // A directory that is not there is named when it is opened for the guest.
            Err(_) if !dir.exists() => {}
            Err(error) => {
                let kept = kept.display();
                return Err(Failure::new(format_args!(
                    "cannot tell whether the guest could change {what} `{kept}`: {error}"
                )));
            }
        }
    }
    Ok(())
}
