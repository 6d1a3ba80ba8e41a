//! What "unchanged" means to insta: the same text but for where it was recorded, its numbers within
//! the reference's bound, and the same elements.

use insta::internals::SnapshotContents;
use insta::{Comparator, Snapshot};

use super::REFERENCE_BOUND;
use super::text::GoldenText;

/// Compares both halves of a golden.
///
/// Elements are compared byte by byte: a reference that agrees with its golden hands in the golden's
/// own bytes (see `snapshot`). What cannot be read never matches, so that a damaged golden shows up as
/// changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReferenceComparator;

impl Comparator for ReferenceComparator {
    fn matches(&self, reference: &Snapshot, test: &Snapshot) -> bool {
        match (reference.contents(), test.contents()) {
            (SnapshotContents::Text(reference), SnapshotContents::Text(test)) => {
                texts_match(&reference.to_string(), &test.to_string())
            }
            (SnapshotContents::Binary(Some(reference)), SnapshotContents::Binary(Some(test))) => {
                reference == test
            }
            _ => false,
        }
    }

    fn dyn_clone(&self) -> Box<dyn Comparator> {
        Box::new(*self)
    }
}

fn texts_match(reference: &str, test: &str) -> bool {
    match (GoldenText::parse(reference), GoldenText::parse(test)) {
        (Ok(reference), Ok(test)) => test.agrees(&reference, REFERENCE_BOUND),
        _ => false,
    }
}
