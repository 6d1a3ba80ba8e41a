//! One trial for each mistake, and those for what surrounds them.

use std::path::Path;

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

use crate::command::{self, WITHOUT_VULKAN, check, said};

/// A mistake, the layer that is wrong by itself, and what is said of it.
const MISTAKES: [(&str, &str, &str); 14] = [
    ("epsilon", "block.norm1", "eps: torch's is 1e-6, here it is 1e-5"),
    ("gelu-tanh", "block.act", "tanh"),
    ("relu", "silu", "ReLU"),
    ("untransposed", "block.fc1", "transposed"),
    ("no-bias", "head", "bias"),
    ("kernel-axes", "conv", "axes"),
    ("batch-norm-epsilon", "bn", "eps: torch's is 1e-5, here it is 1e-3"),
    ("batch-statistics", "bn", "batch"),
    ("no-scale", "block.attn", "scale"),
    ("heads", "block.attn", "heads"),
    ("key-and-query", "block.attn", "query"),
    ("padding-not-counted", "pool", "count_include_pad"),
    ("softmax-axis", "softmax", "dimension 0"),
    ("token-order", "block/input", ""),
];

type Told = fn() -> Result<(), Failed>;

pub fn all() -> Vec<Trial> {
    let mistakes = MISTAKES.map(|(mistake, layer, words)| {
        Trial::test(format!("mistake::{mistake}"), move || is_named(mistake, layer, words))
    });
    let others: [(&str, Told); 12] = [
        ("a_missing_file_is_red_where_files_are_required", a_missing_file),
        ("a_panic_names_the_module_and_its_line", a_panic),
        ("a_golden_that_differs_from_the_reference_is_refused", a_witness),
        ("a_golden_folder_that_is_a_file_is_refused", a_golden_file),
        ("a_misspelt_golden_folder_is_not_made", a_misspelt_golden_folder),
        ("a_port_that_draws_on_the_device_is_refused_a_golden", a_random_port),
        ("a_right_port_has_parity_on_every_target", a_right_port_has_parity),
        ("two_mistakes_are_both_named", two_mistakes_are_both_named),
        ("the_code_between_modules_is_named_by_what_it_gives", no_residual),
        ("a_run_is_red_and_says_that_the_port_differs", a_run_says_that_the_port_differs),
        ("without_a_reference_the_help_names_the_script", without_a_reference),
        ("the_script_is_printed_whole", the_script_is_printed),
    ];
    let others = others.map(|(name, trial)| Trial::test(name, trial));
    mistakes.into_iter().chain(others).collect()
}

/// A folder with the port, and a scenario that makes these mistakes.
fn folder(mistakes: &str) -> TempDir {
    let folder = command::empty_folder();
    let text = format!(
        "version: 1\npipeline: port\nparams: {{ mistakes: [{mistakes}] }}\nbackends: [cpu]\n\
         inputs: {{ images: \"reference.safetensors#inputs/images\" }}\n\
         reference: {{ file: reference.safetensors, source: PyTorch 2.3.1 }}\n"
    );
    let scenarios = folder.path().join("scenarios");
    std::fs::write(scenarios.join("port.yaml"), text).unwrap();
    std::fs::write(
        scenarios.join("reference.safetensors"),
        include_bytes!("reference.safetensors"),
    )
    .unwrap();
    folder
}

fn repro(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    said(command::command(folder, "command-line", arguments).envs(WITHOUT_VULKAN))
}

/// The rows of the table that are marked.
fn marked(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains("<-")).map(str::trim).collect()
}

fn is_named(mistake: &str, layer: &str, words: &str) -> Result<(), Failed> {
    let folder = folder(mistake);
    let (code, text) = repro(folder.path(), &["parity", "port", "--only-f64"]);
    let rows = marked(&text);
    match rows[..] {
        [row] if row.starts_with(layer) && row.contains(words) && code == Some(100) => Ok(()),
        _ => Err(format!("exit code {code:?}, expected {layer} with {words:?}\n{text}").into()),
    }
}

fn a_right_port_has_parity() -> Result<(), Failed> {
    let folder = folder("");
    let told = repro(folder.path(), &["parity", "port"]);
    if !marked(&told.1).is_empty() {
        return Err(told.1.into());
    }
    check(
        told,
        0,
        &[
            "flex in f64",
            "flex in f32",
            "ndarray in f32",
            "all 15 layers give what PyTorch 2.3.1 gives",
        ],
    )
}

fn two_mistakes_are_both_named() -> Result<(), Failed> {
    let folder = folder("epsilon, gelu-tanh");
    let (code, text) = repro(folder.path(), &["parity", "port"]);
    let rows = marked(&text);
    let in_f64 = rows.get(..2).unwrap_or_default();
    match in_f64[..] {
        _ if rows.len() != 6 => Err(format!("{} rows of three tables\n{text}", rows.len()).into()),
        [first, second] if first.starts_with("block.norm1") && second.starts_with("block.act") => {
            check(
                (code, text),
                100,
                &["2 of 15 layers are wrong", "the first is block.norm1", "model.rs:"],
            )
        }
        _ => Err(text.into()),
    }
}

