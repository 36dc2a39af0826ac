//! The search for recipes that show a fault.
//!
//! Half of all recipes are new, and the others are changes of those that took most of their bounds so far: what is to be
//! found is not a line of code that was never reached, but a cost that grows, and a cost says when it is near.

mod change;
mod pool;
mod shrink;

use crate::End;
use crate::findings::{self, Finding};
use crate::target::Target;
use crate::watch::{Fault, Verdict};
use crate::worker::Worker;
use anyhow::Result;
use fastrand::Rng;
use pool::Pool;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// Random bytes of a new recipe; more make longer ones.
const BYTES: std::ops::Range<usize> = 64..4096;

/// Findings with one signature are the same as far as anybody can tell before it is fixed, and few are enough.
const FEW: usize = 2;

/// The most frequent reasons of refusals, which show whether the grammar gets anywhere.
const REASONS: usize = 12;

/// How long a finding is made smaller.
const SHRINKING: Duration = Duration::from_secs(30);

/// How to look.
pub struct Search {
    /// For how long.
    pub time: Duration,
    /// Where chance begins.
    pub seed: u64,
}

/// Looks for faults of one target, writes them down, and says how many there are.
///
/// # Errors
///
/// No process can be started, or a finding cannot be read or written.
pub fn search(executable: &Path, target: Target, search: &Search) -> Result<usize> {
    println!("{0}: seed {1}; `--seed {1}` makes the same recipes again", target.name(), search.seed);
    let mut random = Rng::with_seed(search.seed);
    let mut worker = Worker::new(executable, target);
    let mut pool = Pool::default();
    let known = findings::read(target)?.into_iter().map(|(_, finding)| finding).collect::<Vec<_>>();
    let seeds: Vec<Value> = known.iter().map(|finding| finding.recipe.clone()).collect();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let mut open: BTreeSet<String> = BTreeSet::new();
    let (start, mut runs, mut done, mut told) = (Instant::now(), 0_usize, 0_usize, Instant::now());
    while start.elapsed() < search.time {
        let Some(recipe) = next(target, &seeds, &pool, runs, &mut random) else { continue };
        let verdict = worker.run(&recipe)?;
        runs += 1;
        match &verdict.end {
            End::Done => done += 1,
            End::Refused(why) if verdict.fault.is_none() => {
                *refused.entry(without_numbers(why, 110)).or_default() += 1;
            }
            End::Refused(_) => {}
        }
        match verdict.fault {
            None => pool.offer(recipe, &verdict),
            Some(fault) => {
                let signature = signature(&fault);
                // What is open is no news.
                if known.get(runs - 1).is_some_and(|finding| finding.open.is_some()) {
                    open.insert(signature);
                } else if !open.contains(&signature) {
                    let count = found.entry(signature).or_default();
                    *count += 1;
                    if *count <= FEW {
                        report(&mut worker, target, search.seed, runs, recipe, &fault)?;
                    }
                }
            }
        }
        if told.elapsed() > Duration::from_secs(30) {
            println!("{}: {runs} runs, {done} to the end, {pool}", target.name());
            told = Instant::now();
        }
    }
    println!("{}: {runs} runs in {} s, {done} to the end, {pool}", target.name(), start.elapsed().as_secs());
    let mut reasons: Vec<_> = refused.into_iter().collect();
    reasons.sort_by_key(|(_, count)| Reverse(*count));
    for (reason, count) in reasons.iter().take(REASONS) {
        println!("{}: {count} refused: {reason}", target.name());
    }
    for (signature, count) in &found {
        println!("{}: {count} times: {signature}", target.name());
    }
    Ok(found.len())
}

/// The recipes that are committed first, then new ones and changes of what took most.
fn next(target: Target, seeds: &[Value], pool: &Pool, runs: usize, random: &mut Rng) -> Option<Value> {
    if let Some(seed) = seeds.get(runs) {
        return Some(seed.clone());
    }
    let fresh = |random: &mut Rng| {
        let mut bytes = vec![0; random.usize(BYTES)];
        random.fill(&mut bytes);
        target.generate(&bytes).ok()
    };
    let old = if random.bool() { pool.choose(random) } else { None };
    let Some(old) = old else { return fresh(random) };
    let other = if random.bool() { fresh(random)? } else { pool.choose(random)?.clone() };
    let mut changed = old.clone();
    for _ in 0..random.usize(1..5) {
        change::change(&mut changed, &other, random);
    }
    // A change may have made something that no recipe is.
    target.reads(&changed).then_some(changed)
}

/// What is the same in the faults of one cause: the kind, and the first words of the last lines without numbers.
fn signature(fault: &Fault) -> String {
    let text = match fault {
        Fault::Memory { .. } | Fault::Time { .. } => String::new(),
        other => other.to_string(),
    };
    format!("{}: {}", fault.kind(), without_numbers(&text, 300))
}

/// The beginning of a text, on one line, as it is for other numbers too.
fn without_numbers(text: &str, len: usize) -> String {
    // Long words are hashes and paths.
    let words = text.split_whitespace().filter(|word| word.len() < 30).collect::<Vec<_>>().join(" ");
    words.chars().filter(|character| !character.is_ascii_digit()).take(len).collect()
}

/// Runs a fault again in a process of its own, makes it smaller and writes it down, if it is one.
fn report(
    worker: &mut Worker,
    target: Target,
    seed: u64,
    runs: usize,
    recipe: Value,
    fault: &Fault,
) -> Result<()> {
    println!("{}: it {}", target.name(), fault.to_string().lines().next().unwrap_or_default());
    let again: Verdict = worker.run_afresh(&recipe)?;
    let name = format!("{}-{seed:x}-{runs}", fault.kind());
    let Some(again) = again.fault else {
        println!("  not again in a process of its own");
        return Ok(());
    };
    // First as it is, since making it smaller may take long and never end.
    let mut finding = Finding { why: format!("it {again}"), open: None, recipe };
    let path = findings::write(target, &name, &finding)?;
    finding.recipe = shrink::shrink(finding.recipe, SHRINKING, |smaller| {
        let verdict = target.reads(smaller).then(|| worker.run_afresh(smaller).ok()).flatten();
        verdict.and_then(|verdict| verdict.fault).is_some_and(|fault| fault.kind() == again.kind())
    });
    findings::write(target, &name, &finding)?;
    println!("  {}: it {again}", path.display());
    Ok(())
}
