//! Who agrees with whom bit for bit, by the hashes of the outputs. Pure.

use std::collections::BTreeMap;

use super::{Located, Matrix};
use burn_repro_core::evaluate::CellReport;

/// The hash of every output, by name.
type Bits<'a> = Vec<(&'a str, &'a str)>;

/// What a cell put out, by the hashes; nothing where it put out nothing.
fn bits(report: &CellReport) -> Option<Bits<'_>> {
    let bits: Bits<'_> = report
        .outputs
        .iter()
        .map(|(name, output)| (name.as_str(), output.sha256.as_str()))
        .collect();
    let known = !bits.is_empty() && bits.iter().all(|(_, hash)| !hash.is_empty());
    known.then_some(bits)
}

/// The other cells of its scenario that have the same bits.
#[must_use]
pub fn same_bits<'a>(matrix: &'a Matrix, of: Located<'_>) -> Vec<Located<'a>> {
    let own = &of.cell.report;
    let Some(bits_of_own) = bits(own) else { return Vec::new() };
    let same = |other: &Located<'_>| {
        let report = &other.cell.report;
        let itself = other.machine.name == of.machine.name && report.target == own.target;
        report.scenario == own.scenario && !itself && bits(report).as_ref() == Some(&bits_of_own)
    };
    matrix.cells().filter(same).collect()
}

/// A target of a machine.
pub type Column<'a> = (&'a str, &'a str);

/// Targets, each with its machine, that have the same bits in every scenario that they share, at least one; each in one
/// group, the largest first. Targets that agree with no other are in no group.
#[must_use]
pub(crate) fn bit_groups(matrix: &Matrix) -> Vec<Vec<Column<'_>>> {
    let mut columns: BTreeMap<Column<'_>, BTreeMap<&str, Bits<'_>>> = BTreeMap::new();
    for Located { machine, cell } in matrix.cells() {
        if let Some(bits) = bits(&cell.report) {
            let column = columns.entry((&cell.report.target, &machine.name)).or_default();
            column.insert(&cell.report.scenario, bits);
        }
    }
    let agree = |left: &Column<'_>, right: &Column<'_>| {
        let (left, right) = (&columns[left], &columns[right]);
        let mut shared =
            left.iter().filter_map(|(scenario, bits)| Some((bits, right.get(scenario)?)));
        let mut any = false;
        shared.all(|(left, right)| {
            any = true;
            left == right
        }) && any
    };
    let mut groups: Vec<Vec<Column<'_>>> = Vec::new();
    for column in columns.keys() {
        match groups.iter_mut().find(|group| group.iter().all(|other| agree(other, column))) {
            Some(group) => group.push(*column),
            None => groups.push(vec![*column]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}
