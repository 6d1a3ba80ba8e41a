//! Git LFS pointers: the few lines that git leaves in the place of a large file whose content was not fetched, as after
//! a clone without Git LFS or by a workflow without `lfs: true`.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How a pointer begins: today, and in the two formats before.
const BEGINNINGS: [&[u8]; 3] = [
    b"version https://git-lfs.github.com/spec/",
    b"version https://hawser.github.com/spec/",
    b"# git-media\n",
];

/// A pointer has some 130 bytes, with the extensions of its format a few more.
const LONGEST: usize = 1024;

/// Whether bytes are all of a pointer.
#[must_use]
pub fn is_pointer(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.len() <= LONGEST && BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}

/// Whether a file is a pointer; one that cannot be read is none.
#[must_use]
pub fn is_pointer_file(file: &Path) -> bool {
    let mut bytes = Vec::new();
    let read =
        File::open(file).and_then(|file| file.take(LONGEST as u64 + 1).read_to_end(&mut bytes));
    read.is_ok() && is_pointer(&bytes)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::today(
        "version https://git-lfs.github.com/spec/v1\noid sha256:19a6\nsize 25988\n",
        true
    )]
    #[case::windows(
        "version https://git-lfs.github.com/spec/v1\r\noid sha256:19a6\r\nsize 1\r\n",
        true
    )]
    #[case::edited(
        "\u{feff}version https://git-lfs.github.com/spec/v1\noid sha256:19a6\nsize 1\n",
        true
    )]
    #[case::extended(
        "version https://git-lfs.github.com/spec/v1\next-0-foo sha256:1\noid sha256:19a6\nsize 1\n",
        true
    )]
    #[case::before("version https://hawser.github.com/spec/v1\noid sha256:19a6\nsize 1\n", true)]
    #[case::golden("---\nsource: a\n---\nversion: 2\n", false)]
    #[case::words("see version https://git-lfs.github.com/spec/v1", false)]
    #[case::nothing("", false)]
    fn a_pointer_is_told_by_its_first_line(#[case] text: &str, #[case] pointer: bool) {
        assert_eq!(is_pointer(text.as_bytes()), pointer);
    }

    #[test]
    fn a_long_file_is_no_pointer_whatever_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        let line = "version https://git-lfs.github.com/spec/v1\n";
        std::fs::write(&file, line).unwrap();
        assert!(is_pointer_file(&file) && !is_pointer_file(folder.path()));
        std::fs::write(&file, line.repeat(100)).unwrap();
        assert!(!is_pointer_file(&file));
    }
}
