//! The pool of recipes to change next: those that took the largest parts of their bounds so far.

use crate::watch::Verdict;
use fastrand::Rng;
use serde_json::Value;
use std::fmt;

/// How many are kept for each of memory and time.
const KEPT: usize = 40;

/// What is changed next: the most expensive by memory, the slowest, and some that were only there.
#[derive(Default)]
pub(super) struct Pool {
    memory: Vec<(f64, Value)>,
    time: Vec<(f64, Value)>,
}

impl Pool {
    /// Keeps a recipe if it took a larger part of its bounds than others.
    pub(super) fn offer(&mut self, recipe: Value, verdict: &Verdict) {
        let Verdict { spent, bound, .. } = verdict;
        let memory = part(spent.memory as f64, bound.memory as f64);
        let time = part(spent.millis as f64, bound.millis as f64);
        keep(&mut self.memory, memory, &recipe);
        keep(&mut self.time, time, &recipe);
    }

    pub(super) fn choose(&self, random: &mut Rng) -> Option<&Value> {
        let kept = if random.bool() { &self.memory } else { &self.time };
        random.choice(kept).map(|(_, recipe)| recipe)
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = |kept: &[(f64, Value)]| kept.first().map_or(0.0, |(part, _)| part * 100.0);
        write!(
            f,
            "at most {:.0} % of the memory and {:.0} % of the time",
            most(&self.memory),
            most(&self.time)
        )
    }
}

fn part(took: f64, bound: f64) -> f64 {
    if bound > 0.0 { took / bound } else { 0.0 }
}

/// Puts a recipe where it belongs among those that are sorted from the most on, and drops the last beyond the number.
fn keep(kept: &mut Vec<(f64, Value)>, part: f64, recipe: &Value) {
    let place = kept.partition_point(|(other, _)| *other >= part);
    if place < KEPT && kept.iter().all(|(_, other)| other != recipe) {
        kept.insert(place, (part, recipe.clone()));
        kept.truncate(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Pool};
    use crate::End;
    use crate::watch::{Spent, Verdict};
    use serde_json::json;

    #[test]
    fn those_that_took_most_are_kept() {
        let mut pool = Pool::default();
        let bound = Spent { memory: 1000, millis: 1000 };
        for number in 0..200 {
            let spent = Spent { memory: number, millis: 0 };
            pool.offer(json!(number), &Verdict { spent, bound, end: End::Done, fault: None });
        }
        assert_eq!(pool.memory.len(), KEPT);
        assert_eq!(pool.memory[0].1, json!(199));
        assert_eq!(pool.to_string(), "at most 20 % of the memory and 0 % of the time");
    }
}
