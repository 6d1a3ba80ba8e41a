//! Another build of the program: stood in for by a script that says it holds autotune and fusion, and starts this very
//! program with a variable.

use libtest_mimic::Trial;

#[cfg(not(unix))]
pub fn trials() -> Vec<Trial> {
    Vec::new()
}

#[cfg(unix)]
pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("builds::the_plain_build_is_to_blame", unix::tuned_removes_it),
        Trial::test("builds::the_build_that_cargo_left_is_found", unix::found_beside),
        Trial::test("builds::another_build_is_not_to_blame", unix::tuned_is_not_to_blame),
        Trial::test("builds::what_is_no_other_build_is_refused", unix::refused),
    ]
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use libtest_mimic::Failed;

    use crate::folder::{blame, blame_of, check, said};
    use crate::pipeline::TUNED;

    /// A script that changes the report of this program with sed, and otherwise is this program.
    fn script(folder: &tempfile::TempDir, name: &str, sed: &str) -> PathBuf {
        let path = folder.path().join(name);
        let program = std::env::current_exe().unwrap();
        let program = program.display();
        let text = format!(
            "#!/bin/sh\nexport {TUNED}=1\n\
             if [ \"$1\" = __probe ]; then '{program}' \"$@\" | sed '{sed}'; else exec '{program}' \"$@\"; fi\n"
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    const FEATURES: &str = r#"s/"features":\[\]/"features":["autotune","fusion"]/g"#;

    pub fn tuned_removes_it() -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let tuned = script(&folder, "tuned", FEATURES);
        let mut command =
            blame(&["plain", "--backend", "flex", "--tuned", tuned.to_str().unwrap()]);
        let parts = [
            "the difference disappears with autotune and fusion: both; no other single setting",
            "autotune and fusion: tried with ",
        ];
        check(said(&mut command), 100, &parts)
    }

    /// As Cargo leaves them: the program, and below `deps` others of its name; the newest that can be of use counts.
    pub fn found_beside() -> Result<(), Failed> {
        // On the file system of the program, for the link.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let program = folder.path().join("repro");
        fs::hard_link(std::env::current_exe()?, &program)?;
        fs::create_dir(folder.path().join("deps"))?;
        let tuned = script(&folder, "deps/repro-0123456789abcdef", FEATURES);
        script(&folder, "deps/repro-fedcba9876543210", "d");
        script(&folder, "deps/other-0123456789abcdef", FEATURES);
        let arguments = ["plain", "--backend", "flex"];
        let tried = format!("tried with {}, built ", tuned.display());
        let removed = "the difference disappears with autotune and fusion: both; no other";
        check(said(&mut blame_of(&program, &arguments)), 100, &[&tried, removed])?;
        fs::remove_file(tuned)?;
        let cure = "`cargo tuned list` builds one with them beside it, and --tuned PATH names one";
        check(said(&mut blame_of(&program, &arguments)), 100, &[cure, "in the code or in a kernel"])
    }

    pub fn tuned_is_not_to_blame() -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let tuned = script(&folder, "tuned", FEATURES);
        let tuned = tuned.to_str().unwrap();
        let mut command =
            blame(&["threads", "--backend", "flex", "--threads", "2", "--tuned", tuned]);
        check(said(&mut command), 100, &["the difference disappears with threads: 1; no other"])
    }

    pub fn refused() -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let refused = |option: &str, name: &str, sed: &str, says: &str| {
            let path = script(&folder, name, sed);
            let path = path.to_str().unwrap();
            let arguments = ["threads", "--backend", "flex", "--threads", "2", option, path];
            check(said(&mut blame(&arguments)), 2, &[says])
        };
        refused("--tuned", "same", "s/x/x/", "as this binary is")?;
        refused("--plain", "tuned", FEATURES, "name it with --tuned")?;
        refused("--tuned", "mute", "d", "is no build of this program: the probe of cpu")?;
        let other = r#"s/"naga":"[0-9.]*"/"naga":"0.0.1"/g"#;
        refused("--tuned", "older", other, "differs from this binary in naga (")?;
        let arguments = ["threads", "--backend", "flex", "--tuned", "/none/such"];
        check(
            said(&mut blame(&arguments)),
            2,
            &["/none/such is no build of this program: No such file"],
        )
    }
}
