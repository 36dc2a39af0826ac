//! The measurement of sides against each other: in short turns, again and again, so that whatever else happens on the
//! machine happens to all of them.

use crate::Side;
use crate::cases::Case;
use crate::crew::Crew;
use std::time::{Duration, Instant};

/// How often everything is loaded anew. Where a model comes to lie in memory makes a difference that lasts as long as
/// it lies there.
const LOADS: usize = 5;

/// How many rounds there are with what was loaded, and how long they should take all together, unless there are few.
const ROUNDS: usize = 150;
const FEW: usize = 10;
const LIMIT: Duration = Duration::from_secs(3);

/// How long a turn takes, unless one inference takes longer: no longer than a slice of the scheduler's, so that
/// some turns see nobody else.
const TURN: Duration = Duration::from_millis(3);

/// Nanoseconds of an inference for each round, side by side.
pub(crate) type Times = Vec<Vec<f64>>;

/// Measures all sides of a case, each with as many workers.
pub(crate) fn measure(case: &Case, sides: &[Side], workers: usize) -> Times {
    let mut times: Times = vec![Vec::new(); sides.len()];
    let mut expected = None;
    for load in 0..LOADS {
        let mut crews: Vec<Option<Crew>> = sides.iter().map(|_| None).collect();
        for at in turns(sides.len(), load) {
            let Side { name, start } = &sides[at];
            let mut workers = start(case, workers);
            for worker in &mut workers {
                worker.run(1);
                let output = worker.output();
                check(&output, expected.get_or_insert_with(|| output.clone()), case, name);
            }
            crews[at] = Some(Crew::new(name, workers));
        }
        let crews: Vec<Crew> = crews.into_iter().flatten().collect();
        let fastest = crews.iter().map(|crew| crew.run(3)).fold(f64::INFINITY, f64::min);
        let n = ((TURN.as_secs_f64() * 1e9 / fastest / workers as f64) as u32).max(1);
        let start = Instant::now();
        for round in 0..ROUNDS {
            if round >= FEW && start.elapsed() > LIMIT {
                break;
            }
            for at in turns(sides.len(), round) {
                times[at].push(crews[at].run(n));
            }
        }
    }
    times
}

/// An order of the sides: each comes first in turn, and forwards and backwards, so that none always follows the same.
fn turns(sides: usize, round: usize) -> impl Iterator<Item = usize> {
    let is_backward = round / sides % 2 == 1;
    (0..sides).map(move |place| {
        let place = if is_backward { sides - 1 - place } else { place };
        (place + round) % sides
    })
}

/// Makes sure that all sides compute, and compute the same.
fn check(output: &[u8], expected: &[u8], case: &Case, side: &str) {
    let floats = |bytes: &[u8]| -> Vec<f32> {
        bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    };
    let (output, expected) = (floats(output), floats(expected));
    // As near as numbers of 16 bits come.
    let is_close = |(one, other): (&f32, &f32)| (one - other).abs() < 0.02;
    let is_same = output.len() == expected.len() && output.iter().zip(&expected).all(is_close);
    assert!(
        is_same && output.iter().any(|value| *value != 0.0),
        "{}: {side} computes something else",
        case.name
    );
}
