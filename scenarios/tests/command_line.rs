//! The command line and the goldens, end to end: the built binary over copies of the project.

mod project;

use std::fs;

use project::Copy;
use rstest::rstest;
use serde_json::Value;

const TWO: &[&str] = &["ddim/ddim-tiny", "sampler/ddim-full-loop"];

#[test]
fn an_unchanged_copy_passes() {
    Copy::of(TWO).run_on_cpu(&[]).ends_with(0).says(&["4 pass", "all well"]);
}

/// One element of a golden: exactly its cells fail, with the place, the size of the difference, the
/// tolerance that would have passed for every measure, and the golden as the outlier.
#[test]
fn a_changed_element_fails_exactly_its_cells_and_names_the_place() {
    let copy = Copy::of(TWO);
    // The element (0, 0, 0, 2) of (4, 3, 8, 8), which is about 0.01.
    copy.change_element("ddim-full-loop", "latents", 2, 0.5);
    copy.run_on_cpu(&[]).ends_with(100).says(&[
        "2 pass, 2 mismatch",
        "mismatch ddim-full-loop::flex",
        "latents abs_sum is 172.0",
        "1 of 768 elements outside, the worst at [0, 0, 0, 2]",
        "for 0.5000000",
        "next: `cargo repro diagnose ddim-full-loop --backend flex`",
        "ddim-full-loop latents: the golden is the outlier: the f64 reference no longer matches it, and \
         ndarray and flex are within",
    ]);
}

/// What is printed as enough is enough, for the bounds and for every measure.
#[test]
fn the_tolerance_that_would_have_passed_passes() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.change_element("ddim-tiny", "image", 5, 0.75);
    copy.change_element("ddim-tiny", "latents", 5, 0.75);
    copy.repro(&["run", "--backend", "flex", "--json", "run.json"]).ends_with(100);
    let record = fs::read_to_string(copy.path().join("run.json")).unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let reasons = record["cells"][0]["reasons"].as_array().unwrap();
    let texts: Vec<&str> = reasons.iter().map(|reason| reason["text"].as_str().unwrap()).collect();
    let after = |output: &str, begin: &str, end: char| {
        let is_meant = |text: &&&str| text.starts_with(output) && text.contains(begin);
        let (_, rest) = texts.iter().find(is_meant).unwrap().split_once(begin).unwrap();
        rest.split_once(end).unwrap().0.trim().to_owned()
    };
    let outputs: String = ["image", "latents"]
        .map(|output| {
            let measures = after(output, "would pass with {", '}');
            assert_eq!(measures.contains("ssim") && measures.contains("flip"), output == "image");
            format!(
                "    - {{ output: {output}, abs_sum: {{ rel: {} }}, pixel: {{ abs: {} }}, {measures} }}\n",
                after(output, "abs_sum { rel:", '}'),
                after(output, "pixel { abs:", '}'),
            )
        })
        .concat();
    let scenario = copy.scenario("ddim-tiny");
    copy.replace(&scenario, "expect:", &format!("  outputs:\n{outputs}expect:"));
    copy.repro(&["run", "--backend", "flex"]).ends_with(0);
    // And a hair less is not.
    copy.replace(&scenario, "max_ulp: ", "max_ulp: 1 # ");
    copy.repro(&["run", "--backend", "flex"]).ends_with(2);
    let text = fs::read_to_string(&scenario).unwrap().replace("max_ulp: 1 # ", "max_ulp: ");
    let (before, rest) = text.split_once("max_ulp: ").unwrap();
    let (_, behind) = rest.split_once(',').unwrap();
    fs::write(&scenario, format!("{before}max_ulp: 3,{behind}")).unwrap();
    copy.repro(&["run", "--backend", "flex"]).ends_with(100).says(&["expected at most 3.0000e0"]);
}

#[test]
fn a_tolerance_for_an_output_that_is_not_put_out_is_a_mismatch() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    let outputs = "  outputs: [{ output: imgae, psnr: 60 }]\nexpect:";
    copy.replace(&copy.scenario("ddim-tiny"), "expect:", outputs);
    copy.run_on_cpu(&[])
        .ends_with(100)
        .says(&["names the output `imgae`, which the pipeline does not have"]);
}

#[test]
fn another_question_makes_the_golden_stale() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.replace(&copy.scenario("ddim-tiny"), "steps: 2", "steps: 3");
    copy.run_on_cpu(&[]).ends_with(101).says(&[
        "2 stale golden",
        "steps is 3, the golden's 2",
        "`cargo repro golden accept ddim-tiny`",
    ]);
}

