//! Shells in place of drivers: what is said of each end, how soon, and what is left behind.

use std::io::Cursor;

use super::*;

#[test]
fn a_line_without_an_end_is_cut() {
    let mut endless = BufReader::new(io::repeat(b'x'));
    assert_eq!(next_line(&mut endless).unwrap().len() as u64, LONGEST_LINE);
    let mut short = BufReader::new("one\ntwo".as_bytes());
    let lines = [next_line(&mut short), next_line(&mut short), next_line(&mut short)];
    assert_eq!(lines, [Some("one\n".to_owned()), Some("two".to_owned()), None]);
}

#[test]
fn the_last_lines_that_say_something_are_kept() {
    let many: String = (0..300).map(|number| format!("line {number}\n\n")).collect();
    let text = format!("{many}note: run with `RUST_BACKTRACE=1`\n{}", "x".repeat(1000));
    let said = Mutex::default();
    keep_last_lines(Cursor::new(text), &said);
    let said = said.into_inner().unwrap();
    assert_eq!((said.len(), said[0].as_str()), (KEPT_LINES, "line 101"));
    assert_eq!(said[KEPT_LINES - 1].len(), KEPT_CHARACTERS);
}

#[cfg(unix)]
mod shells {
    use rstest::rstest;

    use super::*;

    const PATIENT: Duration = Duration::from_secs(20);

    fn start(script: &str) -> Child<String> {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::piped());
        Child::start(&mut command, lines(|line| Some(line.trim().to_owned()))).unwrap()
    }

    /// Whether a process is there and is no zombie.
    #[cfg(target_os = "linux")]
    fn runs(process: &str) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{process}/status"));
        status.is_ok_and(|status| !status.contains("State:\tZ"))
    }

    #[test]
    fn what_is_told_is_answered() {
        let mut child = start("while read word; do echo \"$word $word\"; done");
        for word in ["one", "two"] {
            child.tell(word).unwrap();
            assert_eq!(child.next(PATIENT.into()).unwrap(), format!("{word} {word}"));
        }
    }

    #[rstest]
    #[case::code("exit 7", "ended with exit code 7")]
    #[case::nothing("exit 0", "ended with exit code 0")]
    #[case::segmentation_fault("kill -SEGV $$", "was killed by signal 11 (SIGSEGV)")]
    #[case::words(
        "echo a >&2; echo b >&2; kill -ABRT $$",
        "was killed by signal 6 (SIGABRT); its last output: a / b"
    )]
    #[case::closed_pipe("exec >&- 2>&-; sleep 60", "closed its pipe")]
    #[case::grandchild_with_the_pipe("sleep 60 & exit 3", "ended with exit code 3")]
    fn an_end_is_described(#[case] script: &str, #[case] how: &str) {
        let begun = Instant::now();
        let Err(Silence::Ended(end)) = start(script).next(PATIENT.into()) else {
            panic!("{script}")
        };
        assert_eq!(end.to_string(), how);
        assert!(begun.elapsed() < READING, "took {:?}", begun.elapsed());
    }

    #[test]
    fn what_it_said_before_its_end_is_heard() {
        let mut child = start("echo one; echo two; exit 3");
        thread::sleep(Duration::from_millis(300));
        assert_eq!(child.next(PATIENT.into()).unwrap(), "one");
        assert_eq!(child.next(PATIENT.into()).unwrap(), "two");
        assert!(matches!(child.next(PATIENT.into()), Err(Silence::Ended(_))));
    }

    #[test]
    fn what_a_message_overtook_is_heard_after_the_finish() {
        let mut child = start("echo answer; sleep 0.2; echo late >&2; cat >/dev/null");
        assert_eq!(child.next(PATIENT.into()).unwrap(), "answer");
        assert_eq!(child.take_said(), Vec::<String>::new());
        child.finish();
        assert_eq!(child.take_said(), ["late"]);
    }

    #[test]
    fn a_limit_of_time_is_kept() {
        let begun = Instant::now();
        let silence = start("trap '' TERM INT HUP; while :; do sleep 1; done")
            .next(Duration::from_millis(200).into())
            .unwrap_err();
        assert_eq!(silence.to_string(), "did not answer within 0.2 s");
        assert!(begun.elapsed() < GRACE * 4, "took {:?}", begun.elapsed());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_limit_of_memory_is_kept() {
        let limits = Limits { time: PATIENT, memory: Some(64 << 20) };
        // `head` keeps no more than it copies; the shell keeps what is substituted.
        let mut child = start("x=$(head -c 300000000 /dev/zero | tr '\\0' x); sleep 60");
        let silence = child.next(limits).unwrap_err();
        assert_eq!(silence.to_string(), "took more than 64 MiB");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_a_child_has_started_ends_with_it() {
        let mut child = start("sleep 60 & echo $!; sleep 60");
        let grandchild = child.next(PATIENT.into()).unwrap();
        assert!(runs(&grandchild));
        drop(child);
        let begun = Instant::now();
        while runs(&grandchild) {
            assert!(begun.elapsed() < PATIENT, "{grandchild} is left behind");
            thread::sleep(PAUSE);
        }
    }
}
