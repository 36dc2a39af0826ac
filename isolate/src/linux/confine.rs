//! The confinement of a worker: limits of the system, files by Landlock, and then system calls.

use super::calls;
use crate::start::Begin;
use crate::{Confinement, Needs};
use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs;

/// Takes from this process what it does not need. It is called on the first thread, of which all others then descend.
///
/// # Errors
///
/// Why a limit cannot be set, which no system lacks.
pub(super) fn confine(begin: &Begin, needs: &Needs) -> Result<Confinement, String> {
    let limits = [
        (Resource::Core, 0),
        (Resource::Data, begin.memory),
        (Resource::Fsize, begin.file_bytes),
        (Resource::Nofile, begin.max_descriptors.into()),
        (Resource::Cpu, begin.total_processor_time.as_secs().max(1)),
    ];
    for (resource, limit) in limits {
        set(resource, limit).map_err(|error| format!("no limit for {resource:?}: {error}"))?;
    }
    // A thread that the service has started is beyond what this one may do to itself.
    let is_alone = fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1);
    let has_rules = restrict_files(needs).is_ok_and(|status| status == RulesetStatus::FullyEnforced);
    let calls = calls::filter(!needs.files.is_empty());
    // Without Landlock, nothing can be opened where no call opens anything.
    let opens_nothing = calls && needs.files.is_empty();
    Ok(Confinement { files: opens_nothing || (has_rules && is_alone), calls })
}

/// Sets a limit for good, and no higher than it is.
fn set(resource: Resource, limit: u64) -> rustix::io::Result<()> {
    let limit = getrlimit(resource).maximum.map_or(limit, |maximum| maximum.min(limit));
    setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })
}

/// Leaves the files that the service needs, to be read; no others, no network, and no way to other processes.
fn restrict_files(needs: &Needs) -> Result<RulesetStatus, RulesetError> {
    // What a kernel has of the sixth version (Linux 6.12), which adds sockets and signals of others.
    let abi = ABI::V6;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V1))?
        .create()?
        .add_rules(path_beneath_rules(&needs.files, AccessFs::from_read(ABI::V1)))?
        .restrict_self()?
        .ruleset;
    // Apart, so that it is known of files.
    let more = Ruleset::default()
        .handle_access(AccessNet::from_all(abi))
        .and_then(|rules| rules.scope(Scope::from_all(abi)))
        .and_then(Ruleset::create)
        .and_then(landlock::RulesetCreated::restrict_self);
    drop(more);
    Ok(ruleset)
}
