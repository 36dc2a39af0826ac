//! The rule about the roots of the libraries: the lints without which a guest could end its host.

use super::{Finding, Texts, TreeRule};
use toml::Table;

/// What each root says. `clippy.toml` spares tests the first line; casts have no such option.
const LINTS: [&str; 2] = [
    "#![deny(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]\n",
    "#![cfg_attr(not(test), deny(clippy::as_conversions))]\n",
];

pub(super) const RULES: &[TreeRule] = &[TreeRule {
    name: "panics",
    fix: "give the library's root the lines that wasi-policy/src/lib.rs has",
    check: panics,
}];

/// The libraries are the default members of the workspace: what others build upon.
fn panics(texts: &Texts) -> Vec<Finding> {
    let manifest = texts.get("Cargo.toml").and_then(|text| text.parse::<Table>().ok()).unwrap_or_default();
    let members =
        manifest.get("workspace").and_then(|workspace| workspace.get("default-members")?.as_array());
    let Some(members) = members.filter(|members| !members.is_empty()) else {
        return vec![Finding::whole("Cargo.toml", "names no default members, which are the libraries")];
    };
    let roots = members.iter().filter_map(|member| Some(format!("{}/src/lib.rs", member.as_str()?)));
    let lacks = roots.filter_map(|root| {
        let text = texts.get(&root).map(String::as_str).unwrap_or_default();
        let lint = LINTS.iter().find(|lint| !text.contains(**lint))?;
        Some(Finding::whole(&root, format!("lacks `{}`", lint.trim_end())))
    });
    lacks.collect()
}

#[cfg(test)]
mod tests {
    use super::{LINTS, Texts, panics};

    #[test]
    fn every_library_denies_panics_and_casts() {
        let manifest = "[workspace]\nmembers = ['a', 'b/c', 'tool']\ndefault-members = ['a', 'b/c']";
        let whole = format!("//! A crate.\n{}", LINTS.concat());
        let found = |a: &str, c: &str| {
            let texts = [("Cargo.toml", manifest), ("a/src/lib.rs", a), ("b/c/src/lib.rs", c)];
            let texts: Texts = texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
            panics(&texts).into_iter().map(|finding| finding.path).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found(&whole, &whole), "");
        for lint in LINTS {
            let lacking = whole.replace(lint, "");
            assert_eq!(found(&whole, &lacking), "b/c/src/lib.rs", "{lint}");
            assert_eq!(found(&lacking, &lacking), "a/src/lib.rs b/c/src/lib.rs", "{lint}");
        }
        assert_eq!(panics(&Texts::new())[0].path, "Cargo.toml");
    }
}
