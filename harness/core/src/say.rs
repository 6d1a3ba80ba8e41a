//! What the programs say to people, on standard output and on standard error. Words are made safe for a terminal here, so
//! that no caller can forget it. A reader that has gone, as `| head` does, is not a failure.

use std::io::{self, Write};

use crate::escape;

/// Prints words.
pub fn say(text: &str) {
    print_as_it_is(&escape::terminal(text));
}

/// Prints JSON, which keeps its words, or a table whose colours would be written out; its own words are safe already.
pub fn print_as_it_is(text: &str) {
    write(&mut io::stdout().lock(), text);
}

/// Writes a line to standard error.
pub fn tell(line: &str) {
    tell_as_it_is(&format!("{}\n", escape::terminal(line)));
}

/// As [`print_as_it_is`], on standard error.
pub fn tell_as_it_is(text: &str) {
    write(&mut io::stderr().lock(), text);
}

fn write(stream: &mut impl Write, text: &str) {
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}
