//! Plots as SVG: a row for each case, a dot for each series, and a logarithmic axis, on which equal distances are equal
//! ratios.

use crate::table::thousands;
use benches::ratios::Interval;
use std::fmt::Write;

/// A plot.
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    /// What the axis counts.
    pub(crate) axis: &'static str,
    /// The series in the order of the legend.
    pub(crate) series: Vec<&'static str>,
    /// Cases, with the series that were measured there.
    pub(crate) rows: Vec<(String, Vec<(&'static str, Interval)>)>,
}

/// Colours that people who see few colours can tell apart, by Okabe and Ito.
const COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000"];

const WIDTH: f64 = 760.0;
/// Where the axis begins and ends.
const LEFT: f64 = 230.0;
const RIGHT: f64 = WIDTH - 30.0;
/// Where the first row is, and how far one is from the next.
const TOP: f64 = 74.0;
const ROW: f64 = 22.0;

impl Chart {
    /// The picture.
    pub(crate) fn svg(&self) -> String {
        let intervals = || self.rows.iter().flat_map(|(_, dots)| dots).map(|(_, interval)| interval);
        let low = intervals().map(|interval| interval.low).fold(f64::INFINITY, f64::min) / 1.05;
        let high = intervals().map(|interval| interval.high).fold(0.0, f64::max) * 1.05;
        let place = |value: f64| LEFT + (value / low).ln() / (high / low).ln() * (RIGHT - LEFT);
        let bottom = TOP + ROW * self.rows.len() as f64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
            bottom + 42.0,
            self.title
        );
        text(&mut svg, 12.0, 22.0, "start", &format!("<tspan font-size=\"15\">{}</tspan>", self.title));
        let mut at = 12.0;
        for series in &self.series {
            dot(&mut svg, at + 5.0, 44.0, self.colour(series));
            text(&mut svg, at + 14.0, 48.0, "start", series);
            at += 32.0 + 7.0 * series.len() as f64;
        }
        for (value, label) in ticks(low, high) {
            let x = place(value);
            line(&mut svg, (x, x), (TOP - 14.0, bottom - 6.0), "#ddd");
            text(&mut svg, x, bottom + 10.0, "middle", &label);
        }
        text(&mut svg, (LEFT + RIGHT) / 2.0, bottom + 30.0, "middle", self.axis);
        for (row, (label, dots)) in self.rows.iter().enumerate() {
            let y = TOP + ROW * row as f64;
            text(&mut svg, LEFT - 12.0, y + 4.0, "end", label);
            for (series, interval) in dots {
                let colour = self.colour(series);
                line(&mut svg, (place(interval.low), place(interval.high)), (y, y), colour);
                dot(&mut svg, place(interval.value), y, colour);
            }
        }
        svg + "</svg>\n"
    }

    fn colour(&self, series: &str) -> &'static str {
        let at = self.series.iter().position(|one| *one == series).unwrap_or_default();
        COLOURS[at % COLOURS.len()]
    }
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    put(svg, format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"));
}

fn line(svg: &mut String, x: (f64, f64), y: (f64, f64), colour: &str) {
    let (x1, x2, y1, y2) = (x.0, x.1, y.0, y.1);
    put(
        svg,
        format_args!(
            "<line x1=\"{x1:.1}\" x2=\"{x2:.1}\" y1=\"{y1:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" stroke-width=\"1.5\"/>"
        ),
    );
}

fn dot(svg: &mut String, x: f64, y: f64, colour: &str) {
    put(
        svg,
        format_args!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\" fill=\"{colour}\" fill-opacity=\"0.85\"/>"
        ),
    );
}

fn put(svg: &mut String, element: std::fmt::Arguments<'_>) {
    writeln!(svg, "{element}").expect("strings take everything");
}

/// Where the axis has lines, and what they say: powers of ten, or if there are few, multiples of a round number.
fn ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    if high / low > 30.0 {
        let powers = low.log10().ceil() as i32..=high.log10().floor() as i32;
        let label = |power: f64| if power < 100.0 { power.to_string() } else { thousands(power) };
        return powers.map(|power| 10f64.powi(power)).map(|power| (power, label(power))).collect();
    }
    let rough = (high - low) / 6.0;
    let power = rough.log10().floor();
    let step =
        [1.0, 2.0, 5.0, 10.0].map(|times| times * 10f64.powf(power)).into_iter().find(|step| *step >= rough);
    let step = step.unwrap_or(rough);
    let digits = (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
    let multiples = (low / step - 1e-9).ceil() as u64..=(high / step + 1e-9).floor() as u64;
    multiples.map(|times| times as f64 * step).map(|value| (value, format!("{value:.digits$}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn ticks_are_round_numbers_within_the_axis() {
        let labels = |low, high| ticks(low, high).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(0.4, 25_000.0), ["1", "10", "100", "1,000", "10,000"]);
        assert_eq!(labels(0.93, 1.64), ["1.0", "1.2", "1.4", "1.6"]);
        assert_eq!(labels(0.98, 1.03), ["0.98", "0.99", "1.00", "1.01", "1.02", "1.03"]);
    }
}
