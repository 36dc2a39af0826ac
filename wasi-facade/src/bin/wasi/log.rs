//! What the libraries have to tell the user, on standard error.

use tracing::level_filters::LevelFilter;

/// Shows warnings, what is done where from the first `-v` on, and why calls of the guest failed from the second.
pub(crate) fn show(verbosity: u8) {
    let level = match verbosity {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
}
