//! A proposal whose tests do not run for a while: since which day, and why.

use std::fmt;

/// Why and since when CI passes over a proposal; see [`Descriptor::off_in_ci`](crate::Descriptor::off_in_ci).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SwitchedOff {
    /// The day on which somebody switched it off.
    pub since: Date,
    /// What is the matter, in words that can follow a colon.
    pub reason: &'static str,
}

impl SwitchedOff {
    /// What [`Descriptor::off_in_ci`](crate::Descriptor::off_in_ci) was told; `None` for a day that is in no calendar.
    pub(crate) const fn new(since: &str, reason: &'static str) -> Option<Self> {
        match Date::parse(since) {
            Some(since) => Some(SwitchedOff { since, reason }),
            None => None,
        }
    }
}

/// A day of the Gregorian calendar.
///
/// It knows as much as a row of the matrix needs: whether a day exists, which is asked at compile time, and how many
/// days lie between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    // Wider than they have to be, so that nothing is converted where conversions are not `const`.
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// Reads `YYYY-MM-DD`; `None` for anything else, and for a day that does not exist.
    ///
    /// ```
    /// # use wasi_policy::Date;
    /// const LEAP_DAY: Option<Date> = Date::parse("2024-02-29");
    /// assert_eq!(LEAP_DAY.unwrap().to_string(), "2024-02-29");
    /// assert_eq!(Date::parse("2023-02-29"), None);
    /// ```
    #[must_use]
    pub const fn parse(text: &str) -> Option<Self> {
        let [year @ .., b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
        let (4, Some(year)) = (year.len(), number(year)) else { return None };
        let (Some(month), Some(day)) = (number(&[*m1, *m2]), number(&[*d1, *d2])) else { return None };
        let date = Date { year, month, day };
        if date.exists() { Some(date) } else { None }
    }

    /// The days since 1 January 1970, which is day 0: the seconds of Unix time, divided by 86 400.
    ///
    /// The year is counted from March, so that the leap day is its last; then months have 153 days in five, and
    /// years 146 097 days in four hundred.
    #[must_use]
    pub const fn number(self) -> i64 {
        let (year, month) =
            if self.month > 2 { (self.year, self.month - 3) } else { (self.year - 1, self.month + 9) };
        let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * month + 2) / 5 + self.day - 1;
        let day_of_era = year * 365 + year / 4 - year / 100 + day_of_year;
        // Day 0 of era 0 is 1 March of the year 0.
        era * 146_097 + day_of_era - 719_468
    }

    const fn exists(self) -> bool {
        let first = Date { day: 1, ..self };
        let next = match self.month {
            1..=11 => Date { month: self.month + 1, ..first },
            12 => Date { year: self.year + 1, month: 1, day: 1 },
            _ => return false,
        };
        1 <= self.day && self.day <= next.number() - first.number()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// The number that ASCII digits make.
const fn number(mut digits: &[u8]) -> Option<i64> {
    let mut value = 0;
    while let [digit @ b'0'..=b'9', rest @ ..] = digits {
        value = value * 10 + i64::from_be_bytes([0, 0, 0, 0, 0, 0, 0, *digit - b'0']);
        digits = rest;
    }
    if digits.is_empty() { Some(value) } else { None }
}

#[cfg(test)]
mod tests {
    use super::Date;

    fn number(text: &str) -> i64 {
        Date::parse(text).unwrap().number()
    }

    /// Counts every day of eight hundred years by the rule for leap years, from the day that Unix time begins.
    #[test]
    fn days_follow_each_other() {
        let mut expected = 0;
        for year in 1970..2770 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            for (month, length) in (1..).zip(lengths) {
                for day in 1..=length {
                    assert_eq!(number(&format!("{year}-{month:02}-{day:02}")), expected);
                    expected += 1;
                }
                let beyond = format!("{year}-{month:02}-{:02}", length + 1);
                assert_eq!(Date::parse(&beyond), None, "{beyond}");
            }
        }
    }

    /// As Python's `datetime` has them.
    #[test]
    fn days_have_the_numbers_that_others_give_them() {
        for (text, expected) in [
            ("0001-01-01", -719_162),
            ("1969-12-31", -1),
            ("2000-03-01", 11_017),
            ("2026-11-23", 20_780),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(number(text), expected, "{text}");
            assert_eq!(Date::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_no_days() {
        for text in [
            "",
            "-",
            "--",
            "2026-11",
            "2026-11-23 ",
            " 2026-11-23",
            "26-11-23",
            "02026-11-23",
            "2026-1-23",
            "2026-+1-23",
            "-026-11-23",
            "2026/11/23",
            "2026-13-01",
            "2026-00-01",
            "2026-11-00",
            "2026-11-31",
            "20é6-11-23",
        ] {
            assert_eq!(Date::parse(text), None, "{text}");
        }
    }
}
