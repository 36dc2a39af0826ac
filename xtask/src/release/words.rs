//! Tokens as a line that people read.

use quote::ToTokens;
use syn::Attribute;

/// Where the printer of tokens writes more or fewer spaces than people do; applied in this order.
const SPACES: &[(&str, &str)] = &[
    (" :: ", "::"),
    (":: ", "::"),
    (" ::", "::"),
    (" ,", ","),
    (" ;", ";"),
    (" :", ":"),
    ("< ", "<"),
    (" <", "<"),
    (" >", ">"),
    ("& ", "&"),
    ("# ", "#"),
    ("? ", "?"),
    (" (", "("),
    ("( ", "("),
    (" )", ")"),
    (" [", "["),
    ("[ ", "["),
    (" ]", "]"),
    (",(", ", ("),
    (":(", ": ("),
    ("->(", "-> ("),
    ("=(", "= ("),
    ("-><", "-> <"),
    (":<", ": <"),
    (",<", ", <"),
    ("=<", "= <"),
    ("::: <", "::<"),
    (":[", ": ["),
    ("->[", "-> ["),
    (",[", ", ["),
    ("=[", "= ["),
    ("mut[", "mut ["),
    ("'static[", "'static ["),
    ("'a[", "'a ["),
    ("dyn(", "dyn ("),
    (",)", ")"),
    (", >", ">"),
    (",>", ">"),
];

/// One line for some tokens.
pub(super) fn line(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    SPACES.iter().fold(text, |text, (from, to)| text.replace(from, to))
}

/// The conditions under which something is there, each as an attribute with a space after it.
pub(super) fn conditions(attributes: &[Attribute]) -> String {
    named(attributes, "cfg")
}

/// Whether more may come to something, as an attribute with a space after it.
pub(super) fn openness(attributes: &[Attribute]) -> String {
    named(attributes, "non_exhaustive")
}

fn named(attributes: &[Attribute], name: &str) -> String {
    let attributes = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    attributes.map(|attribute| line(attribute) + " ").collect()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn signatures_read_as_they_are_written() {
        for text in [
            "fn a<T: 'static, L: Linker<T>>(&self, b: impl Fn(&mut T) -> &mut u32 + Copy) -> Result<(), E>",
            "fn b(&'static self, c: &[u8], d: (u32, &mut [u8])) -> Option<(A, B)>",
            "const fn c() -> &'static [&'static str]",
            "fn d(self) -> <P as Proposal>::Context where P: Proposal<Context: Send + 'static> + ?Sized",
            "fn e(f: [u8; 4], g: Box<dyn Fn() + Send>) -> impl Iterator<Item = (A, B)> + '_",
        ] {
            let signature: syn::Signature = syn::parse_str(text).unwrap();
            assert_eq!(line(&signature), text);
        }
    }
}
