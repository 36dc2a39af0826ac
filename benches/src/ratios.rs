//! Ratios of sides by case, with their confidence, in a file of Cargo's folder.

use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The middle of a series, and where it is with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The middle.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// The median of a series, which is not empty, with the interval of the sign test: that assumes nothing about the
/// distribution.
pub fn median(series: impl Iterator<Item = f64>) -> Interval {
    let mut series: Vec<f64> = series.collect();
    series.sort_by(f64::total_cmp);
    let count = series.len() as f64;
    let below = (((count - 1.96 * count.sqrt()) / 2.0) as usize).saturating_sub(1);
    Interval { value: series[series.len() / 2], low: series[below], high: series[series.len() - 1 - below] }
}

impl Interval {
    /// As text, with so many digits after the point.
    pub fn show(&self, digits: usize) -> String {
        let Interval { value, low, high } = self;
        format!("{value:.digits$} ({low:.digits$} to {high:.digits$})")
    }
}

/// The folder that holds everything that can be made again.
pub fn target() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.parent().unwrap_or(manifest);
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}

/// All that were measured last, by case and pair.
#[derive(Debug, Default)]
pub struct Ratios(Map<String, Value>);

impl Ratios {
    fn file() -> PathBuf {
        target().join("criterion").join("ratios.json")
    }

    /// What earlier runs wrote, or none.
    pub fn read() -> Self {
        let text = fs::read_to_string(Self::file()).unwrap_or_default();
        Ratios(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Sets the ratio of a pair in a case.
    pub fn insert(&mut self, case: &str, pair: &str, Interval { value, low, high }: Interval) {
        self.0.entry(case).or_insert_with(|| json!({}))[pair] = json!([value, low, high]);
    }

    /// The ratio of a pair in a case.
    pub fn get(&self, case: &str, pair: &str) -> Option<Interval> {
        let number = |at: usize| self.0.get(case)?.get(pair)?.get(at)?.as_f64();
        Some(Interval { value: number(0)?, low: number(1)?, high: number(2)? })
    }

    /// The names of all cases.
    pub fn cases(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Keeps them for the page.
    ///
    /// # Errors
    ///
    /// Where Cargo's folder cannot be written to.
    pub fn write(&self) -> io::Result<()> {
        let file = Self::file();
        fs::create_dir_all(file.parent().unwrap_or(&file))?;
        fs::write(file, Value::Object(self.0.clone()).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, Ratios, median};

    #[test]
    fn the_interval_of_a_hundred_is_from_the_fortieth_to_the_sixty_first() {
        // Of a hundred coins 40 to 60 show heads with a probability of 96.5 %, and 41 to 59 with one of 94.3 %.
        let found = median((1..=100).rev().map(f64::from));
        assert_eq!(found, Interval { value: 51.0, low: 40.0, high: 61.0 });
        assert_eq!(median([7.0].into_iter()).show(1), "7.0 (7.0 to 7.0)");
    }

    #[test]
    fn a_ratio_is_found_by_case_and_pair() {
        let mut ratios = Ratios::default();
        let ratio = Interval { value: 1.0, low: 0.5, high: 2.0 };
        ratios.insert("onnx/1/Magika", "ours/native", ratio);
        assert_eq!(ratios.get("onnx/1/Magika", "ours/native"), Some(ratio));
        assert_eq!(ratios.get("onnx/1/Magika", "peer/fast"), None);
        assert_eq!(ratios.cases().collect::<Vec<_>>(), ["onnx/1/Magika"]);
    }
}
