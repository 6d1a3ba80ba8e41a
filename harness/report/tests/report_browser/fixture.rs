//! Reports to look at: the data of a page as the harness makes it, with every kind of cell, small
//! pictures and, where asked, strings that try to be markup. What is in them follows from the
//! numbers of scenarios and targets alone, so that every run sees the same page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::diagnosis;

/// Markup that stands in every string of a hostile report, and is to be seen as it is.
pub const MARKUP: &str = "<script>window.injected=1</script>\"'><img src=x onerror=injected=1> \
     ]]> --> {{data}} </script><!-- & &lt; `${1}` %00";

/// What cannot be seen, in every such string too: turns the direction of text, ends lines, NUL.
pub const UNSEEN: &str = "\u{202e}turned\u{2066}\u{2028}\u{0}";

/// How the page shows these.
pub const SEEN: &str = "\\u{202e}turned\\u{2066}\\u{2028}\\u{0}";

/// How large a report is.
pub struct Fixture {
    /// How many machines.
    pub runs: usize,
    /// How many targets each of them has.
    pub targets: usize,
    /// How many scenarios; each has a cell on all targets, or on all but one.
    pub scenarios: usize,
    /// Width and height of pictures.
    pub side: u32,
}

/// One run as people see it most.
pub const SMALL: Fixture = Fixture { runs: 1, targets: 4, scenarios: 12, side: 32 };

/// Two machines side by side.
pub const TWO_RUNS: Fixture = Fixture { runs: 2, targets: 3, scenarios: 12, side: 16 };

/// 510 places, of which 500 are cells.
pub const LARGE: Fixture = Fixture { runs: 1, targets: 10, scenarios: 51, side: 32 };

/// As the page has them: the verdict, its words, its tone.
const VERDICTS: [[&str; 3]; 5] = [
    ["mismatch", "mismatch", "bad"],
    ["skipped", "skipped", "calm"],
    ["known_failure", "known failure", "warn"],
    ["crashed", "crashed", "bad"],
    ["pass", "pass", "good"],
];

impl Fixture {
    /// The data of the page.
    pub fn data(&self) -> Value {
        let mut pictures = Vec::new();
        let mut cells = Vec::new();
        for scenario in 0..self.scenarios {
            let golden = pictures.len();
            pictures.push(picture(self.side, scenario, 0));
            for target in 0..self.runs * self.targets {
                // A place without a cell: the scenario does not name the target.
                if scenario % 5 == 4 && target == self.targets - 1 {
                    continue;
                }
                cells.push(self.cell(scenario, target, golden, &mut pictures));
            }
        }
        let targets = (0..self.runs * self.targets).map(|index| self.target(index));
        json!({
            "title": "burn-repro: 12 scenarios on 4 targets",
            "made": "2026-11-24T11:49:29Z",
            "headline": "31 pass, 6 mismatch in 10.5 s: a result differs (exit code 100)",
            "red": true,
            "verdicts": VERDICTS.map(|[verdict, words, tone]| json!({
                "verdict": verdict, "words": words, "tone": tone, "sentence": "What it means.",
            })),
            "findings": [
                "scenario-00 image: ndarray is the outlier; flex and wgpu agree within 1.8e-7",
                "the driver differs: Mesa 22.3.6 on linux-a, Mesa 23.1.0 on linux-b",
            ],
            "runs": (0..self.runs).map(run).collect::<Vec<_>>(),
            "targets": targets.collect::<Vec<_>>(),
            "scenarios": (0..self.scenarios).map(scenario).collect::<Vec<_>>(),
            "cells": cells,
            "pictures": pictures,
            "history": (0..self.scenarios.min(30)).map(history).collect::<Vec<_>>(),
        })
    }