#[test]
fn other_weights_make_the_golden_stale() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.change_golden("ddim-tiny", |text, _| text.weights_sha256 = Some("0000".into()));
    let stale = ["2 stale golden", "weights_sha256 is 0673580f", "the golden's 0000"];
    copy.run_on_cpu(&[]).ends_with(101).says(&stale);
}

#[test]
fn other_noise_is_a_verdict_of_its_own() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.change_golden("ddim-tiny", |text, _| {
        text.noise.first_sha256.as_mut().unwrap().replace_range(..4, "0000");
    });
    copy.run_on_cpu(&[]).ends_with(100).says(&["2 wrong noise", "the noise is not the golden's"]);
}

#[test]
fn a_published_number_is_checked_beside_the_golden() {
    let copy = Copy::of(&["sampler/ddim-full-loop"]);
    copy.replace(&copy.scenario("ddim-full-loop"), "value: 172.0067", "value: 172.5");
    copy.run_on_cpu(&[]).ends_with(100).says(&["latents abs_sum of diffusers", "off by 4.9"]);
}

#[test]
fn the_record_and_the_saved_outputs_say_what_the_design_promises() {
    let copy = Copy::of(TWO);
    copy.repro(&[
        "run",
        "tiny",
        "--backend",
        "flex",
        "--json",
        "r/run.json",
        "--save-outputs",
        "out",
    ])
    .ends_with(0);
    let record: Value =
        serde_json::from_slice(&fs::read(copy.path().join("r/run.json")).unwrap()).unwrap();
    assert_eq!(record["version"], 1);
    let cell = &record["cells"][0];
    assert_eq!((&cell["scenario"], &cell["verdict"]), (&"ddim-tiny".into(), &"pass".into()));
    assert_eq!((&cell["target"], &cell["class"]), (&"flex".into(), &"cpu".into()));
    assert_eq!(
        cell["noise_sha256"],
        "9b1f7e9517bd676583907bad9a2e12758508fbbb4205326bd28075ac7955487a"
    );
    let image = &cell["outputs"]["image"];
    assert_eq!(image["shape"], serde_json::json!([1, 8, 8, 3]));
    for key in ["abs_sum", "abs_mean", "max_abs_diff", "max_ulp"] {
        assert!(image[key].is_number(), "{key} in {image}");
    }
    let expect = cell["expect"].as_array().unwrap();
    assert!(expect.len() >= 2 && expect.iter().all(|entry| entry["pass"] == true));
    for key in ["source", "got", "want", "tol"] {
        assert!(!expect[0][key].is_null(), "{key} in {}", expect[0]);
    }
    let targets = record["run"]["targets"].as_array().unwrap();
    assert!(targets.iter().any(|target| target["fingerprint"]["burn"] == "0.22.1"));
    let saved = fs::read(copy.path().join("out/ddim-tiny/flex.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&saved).unwrap();
    assert_eq!(tensors.tensor("image").unwrap().shape(), [1, 8, 8, 3]);
    assert_eq!(tensors.tensor("latents").unwrap().shape(), [1, 3, 8, 8]);
}

/// Numbers are there even where there is no golden.
#[test]
fn a_scenario_without_golden_still_reports_its_numbers() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    for file in [".snap", "@tensors.snap", "@tensors.snap.safetensors"] {
        fs::remove_file(copy.golden(&format!("ddim-tiny{file}"))).unwrap();
    }
    copy.repro(&["run", "--backend", "flex", "--json", "run.json"]).ends_with(101);
    let record: Value =
        serde_json::from_slice(&fs::read(copy.path().join("run.json")).unwrap()).unwrap();
    let cell = &record["cells"][0];
    assert_eq!(cell["verdict"], "missing_golden");
    assert!(cell["outputs"]["image"]["abs_sum"].is_number());
    assert_eq!(cell["expect"][0]["pass"], true);
}

/// The hash that torch's own `randn(1, 3, 8, 8)` from seed 0 has.
#[test]
fn noise_prints_the_hash_of_torchs_noise() {
    let copy = Copy::empty();
    let run = copy.repro(&["noise", "--seed", "0", "--shape", "1,3,8,8", "--out", "n.safetensors"]);
    let torch = "9b1f7e9517bd676583907bad9a2e12758508fbbb4205326bd28075ac7955487a";
    assert_eq!(run.ends_with(0).stdout.trim(), torch);
    let saved = fs::read(copy.path().join("n.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&saved).unwrap();
    assert_eq!(tensors.tensor("noise").unwrap().shape(), [1, 3, 8, 8]);
}

#[rstest]
#[case(&["noise", "--seed", "0", "--shape", "0"], 2, "must hold 1 to")]
#[case(&["noise", "--seed", "99999999999999999999", "--shape", "1"], 2, "range torch takes")]
#[case(&["run", "no-such-scenario"], 2, "`cargo repro list` shows their names")]
#[case(&["run", "tiny", "no-such-scenario"], 2, "no scenario matches `no-such-scenario`")]
#[case(&["run", "--exact", "ddim-tiyn"], 2, "no scenario is called `ddim-tiyn`; did you mean `ddim-tiny`?")]
#[case(&["run", "--exact", "tiny"], 2, "no scenario is called `tiny`; did you mean `ddim-tiny`?")]
#[case(&["bisect", "ddim-tiyn", "--backend", "flex"], 2, "did you mean `ddim-tiny`?")]
#[case(&["diagnose", "ddim-tiyn", "--backend", "flex"], 2, "did you mean `ddim-tiny`?")]
#[case(&["mutation", "ddim-tiyn"], 2, "did you mean `ddim-tiny`?")]
#[case(&["calibrate", "ddim-tiyn"], 2, "did you mean `ddim-tiny`?")]
#[case(&["golden", "show", "ddim-tiyn"], 2, "did you mean `ddim-tiny`?")]
#[case(&["golden", "accept", "ddim-tiyn"], 2, "did you mean `ddim-tiny`?")]
#[case(&["run", "--backend", "tpu"], 2, "expected a class (`cpu`, `wgpu`, `cuda`)")]
#[case(&["run", "--backend", "flex", "--require", "wgpu:no-such-adapter"], 103, "required wgpu:no-such-adapter")]
#[case(&["run", "--backend", "wgpu:no-such-adapter"], 4, "this machine has no `wgpu:no-such-adapter`")]
#[case(&["frobnicate"], 2, "unrecognized subcommand")]
fn wrong_usage_has_its_code_and_cure(
    #[case] arguments: &[&str],
    #[case] code: i32,
    #[case] message: &str,
) {
    Copy::of(&["ddim/ddim-tiny"]).repro(arguments).ends_with(code).says(&[message]);
}

/// A scenario that is there and does not run is no wrong usage.
#[rstest]
#[case::nightly("tags: [nightly]", &["run", "tiny"], "tagged nightly; --nightly runs it")]
#[case::other_backends("backends: [ndarray]", &["run", "tiny", "--backend", "flex"], "no scenario that matches tiny asks for")]
#[case::of_all("backends: [ndarray]", &["run", "--backend", "flex"], "no scenario asks for the chosen backends")]
fn what_is_chosen_and_does_not_run_is_not_unknown(
    #[case] key: &str,
    #[case] arguments: &[&str],
    #[case] message: &str,
) {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.replace(&copy.scenario("ddim-tiny"), "steps: 2", &format!("steps: 2\n{key}"));
    copy.repro(arguments).ends_with(4).says(&[message]);
}

/// What cannot be written does not hide that a result differs.
#[test]
fn a_red_run_stays_red_where_its_record_cannot_be_written() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.repro(&["run", "--backend", "flex", "--json", "golden"])
        .ends_with(2)
        .says(&["cannot write golden"]);
    copy.change_element("ddim-tiny", "image", 5, 0.75);
    copy.repro(&["run", "--backend", "flex", "--json", "golden"])
        .ends_with(100)
        .says(&["cannot write golden"]);
}

#[test]
fn list_shows_targets_and_scenarios() {
    let copy = Copy::of(&["ddim/ddim-tiny"]);
    copy.repro(&["list"]).ends_with(0).says(&["ndarray", "flex", "ddim-tiny", "DDIM on a tiny"]);
    let json = copy.repro(&["list", "--json"]).ends_with(0).stdout.clone();
    let listing: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(listing["scenarios"][0]["name"], "ddim-tiny");
    assert!(listing["targets"]["targets"].as_array().unwrap().len() >= 2);
}

#[rstest]
#[case(&["list", "--scenarios"], "ddim-tiny", "ndarray ")]
#[case(&["list", "--targets"], "ndarray ", "DDIM on a tiny")]
fn list_leaves_out_what_is_not_asked_for(
    #[case] arguments: &[&str],
    #[case] shown: &str,
    #[case] left_out: &str,
) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_repro")).args(arguments).output();
    let shows = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(shows.contains(shown) && !shows.contains(left_out), "{shows}");
}

#[test]
fn a_missing_model_folder_is_a_skip_with_its_cure() {
    let copy = Copy::empty();
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/guide/ddpm-cifar10-32.yaml");
    fs::copy(from, copy.scenario("ddpm-cifar10-32")).unwrap();
    copy.run_on_cpu(&[]).ends_with(4).says(&["2 skipped", "hf download google/ddpm-cifar10-32"]);
}
