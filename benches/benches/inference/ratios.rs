//! Ratios of inference in paired rounds: in each, every side has a turn of some milliseconds, so that whatever else
//! happens on the machine happens to all of them.
//!
//! Criterion measures one side after the other, and a minute later a busy machine is another.
#![forbid(unsafe_code)]

mod cases;
mod crew;
mod guest;
mod isolated;
mod onnxruntime;
mod openvino;
mod ours;
#[cfg(feature = "peer")]
mod peer;
mod sides;
mod tract;

use benches::ratios::{Interval, Ratios, median};
use cases::{CASES, Case};
use crew::Crew;
use sides::{BACKENDS, COPIES, Side};
use std::env;
use std::time::{Duration, Instant};

/// What is compared with what. A second measurement of `native` shows what the other ratios are worth: its own should
/// be 1.
const PAIRS: [(&str, &str); 4] =
    [("ours", "native"), ("again", "native"), ("peer", "fast"), ("worker", "ours")];

/// How much is measured.
struct Plan {
    /// How often everything is loaded anew. Where a model comes to lie in memory makes a difference that lasts as long
    /// as it lies there.
    loads: usize,
    /// How many rounds there are with what was loaded, and how many at least.
    rounds: usize,
    few: usize,
    /// How long the rounds should take all together, unless there are few.
    limit: Duration,
    /// How long a turn takes, unless one inference takes longer: no longer than a slice of the scheduler's, so that
    /// some turns see nobody else.
    turn: Duration,
}

const WHOLE: Plan =
    Plan { loads: 5, rounds: 150, few: 10, limit: Duration::from_secs(3), turn: Duration::from_millis(3) };

/// Each side once, as criterion does it where it is not asked to measure.
const TEST: Plan = Plan { loads: 1, rounds: 1, few: 1, limit: Duration::ZERO, turn: Duration::ZERO };

fn main() {
    isolated::serve();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let is_test = has("--test") || !has("--bench");
    let plan = if is_test { TEST } else { WHOLE };
    let filter = arguments.iter().find(|argument| !argument.starts_with('-')).map_or("", String::as_str);
    let mut ratios = Ratios::read();
    for (backend, sides) in BACKENDS {
        let again =
            sides.iter().filter(|side| side.name == "native").map(|side| Side { name: "again", ..*side });
        let sides: Vec<Side> = sides.iter().copied().chain(again).collect();
        for guests in sides::guests() {
            for case in &CASES {
                let name = format!("{backend}/{guests}/{}", case.name);
                if !name.contains(filter) {
                    continue;
                }
                println!("{name}");
                let times = plan.measure(case, &sides, guests);
                if is_test {
                    // All sides have computed the same; one turn of each says nothing about their speed.
                    continue;
                }
                for (pair, ratio) in compare(&sides, &times) {
                    println!("    {pair:16} {}", ratio.show(3));
                    ratios.insert(&name, &pair, ratio);
                }
            }
        }
    }
    if !is_test {
        ratios.write().expect("Cargo's folder is ours");
    }
}

/// Nanoseconds of an inference for each round, side by side.
type Times = Vec<Vec<f64>>;

/// The ratios of all pairs that were measured, and what ours takes longer than native, in microseconds.
fn compare(sides: &[Side], times: &Times) -> Vec<(String, Interval)> {
    let side = |name| Some(&times[sides.iter().position(|side| side.name == name)?]);
    let paired = |one, other, both: fn(f64, f64) -> f64| {
        Some(median(side(one)?.iter().zip(side(other)?).map(|(one, other)| both(*one, *other))))
    };
    let ratio =
        |(one, other)| Some((format!("{one}/{other}"), paired(one, other, |one, other| one / other)?));
    let more = |one, other| {
        let more = paired(one, other, |one, other| (one - other) / 1e3)?;
        Some((format!("{one} − {other} µs"), more))
    };
    let copies =
        side(COPIES).map(|copies| ("copies µs".to_owned(), median(copies.iter().map(|nanos| nanos / 1e3))));
    let differences = [more("ours", "native"), more("worker", "ours"), copies];
    PAIRS.into_iter().filter_map(ratio).chain(differences.into_iter().flatten()).collect()
}

impl Plan {
    /// Measures all sides of a case, each with as many workers.
    fn measure(&self, case: &Case, sides: &[Side], workers: usize) -> Times {
        let mut times: Times = vec![Vec::new(); sides.len()];
        for load in 0..self.loads {
            let mut crews: Vec<_> =
                turns(sides.len(), load).map(|at| (at, sides[at].crew(case, workers))).collect();
            crews.sort_by_key(|(at, _)| *at);
            let once = |(_, crew): &(usize, Crew)| crew.run(3) / 3;
            // Copies alone are no inference.
            let infers = |(at, _): &&(usize, Crew)| sides[*at].name != COPIES;
            let fastest = crews.iter().filter(infers).map(once).min().expect("a backend has sides");
            let n = self.turn.div_duration_f64(fastest).max(1.0) as u32;
            let start = Instant::now();
            for round in 0..self.rounds {
                if round >= self.few && start.elapsed() > self.limit {
                    break;
                }
                for at in turns(sides.len(), round) {
                    let took = crews[at].1.run(n.into()).as_secs_f64();
                    times[at].push(took * 1e9 / f64::from(n) / workers as f64);
                }
            }
        }
        times
    }
}

/// An order of the sides: each comes first in turn, and forwards and backwards, so that none always follows the same.
fn turns(sides: usize, round: usize) -> impl Iterator<Item = usize> {
    let is_backward = round / sides % 2 == 1;
    (0..sides).map(move |place| {
        let place = if is_backward { sides - 1 - place } else { place };
        (place + round) % sides
    })
}
