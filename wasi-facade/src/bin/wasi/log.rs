//! The log of the libraries on standard error, as far as the flags ask for it.

use crate::failure::printable;
use crate::nn;
use clap::{ArgAction, Args};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

#[derive(Debug, Args)]
pub(crate) struct Verbosity {
    /// Tell on which addresses the guest listens, and which models are loaded where; twice, also why calls of the guest
    /// failed
    #[arg(short, long, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Shows warnings, what is done where from the first `-v` on, and why calls of the guest failed from the second.
pub(crate) fn show(flags: &Verbosity) {
    let level = match flags.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).event_format(Line).init();
}

/// The last line, so that nothing is said twice.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Whether the last line began so.
pub(crate) fn has_said(text: &str) -> bool {
    LAST.lock().unwrap_or_else(PoisonError::into_inner).starts_with(text)
}

/// An event as everything else that the command says: its name, and words.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // Models and their names are guests', and must not end the line or act on a terminal.
        let mut text = String::new();
        context.field_format().format_fields(Writer::new(&mut text), event)?;
        writeln!(writer, "wasi: {}", printable(nn::limits::with_flags(&text)))?;
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = text;
        Ok(())
    }
}
