//! Tests of what only Windows has: names with a meaning, junctions, paths beyond 260 characters, handles as it has them, and
//! consoles.

mod console;
mod escapes;
mod handles;
mod names;
mod races;
