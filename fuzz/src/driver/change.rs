//! Random changes of a recipe, which is changed as a tree, whatever grammar it is of.
//!
//! A list loses, doubles or swaps its items, or takes some of another recipe; a number grows, shrinks or goes to an
//! edge; a variant becomes the same variant of another recipe. What comes of it may be no recipe, and is dropped then.

use fastrand::Rng;
use serde_json::Value;

/// Makes one change, taking parts from `other` where the change is to take some.
pub(super) fn change(recipe: &mut Value, other: &Value, random: &mut Rng) {
    let count = count(recipe);
    let mut place = random.usize(0..count);
    let Some(value) = at(recipe, &mut place) else { return };
    match value {
        Value::Array(items) => change_list(items, other, random),
        Value::Number(number) => {
            if let Some(number) = number.as_i64() {
                *value = change_number(number, random).into();
            }
        }
        Value::Bool(bit) => *bit = !*bit,
        Value::Object(_) | Value::String(_) => {
            let likes = alike(other, value);
            if let Some(like) = random.choice(&likes) {
                *value = (*like).clone();
            }
        }
        Value::Null => {}
    }
}

fn change_list(items: &mut Vec<Value>, other: &Value, random: &mut Rng) {
    let Some(first) = items.first() else { return };
    let (one, two) = (random.usize(0..items.len()), random.usize(0..items.len()));
    match random.u8(0..6) {
        0 => drop(items.remove(one)),
        1 => items.insert(one, items[two].clone()),
        2 => items.swap(one, two),
        3 => items.extend_from_within(one..),
        _ => {
            let likes = alike(other, first);
            if let Some(like) = random.choice(&likes) {
                items.insert(one, (*like).clone());
            }
        }
    }
}

fn change_number(number: i64, random: &mut Rng) -> i64 {
    match random.u8(0..8) {
        0 => number.saturating_add(1),
        1 => number.saturating_sub(1),
        2 | 3 => number.saturating_mul(2),
        4 => number.saturating_mul(16),
        5 => number / 2,
        6 => 0,
        _ => 1 << random.u8(0..40),
    }
}

/// How many values a tree has, itself among them.
pub(super) fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// The value at a place, where the tree is walked from above; what is passed is taken from `place`.
pub(super) fn at<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| at(item, place)),
        Value::Object(fields) => fields.values_mut().find_map(|field| at(field, place)),
        _ => None,
    }
}

/// The values of a tree that could stand where `like` stands: records of the same fields, and variants for variants.
fn alike<'a>(tree: &'a Value, like: &Value) -> Vec<&'a Value> {
    let mut found = Vec::new();
    let mut open = vec![tree];
    while let Some(value) = open.pop() {
        let is_alike = match (value, like) {
            (Value::Object(one), Value::Object(other)) => {
                one.keys().eq(other.keys()) || one.len() == 1 && other.len() == 1
            }
            (Value::String(_), Value::String(_)) | (Value::Number(_), Value::Number(_)) => true,
            (Value::Array(one), Value::Array(other)) => one.len() == other.len(),
            _ => false,
        };
        if is_alike {
            found.push(value);
        }
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{at, change, count};
    use fastrand::Rng;
    use serde_json::json;
    use std::collections::BTreeSet;

    #[test]
    fn every_value_has_a_place() {
        let mut tree = json!({"a": [1, {"b": 2}], "c": 3});
        assert_eq!(count(&tree), 6);
        let places: Vec<_> =
            (0..7).map(|place| at(&mut tree, &mut { place }).map(|value| value.to_string())).collect();
        assert_eq!(places[5].as_deref(), Some("3"));
        assert_eq!(places[6], None);
    }

    #[test]
    fn changes_are_of_many_kinds() {
        let (tree, other) = (json!({"list": [4, 4, 8]}), json!({"list": [100]}));
        let mut random = Rng::with_seed(1);
        let changed: BTreeSet<String> = (0..300)
            .map(|_| {
                let mut tree = tree.clone();
                change(&mut tree, &other, &mut random);
                tree.to_string()
            })
            .collect();
        for one in
            [r#"{"list":[4,8]}"#, r#"{"list":[4,4,16]}"#, r#"{"list":[100]}"#, r#"{"list":[4,100,4,8]}"#]
        {
            assert!(changed.contains(one), "{one} is not in {changed:?}");
        }
    }
}
