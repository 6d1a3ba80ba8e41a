//! Goldens that are not what was written: each kind of damage is a named error, nothing panics, and
//! the files are left as they are.

use std::fs;
use std::path::{Path, PathBuf};

use burn_repro_core::fixtures;
use burn_repro_core::golden::{Draft, GoldenFiles, Recorded, Store};
use burn_repro_core::scenario::Scenario;
use burn_repro_core::tensor_file;
use burn_repro_core::trace::{Dtype, HostTensor, NamedTensor, Noise, Trace};
use burn_repro_target::Class;
use proptest::prelude::*;
use rstest::rstest;

const NAME: &str = "tiny";

fn scenario() -> Scenario {
    fixtures::scenario(NAME, "description: \"a: b\"")
}

fn tensor(name: &str, shape: &[usize], scale: f64) -> NamedTensor {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|index| (index as f64 * 0.618).fract() * scale).collect();
    let tensor = HostTensor { shape: shape.to_vec(), dtype: Dtype::F64.into(), values };
    NamedTensor { name: name.into(), tensor }
}

fn draft(outputs: Vec<NamedTensor>) -> Draft {
    let target = fixtures::target("flex", Class::Cpu);
    let noise = Noise { draws: 1, first_sha256: Some("ab".into()), all_sha256: Some("ab".into()) };
    let records = vec![tensor("step.00/latents", &[1, 2, 3], 1.0)];
    let trace = Trace { noise, weights_sha256: Some("cd".into()), records, outputs };
    let recorded = Recorded::now(&target, Path::new("."));
    Draft::new(&scenario(), &trace, &[], recorded, None).unwrap()
}

/// A folder with one whole golden.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let image = tensor("image", &[1, 4, 4, 3], 1.0);
        let draft = draft(vec![tensor("latents", &[1, 3, 4, 4], -2.0), image]);
        folder.write(&draft);
        folder
    }

    fn store(&self) -> Store {
        Store::new(self.0.path())
    }

    fn files(&self) -> GoldenFiles {
        self.store().files_of(NAME)
    }

    fn write(&self, draft: &Draft) {
        self.files().write("a: b", &draft.text.to_yaml(), &draft.tensors).unwrap();
    }

    /// The content of every file, or what stands in its place.
    fn contents(&self) -> Vec<Option<Vec<u8>>> {
        self.files().all().map(|file| fs::read(file).ok()).to_vec()
    }
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "no {from:?} in {text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

/// Puts a value and a thousand aliases of it into the question.
fn aliases(files: &GoldenFiles, value: &str) {
    let params = format!("params: [&a {value}, {}]", "*a, ".repeat(1_000));
    replace(&files.text, "params: null", &params);
}

fn cut(file: &Path, length: usize) {
    let bytes = fs::read(file).unwrap();
    fs::write(file, &bytes[..length.min(bytes.len())]).unwrap();
}

fn in_front(file: &Path, bytes: &[u8]) {
    let all = [bytes, &fs::read(file).unwrap()].concat();
    fs::write(file, all).unwrap();
}

fn make_folder(file: &Path) {
    fs::remove_file(file).unwrap();
    fs::create_dir(file).unwrap();
}

/// Another golden's tensors or text in place of this one's, sealed as its writer would have.
fn rewrite(files: &GoldenFiles, text: Option<&Draft>, tensors: Option<&[u8]>) {
    let bytes = tensors.map_or_else(|| fs::read(&files.tensors).unwrap(), <[u8]>::to_vec);
    let own =
        draft(vec![tensor("latents", &[1, 3, 4, 4], -2.0), tensor("image", &[1, 4, 4, 3], 1.0)]);
    let mut golden = text.unwrap_or(&own).text.clone();
    golden.tensors_sha256 = burn_repro_core::hash::sha256_hex(&bytes);
    files.write("a: b", &golden.sealed().to_yaml(), &bytes).unwrap();
}

fn with_tensors(files: &GoldenFiles, change: impl FnOnce(&mut Vec<NamedTensor>)) {
    let mut tensors = tensor_file::decode(&fs::read(&files.tensors).unwrap()).unwrap();
    change(&mut tensors);
    rewrite(files, None, Some(&tensor_file::encode(&tensors)));
}

