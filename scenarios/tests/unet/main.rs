//! `UNet2DModel` against diffusers 0.42.1: weights bit for bit, outputs within a bound, and every
//! refusal in words.

mod common;
mod layouts;
mod loading;
mod oracle;
mod reference;
mod refusals;