    fn target(&self, index: usize) -> Value {
        let place = index % self.targets;
        let name = match place {
            0 => "flex".to_owned(),
            1 => "ndarray".to_owned(),
            2 => "wgpu:llvmpipe".to_owned(),
            3 => "cuda:0".to_owned(),
            _ => format!("wgpu:adapter-{place}"),
        };
        let class = if place < 2 { "cpu" } else { name.split(':').next().unwrap_or("") };
        json!({ "run": index / self.targets, "name": name, "class": class, "facts": [
            ["burn", "0.21.0"],
            ["features", "std, dispatch, ndarray, flex, wgpu, cuda"],
            ["driver", format!("Mesa 22.3.{index}")],
            ["os", "Debian GNU/Linux 12 (bookworm)"],
            ["precision", "f32 kept; subnormals kept; products rounded once"],
        ] })
    }

    fn cell(
        &self,
        scenario: usize,
        target: usize,
        golden: usize,
        pictures: &mut Vec<Value>,
    ) -> Value {
        let kind = (scenario + 3 * target + 8) % 11;
        let [verdict, ..] = VERDICTS[kind.min(VERDICTS.len() - 1)];
        let pass = verdict == "pass";
        let ran = !matches!(verdict, "skipped" | "crashed");
        let mut outputs = Vec::new();
        if ran {
            outputs.push(output(pass, golden, pictures.len()));
            pictures.push(picture(self.side, scenario, target + 1));
            pictures.push(picture(self.side, scenario + 7, target + 1));
        }
        json!({
            "scenario": scenario, "target": target, "verdict": verdict,
            "reasons": reasons(verdict, scenario, target),
            "seconds": 0.25,
            "distance": ran.then(|| distance(pass, scenario)),
            "determinism": "full",
            "agreement": if ran { "same bits as flex of linux-a" } else { "" },
            "command": format!("cargo repro run scenario-{scenario:02} --backend cpu"),
            "diagnosis": (verdict == "mismatch").then(diagnosis::section),
            "outputs": outputs,
            "steps": if ran { steps(pass) } else { json!([]) },
            "expect": if ran { expect(pass) } else { json!([]) },
            "log": if ran { "" } else { "thread 'main' panicked:\nindex out of bounds" },
        })
    }
}

fn run(index: usize) -> Value {
    let name = if index == 0 { "linux-a" } else { "linux-b" };
    json!({
        "name": name, "started": "2026-11-24T11:49:18Z",
        "seconds": 10.5, "exit_code": 100, "build": "standard",
        "facts": [["cpu", format!("Xeon, {} cores", 2 + index)], ["os", "Debian 12"]],
        "missing": [{ "name": "cuda", "reason": "libcuda.so.1 is not here",
                      "help": "install NVIDIA's driver" }],
    })
}

fn scenario(index: usize) -> Value {
    let what = "attention blocks, weights and noise from seed 0";
    json!({
        "name": format!("scenario-{index:02}"),
        "file": format!("scenarios/scenario-{index:02}.yaml"),
        "description": format!("DDIM on a tiny UNet with {index} {what}"),
        "tags": if index.is_multiple_of(3) { vec!["nightly"] } else { vec![] },
        "notices": if index == 0 { vec!["params.scheduler: keys without effect: `sigma_max`"] } else { vec![] },
    })
}

fn distance(pass: bool, scenario: usize) -> f64 {
    let factor = 1.0 + f64::from(u32::try_from(scenario).unwrap_or(0)) / 10.0;
    if pass { 1.5e-6 * factor } else { 3.2e-4 * factor }
}

fn reasons(verdict: &str, scenario: usize, target: usize) -> Value {
    match verdict {
        "pass" => json!([]),
        "skipped" => json!([{ "code": "unsupported", "text": "the target has no f64" }]),
        "crashed" => {
            let text = format!("cell {scenario}-{target}: the process was killed by SIGSEGV");
            json!([{ "code": "crashed", "text": text }])
        }
        _ => json!([
            { "code": "outside-tolerance",
              "text": "image: 12 of 3072 elements outside of the tolerance; the first at [0, 4, 4, 1]" },
            { "code": "would-pass",
              "text": format!("cell {scenario}-{target} would pass with pixel: {{ abs: 4.0e-4 }}") },
        ]),
    }
}

