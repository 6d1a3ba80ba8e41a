//! The two looks of tables in text: ruled, as wide as the terminal; and plain, as wide as its content. Pure.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// A table with a line between rows, fitted to the terminal.
pub(super) fn ruled<T: Into<Cell>>(head: impl IntoIterator<Item = T>) -> Table {
    table(presets::UTF8_HORIZONTAL_ONLY, ContentArrangement::Dynamic, head)
}

/// A table without lines, of which the first columns hold that many numbers.
pub(super) fn plain<T: Into<Cell>>(head: impl IntoIterator<Item = T>, numbers: usize) -> Table {
    let mut table = table(presets::NOTHING, ContentArrangement::Disabled, head);
    for column in table.column_iter_mut().take(numbers) {
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
