//! The line of a model in a backtrace. Pure.

use std::backtrace::Backtrace;
use std::path::Path;

/// Folders of code that is not the model's: dependencies, the standard library, and this harness.
const FOREIGN: [&str; 9] = [
    "/registry/src/",
    "/git/checkouts/",
    "/rustc/",
    "/rustlib/",
    "harness/core/src/",
    "harness/explain/src/",
    "harness/repro/src/",
    "harness/worker/src/",
    "backends/device/src/",
];

/// The innermost line that belongs to whoever wrote the model: `scenarios/src/unet/resnet.rs:87`. A backtrace names
/// files relative to the current folder, `here`.
fn source_line(backtrace: &str, here: &Path) -> Option<String> {
    let places = backtrace.lines().filter_map(|line| line.trim().strip_prefix("at "));
    let foreign = |place: &str| {
        let whole = here.join(place.trim_start_matches("./")).display().to_string();
        FOREIGN.iter().any(|folder| whole.contains(folder))
    };
    let mut own = places.filter(|place| !foreign(place));
    let place = own.find(|place| place.contains(".rs:"))?;
    // Without the column, and without the folder of the workspace.
    let line = place.rsplit_once(':').map_or(place, |(line, _)| line);
    Some(line.trim_start_matches("./").to_owned())
}

/// The line of the model that asks for what happens now.
pub(crate) fn line_of_model() -> Option<String> {
    let here = std::env::current_dir().unwrap_or_default();
    source_line(&Backtrace::force_capture().to_string(), &here)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_line_of_the_models_own_is_told_without_its_column() {
        let backtrace = "\
   0: burn_repro_explain::lockstep::single::Single::next
             at ./harness/explain/src/lockstep/single.rs:60:22
   1: burn_tensor::tensor::api::float::Tensor<B,_>::matmul
             at /home/me/.cargo/registry/src/index-1/burn-tensor-0.21.0/src/tensor/api/float.rs:12:9
   2: my_models::attention::Attention<B>::forward
             at ./scenarios/src/unet/attention.rs:101:22
   3: my_models::block::forward
             at ./scenarios/src/unet/mid_block.rs:50:9";
        let here = Path::new("/home/me/burn-repro");
        let line = source_line(backtrace, here);
        assert_eq!(line.as_deref(), Some("scenarios/src/unet/attention.rs:101"));
        assert_eq!(source_line("no line", here), None);
        // Read from inside of the harness's own folder.
        let inside = backtrace.replace("./harness/", "./").replace("./scenarios/", "./examples/");
        let line = source_line(&inside, &here.join("harness"));
        assert_eq!(line.as_deref(), Some("examples/src/unet/attention.rs:101"));
    }
}