fn set(files: &GoldenFiles, name: &str, value: f64) {
    with_tensors(files, |tensors| {
        tensors.iter_mut().find(|named| named.name == name).unwrap().tensor.values[0] = value;
    });
}

#[rstest]
#[case::nothing_there(|f: &GoldenFiles| f.all().iter().for_each(|file| fs::remove_file(file).unwrap()), "does not exist")]
#[case::no_text(|f: &GoldenFiles| fs::remove_file(&f.text).unwrap(), "tiny.snap is missing, but the other file")]
#[case::no_announcement(|f: &GoldenFiles| fs::remove_file(&f.announcement).unwrap(), "tiny@tensors.snap is missing, but the other file")]
#[case::no_elements(|f: &GoldenFiles| fs::remove_file(&f.tensors).unwrap(), "safetensors is missing, but the other file")]
#[case::empty_text(|f: &GoldenFiles| cut(&f.text, 0), "tiny.snap: is empty")]
#[case::empty_announcement(|f: &GoldenFiles| cut(&f.announcement, 0), "tiny@tensors.snap: is empty")]
#[case::empty_elements(|f: &GoldenFiles| cut(&f.tensors, 0), "safetensors: is empty")]
#[case::cut_header_of_text(|f: &GoldenFiles| cut(&f.text, 10), "is not an insta snapshot")]
#[case::cut_text(|f: &GoldenFiles| cut(&f.text, 400), "missing field")]
#[case::cut_seal(|f: &GoldenFiles| cut(&f.text, fs::read(&f.text).unwrap().len() - 9), "was changed by hand or damaged")]
#[case::cut_header_of_elements(|f: &GoldenFiles| cut(&f.tensors, 7), "is not a complete safetensors file")]
#[case::cut_elements(|f: &GoldenFiles| cut(&f.tensors, 700), "is not a complete safetensors file")]
#[case::no_dashes(|f: &GoldenFiles| replace(&f.text, "---\n", ""), "is not an insta snapshot")]
#[case::not_text(|f: &GoldenFiles| in_front(&f.text, b"\xff\xfe"), "is not valid UTF-8")]
#[case::conflict_in_text(|f: &GoldenFiles| replace(&f.text, "outputs:", "<<<<<<< HEAD\noutputs:\n=======\noutputs:"), "merge-conflict markers")]
#[case::conflict_in_announcement(|f: &GoldenFiles| in_front(&f.announcement, b"<<<<<<< HEAD\n"), "merge-conflict markers")]
#[case::conflict_in_elements(|f: &GoldenFiles| in_front(&f.tensors, b"<<<<<<< HEAD\n"), "merge-conflict markers")]
#[case::older_format(|f: &GoldenFiles| replace(&f.text, "version: 2", "version: 1"), "golden format 1: expected format 2; run `cargo test`")]
#[case::newer_format(|f: &GoldenFiles| replace(&f.text, "version: 2", "version: 3"), "golden format 3: expected format 2; update burn-repro")]
#[case::no_version(|f: &GoldenFiles| replace(&f.text, "version: 2\n", ""), "missing field `version`")]
#[case::version_in_words(|f: &GoldenFiles| replace(&f.text, "version: 2", "version: two"), "invalid type")]
#[case::edited_number(|f: &GoldenFiles| replace(&f.text, "abs_mean: 0", "abs_mean: 1"), "was changed by hand or damaged")]
#[case::edited_question(|f: &GoldenFiles| replace(&f.text, "steps: 1", "steps: 2"), "was changed by hand or damaged")]
#[case::edited_provenance(|f: &GoldenFiles| replace(&f.text, "target: flex", "target: cuda"), "was changed by hand or damaged")]
#[case::unknown_key(|f: &GoldenFiles| replace(&f.text, "scenario: tiny", "scenario: tiny\nmood: good"), "unknown field `mood`")]
#[case::bad_shape(|f: &GoldenFiles| replace(&f.text, "shape: 1x3x4x4", "shape: 1xax4"), "invalid shape")]
#[case::key_with_a_tag(|f: &GoldenFiles| replace(&f.text, "params: null", "params: { !x a: 1 }"), "tiny.snap: expected SCALAR")]
#[case::aliases_of_a_long_list(|f: &GoldenFiles| aliases(f, &format!("[{}]", "1, ".repeat(2_000))), "expand to more than 200000 values")]
#[case::aliases_of_a_mapping(|f: &GoldenFiles| aliases(f, &format!("{{ x: [{}] }}", "y, ".repeat(2_000))), "expand to more than 200000 values")]
#[case::aliases_of_aliases(|f: &GoldenFiles| aliases(f, &format!("[&b [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], {}]", "*b, ".repeat(100))), "expand to more than 200000 values")]
#[case::another_scenarios_golden(|f: &GoldenFiles| { let mut d = draft(vec![tensor("latents", &[2], 1.0)]); d.text.scenario = "other".into(); rewrite(f, Some(&d), Some(&d.tensors)); }, "is the golden of `other`")]
#[case::no_outputs(|f: &GoldenFiles| { let mut d = draft(vec![tensor("latents", &[2], 1.0)]); d.text.outputs.clear(); rewrite(f, Some(&d), None); }, "lists no outputs")]
#[case::elements_of_another_run(|f: &GoldenFiles| fs::write(&f.tensors, draft(vec![tensor("latents", &[1, 3, 4, 4], -3.0), tensor("image", &[1, 4, 4, 3], 1.0)]).tensors).unwrap(), "states other numbers for `latents`")]
#[case::a_tensor_is_gone(|f: &GoldenFiles| with_tensors(f, |tensors| tensors.retain(|named| named.name != "image")), "it holds no `image`")]
#[case::a_step_is_gone(|f: &GoldenFiles| with_tensors(f, |tensors| tensors.retain(|named| !named.name.contains("step"))), "it holds no `step.00/latents`")]
#[case::another_shape(|f: &GoldenFiles| with_tensors(f, |tensors| tensors[0].tensor.shape = vec![48]), "has the shape [48]")]
#[case::not_a_number(|f: &GoldenFiles| set(f, "image", f64::NAN), "states other numbers for `image`")]
#[case::infinity(|f: &GoldenFiles| set(f, "latents", f64::INFINITY), "states other numbers for `latents`")]
#[case::numbers_of_the_text_do_not_fit(|f: &GoldenFiles| set(f, "image", 0.5), "states other numbers for `image`")]
#[case::the_last_bit(|f: &GoldenFiles| { let mut bytes = fs::read(&f.tensors).unwrap(); let at = bytes.len() - 8; bytes[at] ^= 1; fs::write(&f.tensors, bytes).unwrap(); }, "does not have the SHA-256 that its text states")]
#[case::bytes_behind_the_end(|f: &GoldenFiles| { let mut bytes = fs::read(&f.tensors).unwrap(); bytes.push(0); fs::write(&f.tensors, bytes).unwrap(); }, "is not a complete safetensors file")]
#[case::absurd_header_length(|f: &GoldenFiles| { let mut bytes = fs::read(&f.tensors).unwrap(); bytes[..8].fill(0xff); fs::write(&f.tensors, bytes).unwrap(); }, "is not a complete safetensors file")]
#[case::another_dtype(|f: &GoldenFiles| { let data = [0; 8]; let view = safetensors::tensor::TensorView::new(safetensors::Dtype::U64, vec![1], &data).unwrap(); rewrite(f, None, Some(&safetensors::serialize([("image", view)], None).unwrap())); }, "as U64")]
#[case::announces_nothing(|f: &GoldenFiles| replace(&f.announcement, "extension: safetensors\n", ""), "does not announce a safetensors file")]
#[case::announces_text(|f: &GoldenFiles| replace(&f.announcement, "snapshot_kind: binary\n", ""), "does not announce a safetensors file")]
#[case::unreadable_text(|f: &GoldenFiles| make_folder(&f.text), "tiny.snap: cannot be read")]
#[case::unreadable_elements(|f: &GoldenFiles| make_folder(&f.tensors), "safetensors: cannot be read")]
fn each_damage_has_its_name(#[case] damage: fn(&GoldenFiles), #[case] message: &str) {
    let folder = Folder::new();
    folder.store().load(NAME).unwrap();
    damage(&folder.files());
    let before = folder.contents();
    let error = folder.store().load(NAME).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
    assert!(error.contains(&folder.0.path().display().to_string()), "no file in: {error}");
    assert!(before == folder.contents(), "a reader changed a file");
}

