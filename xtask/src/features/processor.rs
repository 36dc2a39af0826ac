//! Processor time, which another program on the machine does not lengthen as it does time by the clock.

use anyhow::{Context, Result};
use std::fs;

/// What Linux promises to programs, whatever the kernel's own clock is; see `proc_pid_stat(5)` and `USER_HZ`.
const TICKS_A_SECOND: u64 = 100;

/// Processor seconds of all children that have ended so far, and of theirs.
pub(super) fn seconds_of_children() -> Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat").context("processor time is measured on Linux only")?;
    Ok(ticks(&stat).context("/proc/self/stat is not as proc_pid_stat(5) has it")? / TICKS_A_SECOND)
}

/// The fields `cutime` and `cstime`, which are the 16th and the 17th.
fn ticks(stat: &str) -> Option<u64> {
    // The second field is a name in parentheses, which may have anything in it.
    let mut fields = stat[stat.rfind(')')? + 1..].split_whitespace().skip(13);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn names_with_parentheses_do_not_shift_fields() {
        let stat = "7 (a) b) R 4 5 6 7 8 9 10 11 12 13 14 15 1600 17 18 19";
        assert_eq!(ticks(stat), Some(1600 + 17));
        assert_eq!(ticks("7 (a) R 4"), None);
        assert_eq!(ticks(""), None);
    }
}
