//! Panics of drivers and of the crates that talk to them, turned into words.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code that may panic because of what is installed on the machine.
///
/// `AssertUnwindSafe` is right here because callers drop everything the code had touched.
pub fn caught<T>(code: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(code)).map_err(|payload| panic_text(&*payload))
}

/// The message of a panic, on one line.
pub fn panic_text(payload: &(dyn Any + Send)) -> String {
    let message = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned());
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_message_on_one_line() {
        assert_eq!(caught(|| 7), Ok(7));
        assert_eq!(
            caught(|| -> u8 { panic!("no {}\n   device", "such") }),
            Err("no such device".to_owned())
        );
        assert_eq!(
            caught(|| -> u8 { std::panic::panic_any(3) }),
            Err("a panic without a message".to_owned())
        );
    }
}
