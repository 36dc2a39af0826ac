//! `docs/STAGING.md`: what stages allow and ask, where the proposals stand, and where they run.

use super::Standing;
use super::demands::{self, Demands};
use super::evidence::Gap;
use crate::platforms;
use crate::table::table;
use wasi_policy::{Platform, Stage};

/// The whole page.
pub(super) fn page(standings: &[Standing<'_>]) -> String {
    format!(
        "# Staging\n\n\
         Written by `cargo xtask staging --write` from `wasi-policy/src/matrix.rs` and held to it by `cargo xtask \
         staging`.\nChange the matrix, not this page.\n\n\
         ## What a stage allows and asks\n\n\
         A proposal may be stricter than its stage, never laxer: a laxer row does not compile.\n\n{}\n\
         ## Where the proposals stand\n\n{}\n\
         Where nothing ran, a proposal asks for its flag.\n\n\
         ## What the next stage would ask\n\n{}\n\
         ## Where they run\n\n{}",
        stages(),
        proposals(standings),
        next(standings),
        platforms::page()
    )
}

fn stages() -> String {
    let may = |yes| if yes { "may be" } else { "never" }.to_owned();
    let rows = Stage::ALL.map(|stage| {
        let Demands { platforms, all_engines, is_complete } = demands::of(stage);
        [
            stage.number().to_string(),
            stage.phase().to_owned(),
            may(stage.may_compile_by_default()),
            may(stage.may_link_without_flag()),
            if platforms.is_empty() { "any platform".to_owned() } else { names(platforms) },
            if all_engines { "all engines" } else { "any engine" }.to_owned(),
            if is_complete { "a complete RFC, all public items, a changelog" } else { "an RFC" }.to_owned(),
        ]
    });
    let [compiled, linked] = ["compiled in by default", "linked without a flag"];
    table(
        [
            "stage:",
            "phase",
            compiled,
            linked,
            "tests pass (in CI, under Wine) on",
            "smoke test on",
            "written down",
        ],
        &rows,
    )
}

/// A line for each proposal.
pub(super) fn proposals(standings: &[Standing<'_>]) -> String {
    let row = |Standing { row, rfc, evidence, now, .. }: &Standing<'_>| {
        let name = row.name();
        [
            format!("`wasi-{name}`"),
            row.stage().number().to_string(),
            if row.is_compiled_by_default() { "yes" } else { "no" }.to_owned(),
            if row.is_linked_without_flag() { "yes".to_owned() } else { format!("no, `-S {name}`") },
            evidence
                .iter()
                .map(|(platform, seen)| format!("{platform} ({seen})"))
                .collect::<Vec<_>>()
                .join(", "),
            rfc.trim_start_matches("rfcs/").trim_end_matches(".md").to_owned(),
            whats(now),
        ]
    };
    let rows: Vec<_> = standings.iter().map(row).collect();
    let [compiled, linked] = ["compiled in by default", "linked without a flag"];
    table(["proposal", "stage:", compiled, linked, "platforms", "RFC", "lacks for its stage"], &rows)
}

fn next(standings: &[Standing<'_>]) -> String {
    let row = |Standing { row, next, .. }: &Standing<'_>| {
        let stage = demands::next(row.stage()).map_or("-".to_owned(), |stage| stage.number().to_string());
        [format!("`wasi-{}`", row.name()), stage, whats(next)]
    };
    let rows: Vec<_> = standings.iter().map(row).collect();
    table(["proposal", "next stage:", "would need"], &rows)
}

fn whats(gaps: &[Gap]) -> String {
    let whats: Vec<_> = gaps.iter().map(|gap| gap.what.as_str()).collect();
    if whats.is_empty() { "nothing".to_owned() } else { whats.join("; ") }
}

fn names(platforms: &[Platform]) -> String {
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Gap, Standing, next, page, proposals};
    use wasi_policy::{Descriptor, Platform, Stage};

    const PROBE: Descriptor =
        Descriptor::new("probe", Stage::One).with_platforms(&[Platform::Linux]).compiled_by_default();

    fn cells(table: &str) -> Vec<&str> {
        table.lines().nth(2).unwrap().split('|').map(str::trim).collect()
    }

    #[test]
    fn a_proposal_has_a_line_and_the_page_every_stage_and_target() {
        let gap = |what: &str| Gap { what: what.into(), fix: "write it".into() };
        let evidence = [("Linux".to_owned(), "in CI".to_owned())].into();
        let gaps = vec![gap("a changelog"), gap("a smoke test on wasmi")];
        let standings =
            [Standing { row: &PROBE, rfc: "rfcs/0009-wasi-probe.md", evidence, now: Vec::new(), next: gaps }];
        let expected = [
            "",
            "`wasi-probe`",
            "1",
            "yes",
            "no, `-S probe`",
            "Linux (in CI)",
            "0009-wasi-probe",
            "nothing",
            "",
        ];
        assert_eq!(cells(&proposals(&standings)), expected);
        assert_eq!(
            cells(&next(&standings)),
            ["", "`wasi-probe`", "2", "a changelog; a smoke test on wasmi", ""]
        );
        let page = page(&standings);
        assert!(page.contains("x86_64-unknown-linux-gnu"));
        assert!(Stage::ALL.iter().all(|stage| page.contains(stage.phase())), "{page}");
    }
}
