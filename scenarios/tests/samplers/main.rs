//! Schedules and samplers against diffusers: its published numbers, and vectors made with it.
//!
//! `data/scheduler_vectors.json` was written by diffusers 0.42.1 on torch 2.11 (CPU, AVX2); its
//! `meta` says how its bits are written. `data/sampler_vectors.json` is `ci/peers/samplers.py`'s.

mod configs;
mod loops;
mod oracle;
mod properties;
mod published;
mod recipes;
mod refusals;
mod refusals_without_sigma;
mod schedules;
mod solvers;
mod steps;
mod support;
mod timesteps;
mod vectors;
