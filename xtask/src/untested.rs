//! Proposals whose tests are switched off: the people who are told, and the days that may last.
//!
//! The reason is in the matrix, `.untested("why")`, and the day in the manifest, `untested-since`. Nothing here decides
//! anything: it says at each run what was decided, and after some days asks for a decision that lasts.

use crate::metadata::{Metadata, manifest};
use std::collections::BTreeMap;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};
use toml::value::Date;
use wasi_policy::Descriptor;

/// After this many days CI fails: long enough for a holiday, and short enough that nobody forgets.
const LIMIT: i64 = 30;

/// What the maintainers of a proposal have to be told.
#[derive(Debug)]
pub(crate) struct Notice<'a> {
    proposal: &'static str,
    maintainers: &'a str,
    reason: &'static str,
    since: Date,
    /// How many days it is untested by now; negative if that begins later.
    days: i64,
}

/// The days from 1 January 1970 to this one.
pub(crate) fn today() -> i64 {
    days(SystemTime::now())
}

/// The days from 1 January 1970 to a date, which TOML has read, and which therefore is one.
fn number(date: Date) -> i64 {
    days(humantime::parse_rfc3339(&format!("{date}T00:00:00Z")).unwrap_or(UNIX_EPOCH))
}

fn days(time: SystemTime) -> i64 {
    let elapsed = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs() / 86_400).unwrap_or(i64::MAX)
}

/// Why the tests of the proposal of that name are skipped, if they are.
pub(crate) fn reason(proposals: &[Descriptor], name: &str) -> Option<String> {
    let reason = proposals.iter().find(|row| row.name() == name)?.untested_reason()?;
    Some(format!("the proposal `{name}` is untested: {reason}"))
}

/// A notice for each proposal that is untested and says since when.
pub(crate) fn notices<'a>(
    rows: &[Descriptor],
    metadata: &'a BTreeMap<String, Metadata>,
    today: i64,
) -> Vec<Notice<'a>> {
    let notice = |row: &Descriptor| {
        let (reason, metadata) = (row.untested_reason()?, metadata.get(row.name())?);
        let since = metadata.untested_since?;
        let (maintainers, days) = (metadata.maintainers.as_str(), today - number(since));
        Some(Notice { proposal: row.name(), maintainers, reason, since, days })
    };
    rows.iter().filter_map(notice).collect()
}

impl Notice<'_> {
    /// What is wrong, once the time is over or if it has not begun.
    pub(crate) fn finding(&self) -> Option<String> {
        let Self { proposal, maintainers, reason, since, days } = self;
        let place = manifest(proposal);
        if *days > LIMIT {
            return Some(format!(
                "the proposal `{proposal}` is untested for {days} days, of {LIMIT} at most ({reason}). Decide: fix it, \
                 and remove `.untested(..)` from wasi-policy/src/matrix.rs and `untested-since` from {place}; or \
                 remove the proposal; or give the reason anew, with the day of that decision. Ask: {maintainers}"
            ));
        }
        // In some places it is tomorrow already.
        (*days < -1).then(|| {
            format!(
                "the proposal `{proposal}` is untested since {since}, which is yet to come; write the day of the \
                 decision into {place}, since the {LIMIT} days count from it"
            )
        })
    }

    /// The notice as an annotation of the hosting service's, on the manifest.
    pub(crate) fn annotation(&self) -> String {
        // A command is one line, and its properties end at commas and colons; the title has neither.
        let text = self.to_string().replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        format!("::warning file={},title={} is untested::{text}", manifest(self.proposal), self.proposal)
    }
}

impl fmt::Display for Notice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proposal, maintainers, reason, since, days } = self;
        write!(
            f,
            "the proposal `{proposal}` is untested since {since}, day {days} of {LIMIT}: {reason}. It needs a flag \
             until its tests run again. Tell: {maintainers}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Metadata, notices, number, reason};
    use toml::value::Date;
    use wasi_policy::{Descriptor, Stage};

    const ROWS: &[Descriptor] = &[
        Descriptor::new("on", Stage::Two),
        Descriptor::new("off", Stage::Two).untested("100 % of it hangs"),
    ];

    fn day(year: u16, month: u8, day: u8) -> i64 {
        number(Date { year, month, day })
    }

    /// What the notice says on a day, its annotation, and the finding.
    fn told(today: i64) -> (String, String, Option<String>) {
        let metadata = Metadata {
            rfc: String::new(),
            maintainers: "write to them".to_owned(),
            evidence: [].into(),
            untested_since: Some(Date { year: 2026, month: 11, day: 23 }),
        };
        let metadata = [("on".to_owned(), metadata.clone()), ("off".to_owned(), metadata)].into();
        let notices = notices(ROWS, &metadata, today);
        assert_eq!(notices.len(), 1);
        (notices[0].to_string(), notices[0].annotation(), notices[0].finding())
    }

    #[test]
    fn the_maintainers_are_told_and_after_thirty_days_somebody_has_to_decide() {
        let (text, annotation, finding) = told(day(2026, 12, 1));
        let expected = "the proposal `off` is untested since 2026-11-23, day 8 of 30: 100 % of it hangs. It needs a flag \
                        until its tests run again. Tell: write to them";
        assert_eq!((text.as_str(), finding), (expected, None));
        let start =
            "::warning file=wasi-off/Cargo.toml,title=off is untested::the proposal `off` is untested since";
        assert!(
            annotation.starts_with(start) && annotation.contains(": 100 %25 of it hangs"),
            "{annotation}"
        );
        assert_eq!((told(day(2026, 11, 22)).2, told(day(2026, 12, 23)).2), (None, None));
        let finding = told(day(2026, 12, 24)).2.unwrap();
        for part in
            ["31 days, of 30", "100 % of it hangs", "matrix.rs", "wasi-off/Cargo.toml", "write to them"]
        {
            assert!(finding.contains(part), "{finding}");
        }
        let finding = told(day(2026, 11, 21)).2.unwrap();
        assert!(finding.contains("since 2026-11-23, which is yet to come"), "{finding}");
        assert_eq!(reason(ROWS, "on"), None);
        assert_eq!(reason(ROWS, "off").as_deref(), Some("the proposal `off` is untested: 100 % of it hangs"));
    }
}
