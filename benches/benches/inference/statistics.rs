//! Statistics of a series of measurements: the median with its confidence interval, and the minimum.

/// The middle of a series, and where it is with a confidence of 95 %.
pub(crate) struct Median {
    value: f64,
    low: f64,
    high: f64,
}

impl Median {
    /// The interval is that of the sign test, which assumes nothing about the distribution. The series is not empty.
    pub(crate) fn of(series: impl Iterator<Item = f64>) -> Self {
        let mut series: Vec<f64> = series.collect();
        series.sort_by(f64::total_cmp);
        let count = series.len() as f64;
        let below = ((count - 1.96 * count.sqrt()) / 2.0).max(0.0) as usize;
        Median { value: series[series.len() / 2], low: series[below], high: series[series.len() - 1 - below] }
    }

    /// As text, with so many digits after the point.
    pub(crate) fn show(&self, digits: usize) -> String {
        let Median { value, low, high } = self;
        format!("{value:.digits$} ({low:.digits$} to {high:.digits$})")
    }
}

/// The least of a series.
pub(crate) fn fastest(series: &[f64]) -> f64 {
    series.iter().copied().fold(f64::INFINITY, f64::min)
}
