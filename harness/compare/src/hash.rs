//! SHA-256 in the one spelling used everywhere: lowercase hex.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Lowercase hex of bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    text
}

/// SHA-256 of bytes, in lowercase hex.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 over the little-endian bytes of `f32` values, in lowercase hex.
#[must_use]
pub fn sha256_of_f32(parts: &[&[f32]]) -> String {
    let mut hasher = Sha256::new();
    let mut bytes = [0_u8; 4096];
    for part in parts.iter().flat_map(|values| values.chunks(1024)) {
        for (slot, value) in bytes.as_chunks_mut().0.iter_mut().zip(part) {
            *slot = value.to_le_bytes();
        }
        hasher.update(&bytes[..size_of_val(part)]);
    }
    hex(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_hashed_as_their_bytes() {
        let values: Vec<f32> = (0..3000).map(|index| index as f32 * 0.1).collect();
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let (first, rest) = values.split_at(1500);
        assert_eq!(sha256_of_f32(&[first, &[], rest]), sha256_hex(&bytes));
    }
}
