//! Tests of what only Windows has: names with a meaning, junctions, paths beyond 260 characters, and handles as it has them.

mod escapes;
mod handles;
mod names;
mod races;
