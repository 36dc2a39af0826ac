//! `docs/STAGING.md`: what stages allow and ask, where the proposals stand, and where they run.

use super::Standing;
use crate::platforms;
use crate::table::{Column, Table};
use wasi_policy::{Descriptor, Documentation, Engines, Platform, Stage};

/// The whole page.
pub(super) fn page(standings: &[Standing], rows: &[Descriptor]) -> String {
    format!(
        "# Staging\n\n\
         Written by `cargo xtask staging --write` from `wasi-policy/src/matrix.rs` and held to it by `cargo xtask \
         staging`.\nChange the matrix, not this page.\n\n\
         ## What a stage allows and asks\n\n\
         A proposal may be stricter than its stage, never laxer: a laxer row does not compile.\n\n{}\n\
         ## Where the proposals stand\n\n{}\n\
         ## What the next stage would ask\n\n{}\n\
         ## Where they run\n\n{}",
        stages(),
        proposals(standings, rows),
        next(standings, rows),
        platforms::page()
    )
}

fn stages() -> String {
    let mut table = Table::new(&[
        Column::Number("stage"),
        Column::Text("phase"),
        Column::Text("compiled in by default"),
        Column::Text("linked without a flag"),
        Column::Text("tests pass on"),
        Column::Text("smoke test on"),
        Column::Text("written down"),
    ]);
    for stage in Stage::ALL {
        let demands = stage.demands();
        table.row([
            stage.number().to_string(),
            stage.phase().to_owned(),
            may(stage.may_compile_by_default()).to_owned(),
            may(stage.may_link_without_flag()).to_owned(),
            match demands.platforms.platforms() {
                [] => "any platform".to_owned(),
                platforms => names(platforms),
            },
            match demands.engines {
                Engines::Any => "any engine".to_owned(),
                Engines::All => "all engines".to_owned(),
            },
            match demands.documentation {
                Documentation::Argued => "an RFC".to_owned(),
                Documentation::Complete => "a complete RFC, all public items, a changelog".to_owned(),
            },
        ]);
    }
    table.to_string()
}

/// A line for each proposal.
pub(super) fn proposals(standings: &[Standing], rows: &[Descriptor]) -> String {
    let mut table = Table::new(&[
        Column::Text("proposal"),
        Column::Number("stage"),
        Column::Text("compiled in by default"),
        Column::Text("linked without a flag"),
        Column::Text("platforms"),
        Column::Text("RFC"),
        Column::Text("lacks for its stage"),
    ]);
    for (row, standing) in rows.iter().zip(standings) {
        table.row([
            format!("`wasi-{}`", row.name()),
            row.stage().number().to_string(),
            yes_no(row.is_compiled_by_default()).to_owned(),
            match row.is_linked_without_flag() {
                true => "yes".to_owned(),
                false => format!("no, `-S {}`", row.name()),
            },
            names(row.supported_platforms()),
            row.rfc_path().trim_start_matches("rfcs/").trim_end_matches(".md").to_owned(),
            whats(&standing.now),
        ]);
    }
    table.to_string()
}

fn next(standings: &[Standing], rows: &[Descriptor]) -> String {
    let mut table =
        Table::new(&[Column::Text("proposal"), Column::Number("next stage"), Column::Text("would need")]);
    for (row, standing) in rows.iter().zip(standings) {
        let stage = row.stage().next().map_or("-".to_owned(), |stage| stage.number().to_string());
        table.row([format!("`wasi-{}`", row.name()), stage, whats(&standing.next)]);
    }
    table.to_string()
}

fn whats(gaps: &[super::evidence::Gap]) -> String {
    match gaps {
        [] => "nothing".to_owned(),
        gaps => gaps.iter().map(|gap| gap.what.as_str()).collect::<Vec<_>>().join("; "),
    }
}

fn names(platforms: &[Platform]) -> String {
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn may(yes: bool) -> &'static str {
    if yes { "may be" } else { "never" }
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use super::{next, page, proposals};
    use crate::staging::Standing;
    use crate::staging::evidence::Gap;
    use wasi_policy::{Descriptor, Platform, Stage};

    const PROBE: Descriptor = Descriptor::new("probe", Stage::One)
        .rfc("rfcs/0009-wasi-probe.md")
        .platforms(&[Platform::Linux])
        .compiled_by_default();

    fn standing() -> Standing {
        let gap = |what: &str| Gap { what: what.into(), mend: "write it".into() };
        Standing { now: Vec::new(), next: vec![gap("a changelog"), gap("a smoke test on wasmi")] }
    }

    #[test]
    fn a_proposal_has_a_line() {
        let table = proposals(&[standing()], &[PROBE]);
        let cells: Vec<_> = table.lines().nth(2).unwrap().split('|').map(str::trim).collect();
        let expected =
            ["", "`wasi-probe`", "1", "yes", "no, `-S probe`", "Linux", "0009-wasi-probe", "nothing", ""];
        assert_eq!(cells, expected);
        let table = next(&[standing()], &[PROBE]);
        let cells: Vec<_> = table.lines().nth(2).unwrap().split('|').map(str::trim).collect();
        assert_eq!(cells, ["", "`wasi-probe`", "2", "a changelog; a smoke test on wasmi", ""]);
    }

    #[test]
    fn the_page_has_every_stage_and_every_target() {
        let page = page(&[standing()], &[PROBE]);
        for stage in Stage::ALL {
            assert!(page.contains(stage.phase()), "{stage}");
        }
        assert!(page.contains("x86_64-unknown-linux-gnu"));
    }
}
