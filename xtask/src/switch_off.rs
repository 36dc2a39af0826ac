//! Proposals that are switched off in CI: who is told, and until when that lasts.
//!
//! The switch is a line of the matrix, `.off_in_ci("YYYY-MM-DD", "reason")`. Nothing here decides anything; it says
//! what was decided, every time, and after some days asks for a decision that lasts.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};
use wasi_policy::{Descriptor, SwitchedOff};

/// After this many days CI fails: long enough for a holiday, and short enough that nobody forgets.
pub(crate) const LIMIT: i64 = 30;

/// Where the switch is.
const PLACE: &str = "wasi-policy/src/matrix.rs";

/// What the maintainers of a proposal have to be told.
#[derive(Debug, PartialEq)]
pub(crate) struct Notice {
    pub(crate) proposal: &'static str,
    contact: &'static str,
    off: SwitchedOff,
    /// How many days it is off by now; negative if that begins later.
    days: i64,
}

/// The number of this day, as [`wasi_policy::Date::number`] counts.
pub(crate) fn today() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs() / 86_400).unwrap_or(i64::MAX)
}

/// Why CI passes over the proposal of that name, if it does.
pub(crate) fn reason(proposals: &[Descriptor], name: &str) -> Option<String> {
    let off = proposals.iter().find(|row| row.name() == name)?.switched_off()?;
    Some(format!("the proposal `{name}` is off in CI since {}: {}", off.since, off.reason))
}

/// A notice for each proposal that is off.
pub(crate) fn notices(proposals: &[Descriptor], today: i64) -> Vec<Notice> {
    let notice = |row: &Descriptor| {
        let off = row.switched_off()?;
        Some(Notice { proposal: row.name(), contact: row.contact(), off, days: today - off.since.number() })
    };
    proposals.iter().filter_map(notice).collect()
}

impl Notice {
    /// What is wrong, once the time is over or if it has not begun.
    pub(crate) fn finding(&self) -> Option<String> {
        let (proposal, since, days) = (self.proposal, self.off.since, self.days);
        if days > LIMIT {
            return Some(format!(
                "the proposal `{proposal}` is off in CI for {days} days, of {LIMIT} at most ({reason}). Decide, in \
                 {PLACE}: mend it and take `.off_in_ci(..)` away; or take the proposal out; or, if it has to rest \
                 on, say why anew with the day of that decision. To be asked: {contact}",
                reason = self.off.reason,
                contact = self.contact
            ));
        }
        // In some places it is tomorrow already.
        (days < -1).then(|| {
            format!(
                "the proposal `{proposal}` is off in CI since {since}, which is yet to come; write the day of the \
                 decision into {PLACE}, since the {LIMIT} days count from it"
            )
        })
    }

    /// The notice as an annotation of the hosting service's, on the file with the switch.
    pub(crate) fn annotation(&self) -> String {
        // A command is one line, and its properties end at commas and colons; the title has neither.
        let text = self.to_string().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        format!("::warning file={PLACE},title={} is off in CI::{text}", self.proposal)
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proposal, contact, off: SwitchedOff { since, reason, .. }, days } = self;
        write!(
            f,
            "the proposal `{proposal}` is off in CI since {since}, day {days} of {LIMIT}: {reason}. It needs a flag \
             until its tests run again. To be told: {contact}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, Notice, notices, reason};
    use wasi_policy::{Date, Descriptor, Stage};

    const ROWS: &[Descriptor] = &[
        Descriptor::new("on", Stage::Two),
        Descriptor::new("off", Stage::Two)
            .maintainers("write to them")
            .off_in_ci("2026-11-23", "100 % of it hangs"),
    ];

    fn day(text: &str) -> i64 {
        Date::parse(text).unwrap().number()
    }

    fn notice(today: i64) -> Notice {
        let mut notices = notices(ROWS, today);
        assert_eq!(notices.len(), 1);
        notices.remove(0)
    }

    #[test]
    fn the_maintainers_are_told() {
        let notice = notice(day("2026-12-01"));
        assert_eq!(
            notice.to_string(),
            "the proposal `off` is off in CI since 2026-11-23, day 8 of 30: 100 % of it hangs. It needs a flag until \
             its tests run again. To be told: write to them"
        );
        assert!(notice.annotation().starts_with(
            "::warning file=wasi-policy/src/matrix.rs,title=off is off in CI::the proposal `off` is off in CI"
        ));
        assert!(notice.annotation().contains("day 8 of 30: 100 %25 of it hangs"), "{}", notice.annotation());
    }

    #[test]
    fn on_the_last_day_it_may_still_rest() {
        assert_eq!(notice(day("2026-11-23") + LIMIT).finding(), None);
        assert_eq!(notice(day("2026-12-23")).finding(), None);
        assert_eq!(notice(day("2026-11-22")).finding(), None);
    }

    #[test]
    fn after_the_limit_somebody_has_to_decide() {
        let finding = notice(day("2026-12-24")).finding().unwrap();
        for part in [
            "31 days, of 30",
            "100 % of it hangs",
            "matrix.rs",
            "take `.off_in_ci(..)` away",
            "write to them",
        ] {
            assert!(finding.contains(part), "{finding}");
        }
    }

    #[test]
    fn nothing_is_off_from_a_later_day() {
        let finding = notice(day("2026-11-21")).finding().unwrap();
        assert!(finding.contains("since 2026-11-23, which is yet to come"), "{finding}");
    }

    #[test]
    fn a_reason_is_given_for_what_is_off() {
        assert_eq!(reason(ROWS, "on"), None);
        let expected = "the proposal `off` is off in CI since 2026-11-23: 100 % of it hangs";
        assert_eq!(reason(ROWS, "off").as_deref(), Some(expected));
    }
}
