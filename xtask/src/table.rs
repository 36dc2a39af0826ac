//! Tables for people: Markdown that is aligned, so that a file and a terminal show the same.

use std::fmt;

/// A heading, and how the cells below it are aligned.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    /// Words, from the left.
    Text(&'static str),
    /// Figures, from the right.
    Number(&'static str),
}

/// Headings with rows below them.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row, whose cells are in the order of the columns; those that it lacks are empty.
    pub(crate) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(|cell| cell.into().replace('|', "\\|")).collect());
    }
}

impl Column {
    fn heading(self) -> &'static str {
        let (Self::Text(heading) | Self::Number(heading)) = self;
        heading
    }

    fn align(self, cell: &str, width: usize) -> String {
        match self {
            Self::Text(_) => format!("{cell:<width$}"),
            Self::Number(_) => format!("{cell:>width$}"),
        }
    }

    fn rule(self, width: usize) -> String {
        match self {
            Self::Text(_) => "-".repeat(width),
            Self::Number(_) => format!("{}:", "-".repeat(width.saturating_sub(1))),
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |at: usize, column: &Column| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count());
            // A rule of fewer than three dashes is none to some readers of Markdown.
            cells.chain([column.heading().chars().count(), 3]).max().unwrap_or_default()
        };
        let columns: Vec<_> =
            self.columns.iter().enumerate().map(|(at, column)| (*column, width(at, column))).collect();
        let mut line = |cells: &[String]| {
            let empty = String::new();
            let cells = cells.iter().chain(std::iter::repeat(&empty));
            let cells: Vec<_> =
                columns.iter().zip(cells).map(|((column, width), cell)| column.align(cell, *width)).collect();
            writeln!(f, "| {} |", cells.join(" | "))
        };
        line(&columns.iter().map(|(column, _)| column.heading().to_owned()).collect::<Vec<_>>())?;
        line(&columns.iter().map(|(column, width)| column.rule(*width)).collect::<Vec<_>>())?;
        self.rows.iter().try_for_each(|row| line(row))
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Table};

    #[test]
    fn words_stand_left_and_figures_right() {
        let mut table = Table::new(&[Column::Text("what"), Column::Number("how much")]);
        table.row(["fmt", "1.5"]);
        table.row(["a|b"]);
        let expected = "| what | how much |\n\
                        | ---- | -------: |\n\
                        | fmt  |      1.5 |\n\
                        | a\\|b |          |\n";
        assert_eq!(table.to_string(), expected);
    }
}
