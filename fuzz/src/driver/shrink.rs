//! The reduction of a finding as long as it stays one: items go, and numbers are halved.

use super::change::{at, count};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The smallest tree that was found in the time and that `is_still_one` holds for.
pub(super) fn shrink(mut tree: Value, time: Duration, mut is_still_one: impl FnMut(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let before = tree.clone();
        let mut place = 0;
        while place < count(&tree) {
            let mut step = 0;
            while let Some(smaller) = smaller(&tree, place, step) {
                if start.elapsed() > time {
                    return tree;
                }
                if is_still_one(&smaller) {
                    tree = smaller;
                } else {
                    step += 1;
                }
            }
            place += 1;
        }
        // What went last may let go what stood before it.
        if tree == before {
            return tree;
        }
    }
}

/// The tree with the value at a place made smaller in one of several ways; `None` when there are no more.
fn smaller(tree: &Value, place: usize, step: usize) -> Option<Value> {
    let mut tree = tree.clone();
    let value = at(&mut tree, &mut { place })?;
    match value {
        Value::Array(items) if items.len() < 4 => drop((step < items.len()).then(|| items.remove(step))?),
        Value::Array(items) => {
            // First both halves, then each item.
            let half = items.len() / 2;
            match step {
                0 => drop(items.drain(..half)),
                1 => drop(items.drain(half..)),
                _ => drop((step - 2 < items.len()).then(|| items.remove(step - 2))?),
            }
        }
        Value::Number(number) => {
            let number = number.as_i64().filter(|number| *number != 0)?;
            *value = match step {
                0 => Value::from(0),
                1 => Value::from(number / 2),
                2 => Value::from(number - number.signum()),
                _ => return None,
            };
        }
        Value::String(_) | Value::Bool(_) | Value::Null | Value::Object(_) => return None,
    }
    Some(tree)
}

#[cfg(test)]
mod tests {
    use super::shrink;
    use serde_json::{Value, json};
    use std::time::Duration;

    #[test]
    fn what_does_not_matter_goes() {
        let tree = json!({"list": [1, 2, 300, 4, 5, 6], "count": 77});
        let has_large = |tree: &Value| {
            tree["list"].as_array().is_some_and(|list| list.iter().any(|item| item.as_i64() > Some(99)))
        };
        let small = shrink(tree, Duration::from_secs(60), has_large);
        assert_eq!(small, json!({"list": [100], "count": 0}));
    }
}
