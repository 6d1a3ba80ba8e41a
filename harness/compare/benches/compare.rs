//! The comparison beside a plain copy, on 64 MiB of `f32` and one core. `ci/peers/compare.sh` runs it
//! beside numpy and torch on the same data.

use std::hint::black_box;

use burn_repro_compare::compare::{Images, compare_elements, flip, ssim};
use burn_repro_compare::tolerance::{Bound, Bounds, Limits};
use burn_repro_compare::trace::Dtype;
use criterion::{Criterion, criterion_group, criterion_main};

const COUNT: usize = 64 * 1024 * 1024 / size_of::<f32>();

/// Values in [0, 1] and the same with an error of at most 1e-6; `ci/peers/compare.py` makes the same.
fn data() -> (Vec<f32>, Vec<f32>) {
    let want = |index: usize| (index as f64 * 0.618_033_988_749_894_9) % 1.0;
    let error = |index: usize| ((index as f64 * 0.754_877_666_246_692_7) % 1.0 - 0.5) * 2.0e-6;
    let got = (0..COUNT).map(|index| (want(index) + error(index)) as f32).collect();
    (got, (0..COUNT).map(|index| want(index) as f32).collect())
}

fn benchmark(criterion: &mut Criterion) {
    let (got, want) = data();
    let bounds = Bounds {
        abs_sum: Bound::new(0.0, 1.0e-5),
        pixel: Bound::new(1.0e-5, 1.3e-6),
        limits: Limits::new(),
    };
    let shape = [COUNT];
    let sum = want.iter().map(|&value| f64::from(value).abs()).sum();
    let mut copy = vec![0.0_f32; COUNT];
    let mut group = criterion.benchmark_group("64 MiB");
    group.sample_size(20);
    group.bench_function("copy", |bencher| {
        bencher.iter(|| black_box(&mut copy).copy_from_slice(black_box(&got)));
    });
    group.bench_function("every elementwise measure, f32", |bencher| {
        bencher.iter(|| {
            let compared =
                compare_elements(black_box(&got), &want, &shape, Dtype::F32.into(), sum, &bounds)
                    .unwrap();
            assert_eq!((compared.outside, compared.abs_sum_passes), (0, true));
            compared
        });
    });
    let [wide_got, wide_want] = [&got, &want]
        .map(|values| values.iter().map(|&value| f64::from(value)).collect::<Vec<f64>>());
    group.bench_function("every elementwise measure, f32 widened as a trace is", |bencher| {
        bencher.iter(|| {
            compare_elements(
                black_box(&wide_got),
                &wide_want,
                &shape,
                Dtype::F32.into(),
                sum,
                &bounds,
            )
        });
    });
    group.finish();

    let side = 512;
    let images = |values| Images { count: 1, height: side, width: side, channels: 3, values };
    let [got, want] = [&wide_got, &wide_want].map(|values| images(&values[..side * side * 3]));
    let mut group = criterion.benchmark_group("one image of 512 by 512");
    group.sample_size(10);
    group.bench_function("ssim", |bencher| bencher.iter(|| ssim(black_box(&got), &want)));
    group.bench_function("flip", |bencher| bencher.iter(|| flip(black_box(&got), &want)));
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
