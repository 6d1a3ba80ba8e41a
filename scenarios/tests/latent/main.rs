//! The models and pipelines of latent diffusion against diffusers: weights bit for bit, outputs within a bound, published
//! slices, and every refusal in words.

mod models;
mod pipelines;
