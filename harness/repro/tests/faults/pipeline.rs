//! A pipeline that misbehaves where it is told to: in the scenario `m-faulty`, on one backend.

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use burn::tensor::{Device, Tensor, TensorData};
use burn_repro::{BoxError, Case, Pipeline, Probe, Requirements};

/// What goes wrong.
pub const FAULT: &str = "FAULTS_FAULT";
/// The backend on which it does.
pub const PLACE: &str = "FAULTS_PLACE";
/// The scenario in which it does.
pub const SCENARIO: &str = "m-faulty";

/// The fault of a driver that hangs when it is asked what is here; see [`hang_if_probe`].
pub const HANGING_PROBE: &str = "hanging_probe";

/// Hangs where this process is to look for GPUs and that is what goes wrong.
pub fn hang_if_probe() {
    let hangs = std::env::var(FAULT).is_ok_and(|fault| fault == HANGING_PROBE);
    if hangs && std::env::args().nth(1).is_some_and(|first| first == "__probe") {
        let _ = std::process::Command::new("sleep").arg("600").status();
    }
}

pub struct Faulty;

impl Pipeline for Faulty {
    const NAME: &'static str = "faulty";
    type Params = ();

    fn requires(&self, case: &Case<()>) -> Requirements {
        let fault = std::env::var(FAULT).unwrap_or_default();
        match fault == "long_sum" && case.scenario == SCENARIO {
            true => Requirements::default().reduces(300_000),
            false => Requirements::default(),
        }
    }

    fn run(&self, case: &Case<()>, device: &Device, probe: &mut Probe) -> Result<(), BoxError> {
        let fault = std::env::var(FAULT).unwrap_or_default();
        let place = std::env::var(PLACE).unwrap_or("flex".into());
        let here = format!("{device:?}").to_lowercase().contains(&place);
        let input = probe.noise([2], &[1.0, -2.0]);
        probe.record("step.00/latents", &input);
        if fault == "slow" {
            std::thread::sleep(Duration::from_millis(40));
        }
        let image = match fault.as_str() {
            fault if here && case.scenario == SCENARIO => spoilt(fault, input, device, probe)?,
            _ => input,
        };
        probe.output("image", &image);
        Ok(())
    }
}

/// What a fault makes of the image, if it lets the pipeline go on.
fn spoilt(
    fault: &str,
    image: Tensor<1>,
    device: &Device,
    probe: &mut Probe,
) -> Result<Tensor<1>, BoxError> {
    let of = |values: &[f32]| Tensor::<1>::from_data(TensorData::from(values), device);
    Ok(match fault {
        "nan" => of(&[1.0, f32::NAN]),
        "wrong_shape" => of(&[1.0, -2.0, 0.0]),
        "empty" => Tensor::from_data(TensorData::new(Vec::<f32>::new(), [0]), device),
        "changing" => of(&[1.0, -2.0 + f32::from(clock() % 64) * f32::EPSILON]),
        // On a GPU: memory that no kernel has written, and more of it than one tensor may take.
        "unwritten" => Tensor::<1>::empty([200_000], device).narrow(0, 199_998, 2),
        "too_large" => Tensor::<1>::ones([50_000_000], device).mul_scalar(200).narrow(0, 0, 2),
        "long_sum" => Tensor::<2>::ones([2, 300_000], device).sum_dim(1).reshape([2]),
        "twice" => {
            probe.output("image", &image);
            image
        }
        _ => {
            misbehave(fault)?;
            image
        }
    })
}

/// Faults of the process and not of the numbers.
fn misbehave(fault: &str) -> Result<(), BoxError> {
    match fault {
        "error" => return Err("the model is on holiday".into()),
        "panic" => panic!("a planted panic"),
        "panic_elsewhere" => {
            let elsewhere = std::thread::Builder::new().name("elsewhere".into());
            let _ = elsewhere.spawn(|| panic!("nobody looks here"))?.join();
        }
        "abort" => std::process::abort(),
        "stack_overflow" => drop(deeper(0)),
        "hang" => loop {
            black_box(0);
        },
        "sleep" => std::thread::sleep(Duration::from_secs(3600)),
        "grandchild" => {
            std::process::Command::new("sleep").arg("3600").spawn()?;
            loop {
                std::thread::park();
            }
        }
        "allocate" => {
            let mut taken = Vec::new();
            loop {
                taken.push(black_box(vec![1_u8; 16 << 20]));
            }
        }
        "exit" => std::process::exit(0),
        "chatter" => {
            println!("a driver that talks on standard output\n\u{1}burn-repro {{\"Finished\"");
            print!("and does not end its line");
        }
        _ => {}
    }
    Ok(())
}

fn deeper(depth: u64) -> [u64; 512] {
    if black_box(depth) == u64::MAX {
        return [depth; 512];
    }
    let mut frame = black_box([depth; 512]);
    frame[0] += deeper(depth + 1)[1];
    frame
}

fn clock() -> u8 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.subsec_nanos() / 64 % 256) as u8
}
