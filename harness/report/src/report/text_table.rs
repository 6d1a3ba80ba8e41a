//! The looks of all tables in text: ruled and dense, as wide as the terminal; and plain, as wide as its content. Pure.

use std::ops::Range;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, TableComponent, presets};

/// A table with a line between rows, fitted to the terminal.
#[must_use]
pub(crate) fn ruled<T: Into<Cell>>(head: impl IntoIterator<Item = T>) -> Table {
    table(presets::UTF8_HORIZONTAL_ONLY, ContentArrangement::Dynamic, head)
}

/// A table with more rows than a screen has lines: ruled at its head and its ends.
#[must_use]
pub fn dense<T: Into<Cell>>(head: impl IntoIterator<Item = T>) -> Table {
    let mut table = ruled(head);
    for part in [TableComponent::HorizontalLines, TableComponent::MiddleIntersections] {
        table.remove_style(part);
    }
    table
}

/// A table without lines; the columns of numbers stand to the right.
#[must_use]
pub fn plain<T: Into<Cell>>(head: impl IntoIterator<Item = T>, numbers: Range<usize>) -> Table {
    let mut table = table(presets::NOTHING, ContentArrangement::Disabled, head);
    for column in table.column_iter_mut().skip(numbers.start).take(numbers.len()) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn table<T: Into<Cell>>(
    preset: &str,
    arrangement: ContentArrangement,
    head: impl IntoIterator<Item = T>,
) -> Table {
    let mut table = Table::new();
    let head: Vec<Cell> = head.into_iter().map(Into::into).collect();
    table.load_preset(preset).set_content_arrangement(arrangement).set_header(head);
    table
}
