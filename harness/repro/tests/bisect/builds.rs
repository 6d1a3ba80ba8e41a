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
        Trial::test("builds::the_plain_build_is_the_cause", unix::tuned_removes_it),
        Trial::test("builds::another_build_is_not_the_cause", unix::tuned_is_not_the_cause),
        Trial::test("builds::what_is_no_other_build_is_refused", unix::refused),
    ]
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use libtest_mimic::Failed;

    use crate::command::{check, said};
    use crate::folder::bisect;
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
            bisect(&["plain", "--backend", "flex", "--tuned", tuned.to_str().unwrap()]);
        let path = tuned.canonicalize()?;
        let removed =
            format!("disappears with autotune and fusion: both ({}); no other", path.display());
        check(said(&mut command), 100, &[&removed])
    }

    pub fn tuned_is_not_the_cause() -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let tuned = script(&folder, "tuned", FEATURES);
        let tuned = tuned.to_str().unwrap();
        let mut command =
            bisect(&["threads", "--backend", "flex", "--threads", "2", "--tuned", tuned]);
        check(said(&mut command), 100, &["the difference disappears with threads: 1; no other"])
    }

    pub fn refused() -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let refused = |option: &str, name: &str, sed: &str, says: &str| {
            let path = script(&folder, name, sed);
            let path = path.to_str().unwrap();
            let arguments = ["threads", "--backend", "flex", "--threads", "2", option, path];
            check(said(&mut bisect(&arguments)), 2, &[says])
        };
        refused(
            "--tuned",
            "same",
            "s/x/x/",
            "like this binary: expected a build with other features",
        )?;
        refused("--plain", "tuned", FEATURES, "use --tuned for it")?;
        refused("--tuned", "mute", "d", "cannot read the features of ")?;
        let other = r#"s/"naga":"[0-9.]*"/"naga":"0.0.1"/g"#;
        refused("--tuned", "older", other, "differs from this binary in naga (")?;
        let arguments = ["threads", "--backend", "flex", "--tuned", "/none/such"];
        check(
            said(&mut bisect(&arguments)),
            2,
            &["cannot read the features of /none/such: No such file"],
        )
    }
}