/// Pending files are read with the same care.
#[rstest]
#[case::cut(|f: &GoldenFiles| cut(&f.text, 400), "missing field")]
#[case::edited(|f: &GoldenFiles| replace(&f.text, "abs_mean: 1", "abs_mean: 2"), "was changed by hand or damaged")]
#[case::half(|f: &GoldenFiles| fs::remove_file(&f.tensors).unwrap(), "safetensors is missing, but the other file")]
#[case::text_alone(|f: &GoldenFiles| { fs::remove_file(&f.tensors).unwrap(); fs::remove_file(&f.announcement).unwrap(); }, "states other numbers for `latents`")]
fn a_damaged_pending_golden_has_its_name(#[case] damage: fn(&GoldenFiles), #[case] message: &str) {
    let folder = Folder::new();
    let pending = GoldenFiles::pending(folder.0.path(), NAME);
    let other =
        draft(vec![tensor("latents", &[1, 3, 4, 4], -2.5), tensor("image", &[1, 4, 4, 3], 0.5)]);
    pending.write("a: b", &other.text.to_yaml(), &other.tensors).unwrap();
    assert_eq!(folder.store().load_pending(NAME).unwrap().unwrap().text, other.text);
    damage(&pending);
    let error = folder.store().load_pending(NAME).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
    folder.store().load(NAME).unwrap();
}

