//! What a new proposal adds to files that are there: lines before a comment, or before a line of a table.

use anyhow::{Result, ensure};

/// Lines that go before the one line of a file that begins with `anchor`, as deep as that.
pub(super) struct Edit {
    pub(super) path: &'static str,
    pub(super) anchor: &'static str,
    pub(super) lines: &'static str,
}

pub(super) const EDITS: &[Edit] = &[
    Edit { path: "Cargo.toml", anchor: "# New proposals go here: members.", lines: "\"wasi-{{name}}\"," },
    Edit {
        path: "Cargo.toml",
        anchor: "# New proposals go here: default members.",
        lines: "\"wasi-{{name}}\",",
    },
    Edit {
        path: "Cargo.toml",
        anchor: "# New proposals go here: dependencies.",
        lines: "wasi-{{name}} = { path = \"wasi-{{name}}\", version = \"0.1.0\", default-features = false }",
    },
    Edit {
        path: "wasi-policy/src/matrix.rs",
        anchor: "// New rows go here.",
        lines: include_str!("templates/row.in"),
    },
    Edit { path: "wasi-policy/src/matrix.rs", anchor: "// New proposals go here.", lines: "{{CONST}}," },
    Edit {
        path: "wasi-facade/Cargo.toml",
        anchor: "# New proposals go here: features.",
        lines: "{{name}} = [\"dep:wasi-{{name}}\"]",
    },
    Edit {
        path: "wasi-facade/Cargo.toml",
        anchor: "# New proposals go here: the command.",
        lines: "\"{{name}}\",",
    },
    Edit {
        path: "wasi-facade/Cargo.toml",
        anchor: "# New proposals go here: dependencies.",
        lines: "wasi-{{name}} = { workspace = true, optional = true }",
    },
    Edit {
        path: "wasi-facade/src/lib.rs",
        anchor: "//! | `wasmtime` ",
        lines: "//! | `{{name}}` | no | `{{module}}`: [`{{ident}}`] |",
    },
    Edit {
        path: "wasi-facade/src/lib.rs",
        anchor: "// New proposals go here.",
        lines: "#[cfg(feature = \"{{name}}\")]\npub use wasi_{{ident}} as {{ident}};",
    },
    Edit {
        path: "wasi-facade/src/suite.rs",
        anchor: "// New proposals go here.",
        lines: "With{{Type}} = \"{{name}}\" => wasi_{{ident}}::{{Type}};",
    },
    Edit {
        path: "wasi-facade/src/host/contexts.rs",
        anchor: "// New proposals go here.",
        lines: "#[cfg(feature = \"{{name}}\")]\n\
                let contexts = contexts.with::<wasi_{{ident}}::{{Type}}>(Default::default());",
    },
    Edit {
        path: "rfcs/README.md",
        anchor: "<!-- New proposals go here. -->",
        lines: "| [{{number}}]({{number}}-wasi-{{name}}.md) | `wasi-{{name}}` |",
    },
    Edit {
        path: "README.md",
        anchor: "| [`wasi-facade`](wasi-facade)",
        lines: "| [`wasi-{{name}}`](wasi-{{name}}) | `{{module}}` |",
    },
];

impl Edit {
    /// The text with `lines` before the anchor.
    pub(super) fn apply(&self, text: &str, lines: &str) -> Result<String> {
        let is_anchor = |line: &&str| line.trim_start().starts_with(self.anchor);
        let found = text.lines().filter(is_anchor).count();
        let (path, anchor) = (self.path, self.anchor);
        ensure!(found > 0, "{path} has no line `{anchor}`, before which new proposals go; put it back");
        ensure!(found == 1, "{path} has the line `{anchor}` {found} times, and nobody knows which is meant");
        let mut result = String::with_capacity(text.len() + lines.len());
        for line in text.split_inclusive('\n') {
            if is_anchor(&line) {
                let indent = &line[..line.len() - line.trim_start().len()];
                for new in lines.lines() {
                    let indent = if new.is_empty() { "" } else { indent };
                    result += &format!("{indent}{new}\n");
                }
            }
            result += line;
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::Edit;

    const EDIT: Edit = Edit { path: "a.rs", anchor: "// Here.", lines: "" };

    #[test]
    fn lines_go_before_the_anchor_and_as_deep() {
        let text = "a(\n    b,\n    // Here.\n)\n";
        assert_eq!(EDIT.apply(text, "c,\n\nd,").unwrap(), "a(\n    b,\n    c,\n\n    d,\n    // Here.\n)\n");
    }

    #[test]
    fn the_anchor_is_there_once() {
        let error = EDIT.apply("a", "b").unwrap_err().to_string();
        assert_eq!(error, "a.rs has no line `// Here.`, before which new proposals go; put it back");
        let error = EDIT.apply("// Here.\n// Here.\n", "b").unwrap_err().to_string();
        assert_eq!(error, "a.rs has the line `// Here.` 2 times, and nobody knows which is meant");
    }
}
