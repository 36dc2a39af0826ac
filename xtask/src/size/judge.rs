//! Figures against their budgets.

/// Something measured that has a budget.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figure {
    pub(super) what: String,
    pub(super) unit: Unit,
    pub(super) value: Value,
    /// What it was at the revision that is compared with, if that is known.
    pub(super) before: Option<f64>,
    pub(super) budget: f64,
    /// Where in the table of budgets it is, like `crate.wasi-nn.code`.
    pub(super) key: String,
    /// What makes it large, largest first.
    pub(super) offenders: Vec<String>,
}

/// A part of a whole.
#[derive(Clone, Debug)]
pub(super) struct Share {
    /// From 0 to 1.
    pub(super) of_all: f64,
    /// The part itself, for people.
    pub(super) amount: String,
    /// What makes it large, largest first.
    pub(super) largest: Vec<String>,
}

/// A value, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Measured(f64),
    Unknown(String),
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Bytes,
    Lines,
    Crates,
    Share,
}

impl Unit {
    /// A value for people.
    pub(super) fn word(self, value: f64) -> String {
        match self {
            Self::Bytes if value.abs() >= 1024.0 * 1024.0 => format!("{:.1} MiB", value / 1024.0 / 1024.0),
            Self::Bytes => format!("{:.1} KiB", value / 1024.0),
            Self::Lines | Self::Crates => format!("{value:.0}"),
            Self::Share => format!("{:.1} %", value * 100.0),
        }
    }
}

/// What is over budget, with the largest offenders and the way out.
pub(super) fn findings(figures: &[Figure], place: &str) -> Vec<String> {
    const NAMED: usize = 3;
    let finding = |figure: &Figure| match figure.value {
        Value::Measured(value) if value > figure.budget => {
            let named: Vec<_> = figure.offenders.iter().take(NAMED).map(String::as_str).collect();
            let named =
                if named.is_empty() { String::new() } else { format!("; largest: {}", named.join(", ")) };
            Some(format!(
                "{}: {} of {} at most{named}; make it smaller, or argue for a larger `{}` in {place}",
                figure.what,
                figure.unit.word(value),
                figure.unit.word(figure.budget),
                figure.key
            ))
        }
        _ => None,
    };
    figures.iter().filter_map(finding).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Figure, Unit, Value, findings};

    pub(in crate::size) fn figure(value: f64) -> Figure {
        Figure {
            what: "wasi-p, code".to_owned(),
            unit: Unit::Lines,
            value: Value::Measured(value),
            before: Some(90.0),
            budget: 100.0,
            key: "crate.wasi-p.code".to_owned(),
            offenders: ["a.rs", "b.rs", "c.rs", "d.rs"].map(str::to_owned).to_vec(),
        }
    }

    #[test]
    fn over_budget_names_the_largest_and_the_way_out() {
        assert!(findings(&[figure(100.0)], "budgets.toml").is_empty());
        let found = findings(&[figure(99.0), figure(101.0)], "budgets.toml");
        let text = "wasi-p, code: 101 of 100 at most; largest: a.rs, b.rs, c.rs; make it smaller, or argue for a \
                    larger `crate.wasi-p.code` in budgets.toml";
        assert_eq!(found, [text]);
    }

    #[test]
    fn what_is_unknown_is_not_judged() {
        let unknown = Figure { value: Value::Unknown("the build was warm".to_owned()), ..figure(0.0) };
        assert!(findings(&[unknown], "budgets.toml").is_empty());
    }

    #[test]
    fn units_are_written_as_people_read_them() {
        assert_eq!(Unit::Bytes.word(1536.0), "1.5 KiB");
        assert_eq!(Unit::Bytes.word(-3.0 * 1024.0 * 1024.0), "-3.0 MiB");
        assert_eq!(Unit::Share.word(0.256), "25.6 %");
    }
}
