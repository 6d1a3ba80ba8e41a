//! Any bytes as what a worker puts out: answers among other output, or an error. What is read and written again reads the
//! same.
#![no_main]

use burn_repro_core::worker::Answer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut pipe = data;
    while let Ok(Some(answer)) = Answer::read(&mut pipe) {
        let written = write(&answer);
        let again = Answer::read(written.as_slice()).expect("what was written is read");
        assert_eq!(write(&again.expect("an answer")), written);
    }
});

fn write(answer: &Answer) -> Vec<u8> {
    let mut pipe = Vec::new();
    answer.write(&mut pipe).expect("an answer is written");
    pipe
}