#[test]
fn line_ends_of_windows_are_no_damage() {
    let folder = Folder::new();
    let golden = folder.store().load(NAME).unwrap();
    for file in [&folder.files().text, &folder.files().announcement] {
        let text = fs::read_to_string(file).unwrap();
        fs::write(file, text.replace('\n', "\r\n")).unwrap();
    }
    assert_eq!(folder.store().load(NAME).unwrap(), golden);
}

/// A golden that cannot take the place of another leaves it whole.
#[test]
fn a_write_that_fails_half_way_leaves_the_old_golden() {
    let folder = Folder::new();
    let golden = folder.store().load(NAME).unwrap();
    let text: PathBuf = folder.files().text;
    let aside = folder.0.path().join("aside");
    fs::rename(&text, &aside).unwrap();
    fs::create_dir(&text).unwrap();
    let other =
        draft(vec![tensor("latents", &[1, 3, 4, 4], -2.5), tensor("image", &[1, 4, 4, 3], 0.5)]);
    let refused = folder.files().write("a: b", &other.text.to_yaml(), &other.tensors);
    assert!(refused.is_err());
    fs::remove_dir(&text).unwrap();
    fs::rename(&aside, &text).unwrap();
    assert_eq!(folder.store().load(NAME).unwrap(), golden);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Whatever bit of whatever file: an error, or the very same golden. Never a panic, never another
    /// golden.
    #[test]
    fn no_flipped_bit_passes_unnoticed(
        which in 0_usize..3,
        at in any::<prop::sample::Index>(),
        bit in 0_u32..8,
    ) {
        let folder = Folder::new();
        let golden = folder.store().load(NAME).unwrap();
        let files = folder.files();
        let file = files.all()[which];
        let mut bytes = fs::read(file).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fs::write(file, &bytes).unwrap();
        match folder.store().load(NAME) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(read) => prop_assert!(read == golden, "{} at {at}", file.display()),
        }
    }

    #[test]
    fn no_cut_passes_unnoticed(which in 0_usize..3, at in any::<prop::sample::Index>()) {
        let folder = Folder::new();
        let golden = folder.store().load(NAME).unwrap();
        let files = folder.files();
        let file = files.all()[which];
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..at.index(bytes.len())]).unwrap();
        match folder.store().load(NAME) {
            Err(error) => prop_assert!(!error.to_string().is_empty()),
            Ok(read) => prop_assert!(read == golden, "{}", file.display()),
        }
    }
}