fn no_residual() -> Result<(), Failed> {
    let folder = folder("no-residual");
    let (code, text) = repro(folder.path(), &["parity", "port", "--only-f64"]);
    let rows = marked(&text);
    let names: Vec<&str> = rows.iter().filter_map(|row| row.split_whitespace().next()).collect();
    // What goes into norm2 goes round it, too.
    let expected = names == ["block.norm2/input", "block"] && code == Some(100);
    if expected { Ok(()) } else { Err(format!("{code:?}\n{text}").into()) }
}

/// The golden is the port's own, so that it agrees: what is wrong from the start is seen beside the reference alone.
fn a_run_says_that_the_port_differs() -> Result<(), Failed> {
    let folder = folder("epsilon");
    let _ =
        said(command::command(folder.path(), "gate", &["port::reference"]).envs(WITHOUT_VULKAN));
    let told = repro(folder.path(), &["golden", "accept", "port", "--because", "for a test"]);
    check(told, 0, &["accepted"])?;
    let told = repro(folder.path(), &["golden", "show", "port"]);
    check(told, 0, &["probabilities [2, 5]: abs_sum 2.0000000", "flex off by", "ndarray off by"])?;
    let told = repro(folder.path(), &["run"]);
    check(
        told,
        100,
        &[
            "differs from PyTorch 2.3.1 from `block.norm1` on",
            "next: `cargo repro parity port`",
            "flex and ndarray agree with each other and with f64; all differ from PyTorch 2.3.1 from `block.norm1` on: \
             the port differs, not a backend; `cargo repro parity port` says how",
        ],
    )
}

/// What it gives is neither a golden nor left for review.
fn a_random_port() -> Result<(), Failed> {
    let folder = folder("random");
    let told =
        said(command::command(folder.path(), "gate", &["port::reference"]).envs(WITHOUT_VULKAN));
    check(
        told,
        101,
        &["the reference differs from itself", "another conv at [0, 0, 0, 0]", "`Tensor::random`"],
    )?;
    let left = std::fs::read_dir(folder.path().join("golden"))?.count();
    if left == 0 { Ok(()) } else { Err(format!("{left} files were left").into()) }
}

/// It would look like a new project.
fn a_misspelt_golden_folder() -> Result<(), Failed> {
    let folder = folder("");
    let misspelt = folder.path().join("gloden/of-a-project");
    let mut gate = command::command(folder.path(), "gate", &["port::reference"]);
    let told = said(gate.env("BURN_REPRO_GOLDEN", &misspelt).envs(WITHOUT_VULKAN));
    check(told, 101, &["cannot make the golden folder", "gloden/of-a-project"])?;
    if misspelt.exists() { Err("it was made".into()) } else { Ok(()) }
}

/// Burn's own message has a line of Burn's.
fn a_panic() -> Result<(), Failed> {
    let folder = folder("panic");
    let told = repro(folder.path(), &["run", "--backend", "flex"]);
    check(told, 102, &["crashed", "; in head (", "tests/parity/model.rs:"])
}

fn a_witness() -> Result<(), Failed> {
    let folder = folder("epsilon");
    let _ =
        said(command::command(folder.path(), "gate", &["port::reference"]).envs(WITHOUT_VULKAN));
    let told = repro(folder.path(), &["golden", "accept", "port"]);
    let parts =
        ["what others computed is not met", "differs from PyTorch 2.3.1 from `block.norm1` on"];
    check(told, 100, &parts)
}

fn a_golden_file() -> Result<(), Failed> {
    let folder = folder("");
    let file = folder.path().join("golden.txt");
    std::fs::write(&file, "").unwrap();
    for role in ["gate", "command-line"] {
        let mut program = command::command(folder.path(), role, &[]);
        let told = said(program.env("BURN_REPRO_GOLDEN", &file).envs(WITHOUT_VULKAN));
        check(told, 2, &["golden.txt, is a file: name a folder"])?;
    }
    Ok(())
}

/// Otherwise every cell is ignored, and the gate is green.
fn a_missing_file() -> Result<(), Failed> {
    let folder = folder("");
    let scenario = folder.path().join("scenarios/port.yaml");
    let text = std::fs::read_to_string(&scenario)?
        .replace("reference.safetensors#", "absent.safetensors#");
    std::fs::write(&scenario, text)?;
    let gate = |required| {
        let mut gate = command::command(folder.path(), "gate", &["required-backends"]);
        said(gate.env("BURN_REPRO_REQUIRE", required).envs(WITHOUT_VULKAN))
    };
    check(gate("cpu"), 0, &["1 passed"])?;
    check(gate("cpu,files"), 101, &["required files of port: ", "absent.safetensors is not here"])
}

fn without_a_reference() -> Result<(), Failed> {
    let folder = command::empty_folder();
    let text = "version: 1\npipeline: port\nparams: { mistakes: [] }\n";
    std::fs::write(folder.path().join("scenarios/port.yaml"), text).unwrap();
    check(
        repro(folder.path(), &["parity", "port"]),
        2,
        &["names no `reference:`", "record-script torch"],
    )
}

fn the_script_is_printed() -> Result<(), Failed> {
    let folder = command::empty_folder();
    let (code, text) = repro(folder.path(), &["record-script", "torch"]);
    let whole = text.starts_with("\"\"\"") && text.contains("def record(");
    if whole && code == Some(0) { Ok(()) } else { Err(text.into()) }
}
