//! Rules about what must not be in any text: leftovers, and traces of one machine.

use super::{Finding, Rule};

/// Notes to oneself. They are put together here so that this file may hold them.
const LEFTOVERS: &[&str] =
    &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("dbg", "!(")];

/// Folders of some machine.
const MACHINE: &[&str] =
    &[concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Package indexes, which are called by their names and never by their hosts.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("python", "hosted"),
    concat!("npm", "js."),
    concat!("registry", ".yarn"),
    concat!("deb.", "debian"),
    concat!("proxy", ".golang"),
];

pub(super) const RULES: &[Rule] = &[
    Rule { name: "leftover", fix: "do it, or file an issue and say here how things are", check: leftovers },
    Rule { name: "machine", fix: "name it relative to the project", check: machine },
    Rule { name: "host", fix: "name the index instead, as in \"the Python index\"", check: hosts },
    Rule { name: "address", fix: "point to the issue tracker instead", check: addresses },
];

fn leftovers(path: &str, text: &str) -> Vec<Finding> {
    find_any(path, text, LEFTOVERS, |word| format!("holds a {word:?}"))
}

fn machine(path: &str, text: &str) -> Vec<Finding> {
    find_any(path, text, MACHINE, |word| format!("holds a path of some machine, under {word}"))
}

fn hosts(path: &str, text: &str) -> Vec<Finding> {
    // Cargo writes the name of its index into the lock file; any other host there is a mirror of one machine.
    let index = concat!("https://github.com/rust-lang/crates", ".io-index");
    if path.ends_with("Cargo.lock") {
        let mirrors = |(number, line): (usize, &str)| {
            let is_mirror = line.starts_with("source = ") && !line.contains(index);
            is_mirror.then(|| Finding::at(path, number + 1, "names a source other than the usual index"))
        };
        return text.lines().enumerate().filter_map(mirrors).collect();
    }
    find_any(path, text, HOSTS, |word| format!("names the host of a package index, {word}"))
}

fn addresses(path: &str, text: &str) -> Vec<Finding> {
    let numbered = text.lines().enumerate();
    let found = numbered.filter(|(_, line)| line.match_indices('@').any(|(at, _)| is_address(line, at)));
    found.map(|(index, _)| Finding::at(path, index + 1, "holds an e-mail address")).collect()
}

/// Whether the `@` at a position stands between a name and a domain that ends in letters.
fn is_address(line: &str, at: usize) -> bool {
    let part = |character: char| character.is_ascii_alphanumeric() || "._+-".contains(character);
    let has_name = line[..at].chars().next_back().is_some_and(|last| part(last) && last != '.');
    let rest = &line[at + 1..];
    let domain = &rest[..rest.find(|character| !part(character)).unwrap_or(rest.len())];
    let ending = domain.trim_end_matches('.').rsplit_once('.').map_or("", |(_, ending)| ending);
    has_name && ending.len() >= 2 && ending.chars().all(|character| character.is_ascii_alphabetic())
}

fn find_any(path: &str, text: &str, words: &[&str], problem: fn(&str) -> String) -> Vec<Finding> {
    let numbered = text.lines().enumerate();
    let found = numbered.filter_map(|(index, line)| {
        let word = words.iter().find(|word| line.contains(**word))?;
        Some(Finding::at(path, index + 1, problem(word)))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::{HOSTS, LEFTOVERS, MACHINE, addresses, hosts, leftovers, machine};

    #[test]
    fn every_word_is_found_where_it_stands() {
        for (words, check) in
            [(LEFTOVERS, leftovers as fn(&str, &str) -> _), (MACHINE, machine), (HOSTS, hosts)]
        {
            for word in words {
                let findings: Vec<super::Finding> = check("a.md", &format!("fine\nsome {word} here\nfine"));
                assert_eq!(findings.len(), 1, "{word}");
                assert_eq!(findings[0].line, 2, "{word}");
            }
            assert!(check("a.md", "fine").is_empty());
        }
    }

    #[test]
    fn a_lock_file_names_the_usual_index_only() {
        let usual = concat!("source = \"registry+https://github.com/rust-lang/crates", ".io-index\"");
        assert!(hosts("Cargo.lock", usual).is_empty());
        assert_eq!(hosts("Cargo.lock", "source = \"sparse+https://mirror.example/\"").len(), 1);
    }

    #[test]
    fn an_address_is_not_a_version() {
        assert_eq!(addresses("a.md", concat!("write to someone", "@example.org.")).len(), 1);
        for line in ["@scope/package@0.1.1", "uses: actions/checkout@v4.2.2", "an @ alone", "@example.org"] {
            assert!(addresses("a.md", line).is_empty(), "{line}");
        }
    }
}