fn output(pass: bool, golden: usize, first: usize) -> Value {
    let counts = [3, 40, 311, 802, 640, 200, 31, 9, 4, 0, 2, 1];
    let edge = |index: u32| 1e-8 * 10f64.powf(0.5 * f64::from(index));
    let bins = (0..12).zip(counts).map(|(index, count)| {
        let count = if pass && index > 5 { 0 } else { count };
        json!({ "from": edge(index), "to": edge(index + 1), "count": count })
    });
    json!({
        "name": "image", "shape": [1, 32, 32, 3],
        "note": "channels as grey tiles, scaled to the golden's range",
        "numbers": [
            { "name": "abs_sum", "got": 1491.1712, "allowed": 1e-3, "would_pass": null,
              "met": true },
            { "name": "max_abs_diff", "got": distance(pass, 0), "allowed": 8e-6,
              "would_pass": 4e-4, "met": pass },
            { "name": "psnr", "got": null, "allowed": null, "would_pass": null, "met": true },
        ],
        "pictures": { "golden": golden, "result": first, "difference": first + 1,
                      "flip": (!pass).then_some(first + 1) },
        "gain": if pass { 1000.0 } else { 10.0 },
        "histogram": { "equal": 1029, "non_finite": 0, "allowed": 8e-6, "outside": 47,
                       "bins": bins.collect::<Vec<_>>() },
    })
}

fn steps(pass: bool) -> Value {
    let rise = if pass { 1e-9 } else { 4e-8 };
    let step = |index: i32| {
        let distance = match index {
            0 => json!(0.0),
            6 if !pass => json!(null),
            _ => json!(rise * 2.1f64.powi(index)),
        };
        json!({ "name": format!("step {index}"), "distance": distance, "allowed": 8e-6,
                "estimate": index % 4 == 3 })
    };
    (0..12).map(step).collect()
}

fn expect(pass: bool) -> Value {
    json!([{ "source": "the guide on reproducibility", "what": "image abs_sum",
             "got": 1491.1712, "want": 1491.1711, "tol": 1e-3, "pass": pass }])
}

fn history(index: usize) -> Value {
    let point = |day: usize| {
        let distance = 1e-6 * [1.0, 3.0, 5.0, 2.0, 4.0][(day + index) % 5];
        json!({ "at": format!("2026-11-{:02}T03:00:00Z", day + 1), "red": day == 5,
                "distance": (day != 5).then_some(distance) })
    };
    let drift = "rises since 2026-11-09: 1.0e-6 before, 4.0e-6 now";
    json!({
        "scenario": format!("scenario-{index:02}"), "target": "flex", "allowed": 8e-6,
        "drift": (index == 0).then_some(drift),
        "points": (0..12).map(point).collect::<Vec<_>>(),
    })
}

/// A gradient with noise, as the base64 of a PNG.
fn picture(side: u32, hue: usize, seed: usize) -> Value {
    let mut state = 1 + hue as u64 * 977 + seed as u64 * 131;
    let pixels: Vec<u8> = (0..side * side * 3)
        .map(|index| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let slope = (index / 3 % side) * 160 / side;
            u8::try_from(slope + ((state >> 59) as u32 * 3) % 90).unwrap_or(255)
        })
        .collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a vector takes every header");
    writer.write_image_data(&pixels).expect("as many bytes as the header says");
    writer.finish().expect("a vector takes every byte");
    Value::String(STANDARD.encode(bytes))
}

/// The same data with strings that try to be markup.
pub fn hostile(mut data: Value) -> Value {
    spoil(&mut data, "");
    data
}

fn spoil(value: &mut Value, key: &str) {
    // Base64, times, the enumeration and its table come from nowhere but the harness.
    let ours = ["made", "started", "at", "verdict"].contains(&key);
    match value {
        Value::String(text) if !ours => text.extend([MARKUP, UNSEEN]),
        Value::Array(_) if ["pictures", "verdicts"].contains(&key) => {}
        Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, key)),
        Value::Object(fields) => fields.iter_mut().for_each(|(key, item)| spoil(item, key)),
        _ => {}
    }
}
