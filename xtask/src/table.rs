//! Tables for people: Markdown that is aligned, so that a file and a terminal show the same.

use std::array::from_fn;

/// A table of rows below headings. A heading that ends in a colon, which is not shown, is of figures, which stand right.
pub(crate) fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]]) -> String {
    let rows: Vec<_> = rows.iter().map(|row| row.each_ref().map(|cell| cell.replace('|', "\\|"))).collect();
    let heads = headings.map(|heading| heading.trim_end_matches(':').to_owned());
    let widths: [usize; N] = from_fn(|at| {
        let cells = rows.iter().chain([&heads]).map(|row| row[at].chars().count());
        // A rule of fewer than three dashes is none to some readers of Markdown.
        cells.fold(3, usize::max)
    });
    let is_right = |at: usize| headings[at].ends_with(':');
    let rule = from_fn(|at| match is_right(at) {
        true => "-".repeat(widths[at] - 1) + ":",
        false => "-".repeat(widths[at]),
    });
    let line = |row: &[String; N]| {
        let cell = |at: usize| match (is_right(at), &row[at], widths[at]) {
            (true, cell, width) => format!("{cell:>width$}"),
            (false, cell, width) => format!("{cell:<width$}"),
        };
        format!("| {} |\n", from_fn::<_, N, _>(cell).join(" | "))
    };
    [&heads, &rule].into_iter().chain(&rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn words_stand_left_and_figures_right() {
        let rows = [["fmt", "1.5"], ["a|b", ""]].map(|row| row.map(str::to_owned));
        let expected = "| what | how much |\n\
                        | ---- | -------: |\n\
                        | fmt  |      1.5 |\n\
                        | a\\|b |          |\n";
        assert_eq!(table(["what", "how much:"], &rows), expected);
    }
}
