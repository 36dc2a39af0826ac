//! Texts for a log: what a library says, as one short line without the host's folders; and a model in a few words.

use std::fmt;
use wasi_nn::{Model, Source};

/// Longer texts are stack traces or repeat the model.
const MAX_LEN: usize = 300;

/// Makes one short line of a text: control characters and runs of spaces become one space, and of paths,
/// which name the host's files or those of whoever built the library, only the last part stays.
#[must_use]
pub fn tidy(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        let word = without_folders(word);
        if word.is_empty() {
            continue;
        }
        if line.len() + word.len() >= MAX_LEN {
            line.push_str(" ...");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// A model in a few words, for the log.
#[derive(Debug)]
pub struct Shown<'a>(pub &'a Model);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.source {
            Source::Served(address) => f.write_str(address),
            Source::Bytes(_) => write!(f, "{} bytes of {}", self.0.source.byte_len(), self.0.encoding),
            Source::Files(files) => match files.first() {
                Some(file) => write!(f, "{}", file.display()),
                None => f.write_str("no file"),
            },
        }
    }
}

/// What follows the last separator of a word that looks like a path.
fn without_folders(word: &str) -> &str {
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::{MAX_LEN, tidy};

    #[test]
    fn folders_are_left_out() {
        let text = "Exception from src/cpp/core.cpp:94:\nCannot open C:\\models\\a.xml, /srv/me/b.bin!\n";
        assert_eq!(tidy(text), "Exception from core.cpp:94: Cannot open a.xml, b.bin!");
        assert_eq!(tidy("what:'/etc/passwd'\u{1b}[31m"), "passwd' [31m");
    }

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        assert_eq!(tidy(""), "");
        assert_eq!(tidy(" \n\t "), "");
        let long = tidy(&"ein Wörtchen ".repeat(100));
        assert!(long.len() <= MAX_LEN + 4 && long.ends_with(" ..."), "{long}");
        assert_eq!(tidy(&"x".repeat(1000)), " ...");
    }
}
