//! A tokenizer of XML that splits tags exactly as OpenVINO's parser does: what the two could understand differently,
//! and no tool writes into a model, is an error.

/// A tag, and what is in it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    /// An element begins, and ends at once if it `is_empty`.
    Open { name: &'a str, attributes: Attributes<'a>, is_empty: bool },
    /// An element ends.
    Close { name: &'a str },
}

/// The attributes of a tag. No name is there twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes<'a>(Vec<(&'a str, &'a str)>);

/// The tags of a text, one after the other. Text between them is passed over, and instructions too.
pub(super) struct Tags<'a> {
    rest: &'a str,
    /// Whether comments are passed over too, and text in which no tag is one.
    has_comments: bool,
}

/// The most attributes of one tag. Each is compared with those before it; operators have two dozen at most.
const MAX_ATTRIBUTES: usize = 128;

/// Why a text is refused.
pub(super) type Refusal = &'static str;

impl<'a> Attributes<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().copied()
    }
}

impl<'a> Tags<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Tags { rest: text, has_comments: false }
    }

    /// The tags of a text that may have comments, which end where any parser says, and texts in which no tag is one.
    pub(super) fn with_comments(text: &'a str) -> Self {
        Tags { rest: text, has_comments: true }
    }

    /// The next tag, or nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Tag<'a>>, Refusal> {
        loop {
            let Some((_, after)) = self.rest.split_once('<') else { return Ok(None) };
            if let Some(instruction) = after.strip_prefix('?') {
                // Quotes mean nothing in an instruction.
                let (_, behind) = instruction.split_once("?>").ok_or("an instruction in it does not end")?;
                self.rest = behind;
                continue;
            }
            let comment = self.has_comments.then(|| comment(after)).flatten();
            if let Some((after, end)) = comment {
                let (_, behind) = after.split_once(end).ok_or("a comment in it does not end")?;
                self.rest = behind;
                continue;
            }
            if after.starts_with('!') {
                return Err("it has comments or declarations; leave them out");
            }
            let end = end_of_tag(after).ok_or("a tag in it does not end")?;
            let (tag, behind) = after.split_at_checked(end).ok_or("a tag in it does not end")?;
            self.rest = behind;
            return parse(tag).map(Some);
        }
    }
}

/// What is behind the beginning of a comment, or of a text without tags, and what ends it.
fn comment(text: &str) -> Option<(&str, &'static str)> {
    let without_tags = || Some((text.strip_prefix("![CDATA[")?, "]]>"));
    text.strip_prefix("!--").map(|after| (after, "-->")).or_else(without_tags)
}

/// The length of a tag whose `<` has been read, up to its `>`. No tag begins inside of another, quoted or not.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (_, b'<') => return None,
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn parse(tag: &str) -> Result<Tag<'_>, Refusal> {
    if let Some(name) = tag.strip_prefix('/') {
        return Ok(Tag::Close { name: whole_name(name.trim_ascii_end())? });
    }
    let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
    let (name, mut rest) = tag.split_at(tag.find(|c: char| c.is_ascii_whitespace()).unwrap_or(tag.len()));
    let name = whole_name(name)?;
    let mut attributes = Attributes::default();
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(Tag::Open { name, attributes, is_empty });
        }
        let (key, behind) = rest.split_once('=').ok_or("an attribute in it has no value")?;
        let key = whole_name(key.trim_ascii_end())?;
        let (value, behind) = quoted(behind.trim_ascii_start()).ok_or("an attribute in it is not quoted")?;
        if attributes.0.len() >= MAX_ATTRIBUTES {
            return Err("a tag in it has more attributes than any operator");
        }
        if attributes.get(key).is_some() {
            return Err("an attribute in it is there twice");
        }
        attributes.0.push((key, value));
        rest = behind;
    }
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.get(1..)?.split_once(quote)
}

fn whole_name(text: &str) -> Result<&str, Refusal> {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_part = |c: char| is_start(c) || c.is_ascii_digit() || matches!(c, '-' | '.' | ':');
    if text.starts_with(is_start) && text.chars().all(is_part) {
        Ok(text)
    } else {
        Err("a name in it is none")
    }
}

#[cfg(test)]
mod tests {
    use super::{Attributes, Tag, Tags};

    fn tags(text: &str) -> Result<Vec<Tag<'_>>, &'static str> {
        let mut tags = Tags::new(text);
        let mut all = Vec::new();
        while let Some(tag) = tags.next()? {
            all.push(tag);
        }
        Ok(all)
    }

    #[test]
    fn tags_come_with_their_attributes() {
        let text = "<?xml a='>'?><net name = \"a > b\" v='\"'>text<b/><c  d='1' />\n</net >";
        let open = |name, attributes: &[_], is_empty| Tag::Open {
            name,
            attributes: Attributes(attributes.to_vec()),
            is_empty,
        };
        let expected = vec![
            open("net", &[("name", "a > b"), ("v", "\"")], false),
            open("b", &[], true),
            open("c", &[("d", "1")], true),
            Tag::Close { name: "net" },
        ];
        assert_eq!(tags(text), Ok(expected));
        assert_eq!(tags(""), Ok(vec![]));
        assert_eq!(tags("text > text"), Ok(vec![]));
    }

    #[test]
    fn what_parsers_disagree_about_is_refused() {
        for text in [
            "<a b='</a>'/>",
            "<!--</a>-->",
            "<![CDATA[</a>]]>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]>",
            "<a b=c/>",
            "<a b/>",
            "<a 'b'/>",
            "<a b='1' b='2'/>",
            "<a b='1'c='2' b='3'/>",
            "< a/>",
            "<a/b/>",
            "<\u{e4}/>",
            "<>",
            "</ a>",
            "</a b='c'>",
        ] {
            assert!(tags(text).is_err(), "{text}: {:?}", tags(text));
        }
    }

    #[test]
    fn comments_are_passed_over_if_they_may_be_there() {
        let names = |text: &'static str| -> Result<Vec<_>, &'static str> {
            let (mut tags, mut names) = (Tags::with_comments(text), Vec::new());
            while let Some(tag) = tags.next()? {
                names.push(match tag {
                    Tag::Open { name, .. } | Tag::Close { name } => name,
                });
            }
            Ok(names)
        };
        let text = "<!-- <x> -- > --><a><!----><b c='-->'/><![CDATA[</a>]]><d/></a>";
        assert_eq!(names(text), Ok(vec!["a", "b", "d", "a"]));
        for text in ["<!-- ->", "<![CDATA[ ]>", "<!DOCTYPE a>", "<!>", "<a b='<!-- -->'/>"] {
            assert!(names(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tag_has_a_number_of_attributes() {
        let tag =
            |count: usize| format!("<a {}/>", (0..count).map(|n| format!("b{n}='1' ")).collect::<String>());
        assert!(tags(&tag(super::MAX_ATTRIBUTES)).is_ok());
        assert!(tags(&tag(super::MAX_ATTRIBUTES + 1)).is_err());
        assert!(tags(&tag(200_000)).is_err());
    }

    #[test]
    fn what_does_not_end_is_refused() {
        for text in ["<a", "<a b=\"", "<a><", "<a b='c\">", "<?xml >", "<?xml y='?'>", "<a b=\"'>'/>"] {
            assert!(tags(text).is_err(), "{text}: {:?}", tags(text));
        }
    }
}
