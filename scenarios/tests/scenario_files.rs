//! Which files are scenarios and what may stand in them, run through the built binary: names, links, folders of models,
//! merge keys and long lists, as they are in people's folders.

mod project;

use std::fs;
use std::path::Path;

use project::Copy;
use rstest::rstest;
use serde_json::Value;

const SAMPLER: &str = "\
version: 1
pipeline: sampler
seed: 0
steps: 10
batch_size: 4
backends: [flex]
params:
  scheduler: { _class_name: DDIMScheduler }
  sample_shape: [4, 3, 8, 8]
";

fn write(copy: &Copy, file: &str, text: &str) {
    let file = copy.path().join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// What `list` says of the scenarios, as JSON.
fn listing(copy: &Copy) -> Value {
    let folder = copy.path().join("scenarios").display().to_string();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_repro"))
        .args(["list", "--json", "--scenarios"])
        .env("BURN_REPRO_SCENARIOS", folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn names(listing: &Value) -> Vec<&str> {
    let scenarios = listing["scenarios"].as_array().unwrap().iter();
    scenarios.map(|scenario| scenario["name"].as_str().unwrap()).collect()
}

/// The files of a run's saved outputs.
fn outputs(copy: &Copy, scenario: &str) -> Vec<u8> {
    fs::read(copy.path().join(format!("out/{scenario}/flex.safetensors"))).unwrap()
}

#[rstest]
#[case::underscore("my_scenario")]
#[case::capitals("DDIM-Tiny")]
#[case::version("sd1.5")]
fn a_file_gives_its_scenario_any_usual_name(#[case] name: &str) {
    let copy = Copy::empty();
    write(&copy, &format!("scenarios/{name}.yaml"), SAMPLER);
    copy.repro(&["run", "--exact", name, "--save-outputs", "out"])
        .ends_with(101)
        .says(&[name, "1 missing golden"]);
    assert!(!outputs(&copy, name).is_empty());
}

#[rstest]
#[case::device("nul", "on Windows `nul` is a device")]
#[case::device_with_extension("Aux.v2", "on Windows `aux` is a device")]
#[case::sign("a+b", "expected 1 to 80 letters")]
fn a_name_that_no_golden_can_have_is_refused(#[case] name: &str, #[case] reason: &str) {
    let copy = Copy::empty();
    write(&copy, &format!("scenarios/{name}.yaml"), SAMPLER);
    let file = format!("{name}.yaml: the scenario name `{name}` is refused");
    copy.repro(&["run"]).ends_with(2).says(&[&file, reason, "rename the file or write `name:`"]);
    // Under another name it is well.
    write(&copy, &format!("scenarios/{name}.yaml"), &format!("name: well\n{SAMPLER}"));
    assert_eq!(names(&listing(&copy)), ["well"]);
}

#[test]
fn names_that_differ_in_case_alone_are_refused() {
    let copy = Copy::empty();
    write(&copy, "scenarios/a.yaml", &format!("name: Tiny\n{SAMPLER}"));
    write(&copy, "scenarios/b.yaml", &format!("name: tiny\n{SAMPLER}"));
    copy.repro(&["run"]).ends_with(2).says(&[
        "b.yaml:1:1",
        "`tiny` differs from `Tiny`",
        "a.yaml only in the case of letters",
    ]);
}

/// An output may be called anything: here by a name that the sampler does not put out, which is what is said of it.
#[test]
fn an_output_with_a_short_name_is_taken_for_a_name() {
    let copy = Copy::empty();
    let bounds = "tolerance:\n  outputs: [{ output: x0, psnr: 60 }]\n  per_backend: [{ backend: cpu, output: x0, \
                  psnr: 50, reason: seen on one machine }]\n";
    let expect = "expect: [{ source: someone, output: x0, abs_mean: { value: 1, tol: 1 } }]\n";
    write(&copy, "scenarios/short.yaml", &format!("{SAMPLER}{bounds}{expect}"));
    copy.repro(&["run"]).ends_with(101).says(&["1 missing golden"]);
}

/// What a trainer leaves beside a model is no scenario; also of this kind: a cache of the hub, and checkpoints.
#[test]
fn folders_of_models_and_hidden_ones_are_not_searched_and_named() {
    let copy = Copy::empty();
    write(&copy, "scenarios/real.yaml", SAMPLER);
    write(&copy, "scenarios/models/ddpm/model_index.json", "{}");
    write(&copy, "scenarios/models/ddpm/logs/1757412345.6/hparams.yml", "learning_rate: 0.0001\n");
    write(&copy, "scenarios/models/unet/config.json", "{}");
    write(&copy, "scenarios/models/unet/v1-inference.yaml", "model: {}\n");
    write(&copy, "scenarios/.cache/x/y.yaml", "z: 1\n");
    let listing = listing(&copy);
    assert_eq!(names(&listing), ["real"]);
    let not_searched = listing["not_searched"].as_array().unwrap();
    let said: Vec<(String, &str)> = not_searched
        .iter()
        .map(|one| {
            let path = Path::new(one["path"].as_str().unwrap());
            let below = path.strip_prefix(copy.path().join("scenarios")).unwrap();
            (below.display().to_string(), one["reason"].as_str().unwrap())
        })
        .collect();
    let wanted = [
        (".cache", "is hidden"),
        ("models/ddpm", "holds a model (model_index.json)"),
        ("models/unet", "holds a model (config.json)"),
    ];
    assert_eq!(said, wanted.map(|(path, reason)| (path.to_owned(), reason)));
    copy.repro(&["list"])
        .ends_with(0)
        .says(&["models/ddpm is not searched for scenarios: it holds a model (model_index.json)"]);
    fs::remove_file(copy.scenario("real")).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["holds no scenario", "models/unet holds a model"]);
}

#[cfg(unix)]
#[test]
fn linked_folders_and_files_are_followed_and_broken_links_named() {
    use std::os::unix::fs::symlink;

    let copy = Copy::empty();
    write(&copy, "scenarios/seen.yaml", SAMPLER);
    write(&copy, "elsewhere/unseen.yaml", SAMPLER);
    write(&copy, "elsewhere/deep/deeper.yaml", SAMPLER);
    write(&copy, "file.yaml", SAMPLER);
    let scenarios = copy.path().join("scenarios");
    symlink("../elsewhere", scenarios.join("shared")).unwrap();
    symlink("../elsewhere/deep", scenarios.join("again")).unwrap();
    symlink("../file.yaml", scenarios.join("linked.yaml")).unwrap();
    symlink("../scenarios", copy.path().join("elsewhere/back")).unwrap();
    symlink("..", scenarios.join("up")).unwrap();
    symlink("../gone", scenarios.join("gone")).unwrap();
    let found = listing(&copy);
    assert_eq!(names(&found), ["deeper", "linked", "seen", "unseen"]);
    copy.repro(&["list"]).ends_with(0).says(&[
        "scenarios/gone is not searched for scenarios: it is a link to ../gone, which cannot be read",
        "scenarios/up is not searched for scenarios: it is a link to /",
    ]);
    copy.repro(&["run", "--exact", "unseen"]).ends_with(101).says(&["unseen", "1 missing golden"]);
    // The same file by two paths is one scenario, and by two names it is two.
    symlink("../scenarios/seen.yaml", copy.path().join("elsewhere/seen.yaml")).unwrap();
    symlink("seen.yaml", scenarios.join("other.yaml")).unwrap();
    assert_eq!(names(&listing(&copy)), ["deeper", "linked", "other", "seen", "unseen"]);
    symlink("../gone.yaml", scenarios.join("gone.yaml")).unwrap();
    copy.repro(&["run"])
        .ends_with(2)
        .says(&["gone.yaml: is a link to ../gone.yaml", "delete the link"]);
}

/// What is no file would be read for ever; also of this kind: a pipe and a socket.
#[cfg(unix)]
#[test]
fn a_device_is_no_scenario() {
    let copy = Copy::empty();
    std::os::unix::fs::symlink("/dev/zero", copy.scenario("endless")).unwrap();
    copy.repro(&["run"]).ends_with(2).says(&["endless.yaml: is not a file"]);
}

const TINY: &str = "{ sample_size: 8, layers_per_block: 1, block_out_channels: [4, 8], norm_num_groups: 4, \
                    down_block_types: [DownBlock2D, AttnDownBlock2D], up_block_types: [AttnUpBlock2D, UpBlock2D] }";

/// Each asks what `ddim-tiny` asks, in other words, and gives its bits.
#[test]
fn merge_keys_aliases_and_free_keys_run_as_what_they_stand_for() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    let head = "version: 1\npipeline: ddim\nsteps: 2\nbackends: [cpu]\n";
    let variants = [
        (
            "merge",
            format!(
                "{head}seed: 0\nparams:\n  unet: {{ init_seed: 0, config: {TINY} }}\n  scheduler:\n    \
                 <<: {{ beta_start: 0.0001, beta_end: 0.02 }}\n    clip_sample: true\n"
            ),
        ),
        (
            "free",
            format!(
                "x-tiny: &tiny {TINY}\n{head}seed: 0\nparams: {{ unet: {{ init_seed: 0, config: *tiny }} }}\n"
            ),
        ),
        (
            "alias",
            format!(
                "{head}seed: &zero 0\nparams: {{ unet: {{ init_seed: *zero, config: {TINY} }} }}\n"
            ),
        ),
        (
            "nested",
            format!(
                "x-a: &a {{ init_seed: 0 }}\nx-b: &b {{ <<: *a, config: {TINY} }}\nx-all: &all {{ seed: 0, \
                 params: {{ unet: {{ <<: [*b, {{ init_seed: 7 }}] }} }} }}\n<<: *all\n{head}"
            ),
        ),
    ];
    for (name, text) in &variants {
        write(&copy, &format!("scenarios/{name}.yaml"), text);
    }
    copy.repro(&["run", "--backend", "flex", "--save-outputs", "out"]).ends_with(101);
    for (name, _) in &variants {
        assert_eq!(outputs(&copy, name), outputs(&copy, "ddim-tiny"), "{name}");
    }
}

/// `squaredcos_cap_v2` by its name and as a thousand numbers: the same bits, and neither is too long for anything.
#[test]
fn a_curve_of_a_thousand_numbers_gives_the_bits_of_its_name() {
    let copy = Copy::empty();
    let share =
        |step: f64| ((step / 1000.0 + 0.008) / 1.008 * std::f64::consts::FRAC_PI_2).cos().powi(2);
    let beta = |step: u32| (1.0 - share(f64::from(step) + 1.0) / share(f64::from(step))).min(0.999);
    let betas: Vec<String> = (0..1000).map(|step| beta(step).to_string()).collect();
    let keys =
        |keys: &str| SAMPLER.replace("DDIMScheduler }", &format!("DDIMScheduler, {keys} }}"));
    write(&copy, "scenarios/by-name.yaml", &keys("beta_schedule: squaredcos_cap_v2"));
    write(
        &copy,
        "scenarios/in-full.yaml",
        &keys(&format!("trained_betas: [{}]", betas.join(", "))),
    );
    copy.repro(&["run", "--save-outputs", "out"]).ends_with(101).says(&["2 missing golden"]);
    assert_eq!(outputs(&copy, "by-name"), outputs(&copy, "in-full"));
}
