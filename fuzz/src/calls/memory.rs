//! The first contents of a guest's memory, with which calls get further than their first check.

use std::sync::LazyLock;

/// The bytes of the memory.
const SIZE: usize = 1 << 16;

/// Paths, 16 bytes each.
pub(super) const PATHS: u64 = 0x1000;
pub(super) const NAMES: &[&str] = &[
    "f",
    "d",
    "d/g",
    "new",
    "new/",
    "link",
    "out",
    "..",
    "../outside",
    ".",
    "d/../f",
    "/etc",
    "d/new",
    "n1",
    "n2",
    "n3",
];

/// Lists of buffers, of 8 bytes each.
pub(super) const BUFFERS: u64 = 0x2000;

/// Subscriptions, 48 bytes each: clocks, and the first descriptors.
pub(super) const SUBSCRIPTIONS: u64 = 0x3000;

/// A name of a graph, of one letter.
pub(super) const GRAPH: u64 = 0x100;

/// A tensor of type `f32` and shape [1, 16].
pub(super) const TENSOR: u64 = 0x110;

/// Lists of one model each, and how long the models are.
pub(super) const MODELS: u64 = 0x200;

/// Room that nothing lies in.
pub(super) const ROOM: u64 = 0x8000;

static MEMORY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut memory = vec![0; SIZE];
    let mut put = |at: u64, bytes: &[u8]| {
        let at = usize::try_from(at).unwrap_or(SIZE);
        memory[at..at + bytes.len()].copy_from_slice(bytes);
    };
    for (at, name) in (PATHS..).step_by(16).zip(NAMES) {
        put(at, name.as_bytes());
    }
    let buffers = [(0x8000, 10), (0x8000, 0), (0x8000, 0x4000), (0x8004, 100), (0xfff0, 16), (0xfff0, 17)];
    put(BUFFERS, &words(buffers.iter().flat_map(|(at, len)| [*at, *len])));
    for (index, tag) in (0..).zip([0_u8, 1, 2, 0, 1, 2, 1, 7]) {
        put(SUBSCRIPTIONS + 48 * index + 8, &[tag]);
        let subject = if tag == 0 { 1 } else { u8::try_from(index).unwrap_or(0) };
        put(SUBSCRIPTIONS + 48 * index + 16, &[subject]);
    }
    put(GRAPH, b"r");
    put(TENSOR, &words([0x130, 2, 1, 0x140, 64, 0, 0, 0, 1, 16]));
    let models = [
        nn_models::models::small_relu().onnx(),
        nn_models::models::busy_loop(1 << 40),
        vec![0; 8],
        Vec::new(),
    ];
    let mut free = 0x4000;
    for (index, model) in (0..).zip(models) {
        let len = u32::try_from(model.len()).unwrap_or(0);
        put(MODELS + 8 * index, &words([free, len]));
        put(free.into(), &model);
        free += len;
    }
    memory
});

fn words(words: impl IntoIterator<Item = u32>) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A memory of a guest's own.
pub(super) fn fresh() -> Vec<u8> {
    MEMORY.clone()
}
