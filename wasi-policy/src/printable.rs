//! The escaping of a guest's text, for a terminal and for one line of a log.

use std::fmt::{self, Write};

/// Shows text that a guest, a module or a model brought: bounded, and without characters that act on a terminal
/// or begin a line of their own.
///
/// Names in modules and models may have any character. A newline in one forges a line of the host's log, an
/// escape sequence sets the title of a terminal or hides what follows, and marks of writing direction swap what
/// a reader sees. They are shown as Rust writes them, such as `\n` and `\u{1b}`; everything else is shown as it is.
///
/// ```
/// use wasi_policy::Printable;
///
/// assert_eq!(Printable::new("f\u{1b}[31m\nwasi: forged").to_string(), r"f\u{1b}[31m\nwasi: forged");
/// assert_eq!(Printable::at_most("abcdef", 3).to_string(), "abc...");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Printable<'a> {
    text: &'a str,
    chars: usize,
}

impl<'a> Printable<'a> {
    /// Enough for the longest names that compilers give, and for an engine's sentence about one.
    pub const DEFAULT_CHARS: usize = 512;

    /// Shows `text` up to [`DEFAULT_CHARS`](Self::DEFAULT_CHARS) characters.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Printable::at_most(text, Self::DEFAULT_CHARS)
    }

    /// Shows `text` up to `chars` of its characters.
    #[must_use]
    pub const fn at_most(text: &'a str, chars: usize) -> Self {
        Printable { text, chars }
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.text.chars();
        for character in chars.by_ref().take(self.chars) {
            match acts(character) {
                true => write!(f, "{}", character.escape_default())?,
                false => f.write_char(character)?,
            }
        }
        if chars.next().is_some() { f.write_str("...") } else { Ok(()) }
    }
}

/// Does the character do something, rather than show something?
fn acts(character: char) -> bool {
    // Separators of lines and paragraphs, and the marks of Unicode's bidirectional algorithm (UAX 9, 2).
    const MARKS: [char; 14] = [
        '\u{2028}', '\u{2029}', '\u{061c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}',
        '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
    ];
    character.is_control() || MARKS.contains(&character)
}

#[cfg(test)]
mod tests {
    use super::Printable;

    #[test]
    fn what_acts_is_escaped_and_what_shows_stays() {
        let shown = |text: &str| Printable::new(text).to_string();
        assert_eq!(shown("_ZN3fooE `x` \\ ü 漢"), "_ZN3fooE `x` \\ ü 漢");
        assert_eq!(shown("\r\n\t\0\u{7f}\u{9b}"), r"\r\n\t\u{0}\u{7f}\u{9b}");
        assert_eq!(shown("\u{202e}x\u{2028}"), r"\u{202e}x\u{2028}");
        // Once is enough.
        assert_eq!(shown(&shown("\u{1b}")), r"\u{1b}");
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(Printable::at_most("üüü", 2).to_string(), "üü...");
        assert_eq!(Printable::at_most("üü", 2).to_string(), "üü");
        assert!(Printable::new(&"\u{1b}".repeat(100_000)).to_string().len() < 4000);
    }
}
