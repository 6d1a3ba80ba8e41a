"""Runs diffusers' samplers on the closed-form denoiser of its own tests, each in every configuration that changes its
formula, and writes what comes out after each step. Needs scipy, torch and diffusers 0.40 or later, before which UniPC had
other sigmas for a flow; the same versions write the same file.

    python ci/peers/samplers.py            # writes scenarios/tests/data/sampler_vectors.json
    python ci/peers/samplers.py --list     # the number of cases for each class
"""

import json
import sys
from collections import Counter
from pathlib import Path

import diffusers
import torch

VECTORS = Path(__file__).parents[2] / "scenarios/tests/data/sampler_vectors.json"
SHAPE = [2, 1, 4, 4]

SIGMA_SPACE = {"multiply_by_init_noise_sigma": True, "scale_model_input": "replace_sample"}
AS_PIPELINES = {"multiply_by_init_noise_sigma": True, "scale_model_input": "model_input_only"}
SEEDED = {"generator": {"seed": 0}}
PREDICTIONS = [{"prediction_type": kind} for kind in ("epsilon", "sample", "v_prediction")]
SPACINGS = [{"timestep_spacing": spacing} for spacing in ("leading", "trailing", "linspace")]
SIGMAS = [{f"use_{kind}_sigmas": True} for kind in ("karras", "exponential", "beta")]
THRESHOLDS = {"thresholding": True, "sample_max_value": 2.0, "dynamic_thresholding_ratio": 0.9}
LATENT = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}


ENDS_ABOVE_ZERO = {"final_sigmas_type": "sigma_min"}


def orders(algorithm, *numbers, **more):
    """An algorithm in each of these orders."""
    return [{"algorithm_type": algorithm, "solver_order": order, **more} for order in numbers]


def given(**arguments):
    """Given timesteps or sigmas, in place of a number of steps."""
    listed = next(value for key, value in arguments.items() if key in ("timesteps", "sigmas"))
    return {"set_timesteps": arguments, "steps": len(listed)}


def argued(steps, **arguments):
    """A number of steps, and what else `set_timesteps` takes."""
    return {"set_timesteps": {"num_inference_steps": steps, **arguments}, "steps": steps}


def noised(start, order=1):
    return {"add_noise": {"t_start": start}, "first_timestep_index": start * order}


# For each class: the recipe that its cases share, and the cases. A case is what its configuration has beside the defaults,
# or that and what its recipe has beside the shared one.
CASES = {
    "DDIMScheduler": (
        {},
        [*PREDICTIONS, *SPACINGS[1:], THRESHOLDS, LATENT, COSINE, {"set_alpha_to_one": False, "steps_offset": 1},
         {"clip_sample": False}, {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "prediction_type": "v_prediction"},
         ({}, {"step_args": {"eta": 0.7}, **SEEDED}), ({}, {"step_args": {"use_clipped_model_output": True}}),
         ({}, noised(8))],
    ),
    "DDIMParallelScheduler": (
        {},
        [{}, ({}, {"step_args": {"eta": 1.0}, **SEEDED}), ({}, {"loop": "batch_step_no_noise"}),
         (THRESHOLDS, {"loop": "batch_step_no_noise"}),
         ({"set_alpha_to_one": False, "clip_sample": False}, {"loop": "batch_step_no_noise"})],
    ),
    "DDIMInverseScheduler": (
        {},
        [{}, {"prediction_type": "v_prediction"}, {"prediction_type": "sample", "set_alpha_to_one": False},
         {"timestep_spacing": "trailing"}, {"steps_offset": 1, "set_alpha_to_one": False}, {"clip_sample": False},
         LATENT, COSINE],
    ),
    "DDPMScheduler": (
        SEEDED,
        [*PREDICTIONS, *SPACINGS[1:], THRESHOLDS, {"clip_sample_range": 0.5}, COSINE, {"beta_schedule": "sigmoid"},
         {"variance_type": "fixed_small_log"}, {"variance_type": "fixed_large"},
         ({}, given(timesteps=[100, 87, 50, 1, 0])), ({}, noised(8))],
    ),
    "DDPMParallelScheduler": (
        SEEDED,
        [{}, {"variance_type": "fixed_large"}, ({}, {"loop": "batch_step_no_noise"}),
         (THRESHOLDS, {"loop": "batch_step_no_noise", "set_timesteps": None, "steps": 1000})],
    ),
    "PNDMScheduler": (
        {"loop": "prk_then_plms"},
        [{}, {"prediction_type": "v_prediction"}, *SPACINGS[1:], {"set_alpha_to_one": True}, {"steps_offset": 1}, LATENT,
         COSINE, {"skip_prk_steps": True}, {"skip_prk_steps": True, "set_alpha_to_one": True},
         {"skip_prk_steps": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"},
         {"skip_prk_steps": True, "timestep_spacing": "linspace"}, ({}, argued(4)), ({"skip_prk_steps": True}, argued(1)),
         ({"skip_prk_steps": True}, argued(2))],
    ),
    "IPNDMScheduler": (
        {},
        [{}, ({}, {"loop": "twice"}), ({}, argued(3)), ({"trained_betas": [0.9, 0.7, 0.4, 0.2, 0.1, 0.0]}, argued(5))],
    ),
    "LCMScheduler": (
        {**SEEDED, **argued(4)},
        [{}, ({}, argued(1)), *PREDICTIONS[1:], {"clip_sample": True}, THRESHOLDS, {"timestep_scaling": 0.001},
         {"original_inference_steps": 20}, ({}, argued(3, original_inference_steps=30, strength=0.8)),
         ({}, given(timesteps=[999, 759, 499, 259])), ({}, given(timesteps=[999, 759, 499, 259], strength=0.5)),
         ({}, {**argued(10), **noised(5)}), {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}],
    ),
    "TCDScheduler": (
        {**SEEDED, **argued(4), "step_args": {"eta": 0.3}},
        [{}, ({}, {"step_args": {"eta": 0.0}}), ({}, {"step_args": {"eta": 1.0}}), ({}, argued(1)), *PREDICTIONS[1:],
         {"original_inference_steps": 20}, ({}, argued(3, original_inference_steps=30, strength=0.8)),
         ({}, given(timesteps=[999, 759, 499, 259])), ({}, given(timesteps=[999, 759, 499, 259], strength=0.5)),
         ({}, {**argued(10), **noised(5)})],
    ),
    "UnCLIPScheduler": (
        SEEDED,
        [{}, {"prediction_type": "sample"}, {"clip_sample": False}, {"clip_sample_range": 5.0},
         ({}, {"loop": "explicit_prev_timestep"}), ({}, {"loop": "explicit_prev_timestep", **argued(25)}),
         ({"prediction_type": "sample"}, {"loop": "explicit_prev_timestep"})],
    ),
    "EulerDiscreteScheduler": (
        {**SIGMA_SPACE, **SEEDED},
        [*PREDICTIONS, *SPACINGS, *SIGMAS, {"use_karras_sigmas": True, "sigma_min": 0.05, "sigma_max": 50.0},
         {"interpolation_type": "log_linear"}, {"final_sigmas_type": "sigma_min"},
         {"timestep_type": "continuous", "prediction_type": "v_prediction", "sigma_min": 0.002, "sigma_max": 700.0, "use_karras_sigmas": True},
         {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing", "prediction_type": "v_prediction"},
         {"steps_offset": 1, "timestep_spacing": "leading", **LATENT},
         ({}, {"step_args": {"s_churn": 2.0, "s_tmin": 0.1, "s_noise": 1.003}}), ({}, AS_PIPELINES), ({}, noised(8)),
         ({}, given(timesteps=[999, 700, 400, 150, 0])), ({}, {**given(sigmas=[10.0, 5.0, 2.0, 0.5, 0.0]), "steps": 4})],
    ),
    "EulerAncestralDiscreteScheduler": (
        {**SIGMA_SPACE, **SEEDED},
        [PREDICTIONS[0], PREDICTIONS[2], *SPACINGS[:2], COSINE, {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"},
         ({}, AS_PIPELINES), ({}, noised(8))],
    ),
    "HeunDiscreteScheduler": (
        SIGMA_SPACE,
        [*PREDICTIONS, *SPACINGS[:2], *SIGMAS, {"clip_sample": True}, {**COSINE}, {"beta_schedule": "exp"}, ({}, AS_PIPELINES), ({}, noised(8, 2)),
         ({}, given(timesteps=[999, 700, 400, 150, 0]))],
    ),
    "LMSDiscreteScheduler": (
        SIGMA_SPACE,
        [*PREDICTIONS, *SPACINGS[:2], *SIGMAS, ({}, {"step_args": {"order": 2}}), ({}, AS_PIPELINES), ({}, noised(8))],
    ),
    "KDPM2DiscreteScheduler": (
        SIGMA_SPACE,
        [PREDICTIONS[0], PREDICTIONS[2], *SPACINGS[:2], *SIGMAS, ({}, AS_PIPELINES), ({}, noised(8, 2))],
    ),
    "KDPM2AncestralDiscreteScheduler": (
        {**SIGMA_SPACE, **SEEDED},
        [PREDICTIONS[0], PREDICTIONS[2], *SPACINGS[:2], *SIGMAS, ({}, AS_PIPELINES), ({}, noised(8, 2))],
    ),
    "EDMEulerScheduler": (
        {**AS_PIPELINES, **SEEDED},
        [PREDICTIONS[0], PREDICTIONS[2], {"sigma_schedule": "exponential"}, {"final_sigmas_type": "sigma_min"},
         {"sigma_min": 0.1, "sigma_max": 10.0, "rho": 5.0}, ({}, {"step_args": {"s_churn": 2.0, "s_noise": 1.003}})],
    ),
    "CMStochasticIterativeScheduler": (
        {**AS_PIPELINES, **SEEDED},
        [{}, {"clip_denoised": False}, {"s_noise": 1.5}, ({}, argued(1)), ({"num_train_timesteps": 201}, given(timesteps=[106, 0])),
         ({"num_train_timesteps": 201}, noised(8))],
    ),
    "ScoreSdeVeScheduler": ({**SEEDED, "loop": "score_sde_ve", **argued(3)}, [{}, {"snr": 0.2, "sigma_max": 50.0}]),
    "FlowMatchEulerDiscreteScheduler": (
        SEEDED,
        [{}, {"shift": 3.0}, *SIGMAS, {"shift": 3.0, "shift_terminal": 0.1}, {"invert_sigmas": True},
         {"stochastic_sampling": True},
         ({"use_dynamic_shifting": True}, argued(10, mu=0.8)),
         ({"use_dynamic_shifting": True, "time_shift_type": "linear"}, argued(10, mu=0.8)),
         ({"shift": 3.0}, given(sigmas=[1.0, 0.7, 0.4, 0.1]))],
    ),
    "FlowMatchHeunDiscreteScheduler": (SEEDED, [{}, {"shift": 3.0}]),
    "DPMSolverMultistepScheduler": (
        SEEDED,
        [*orders("dpmsolver++", 1, 2, 3), *orders("dpmsolver", 1, 2, 3, **ENDS_ABOVE_ZERO),
         *orders("sde-dpmsolver++", 1, 2), *orders("sde-dpmsolver", 1, 2, **ENDS_ABOVE_ZERO),
         {"solver_type": "heun"}, {"solver_type": "heun", "algorithm_type": "dpmsolver", **ENDS_ABOVE_ZERO},
         {"solver_type": "heun", "algorithm_type": "sde-dpmsolver++"}, *PREDICTIONS[1:], *SPACINGS[:2], *SIGMAS,
         {"use_lu_lambdas": True}, {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0},
         {"euler_at_final": True}, {"lower_order_final": False, "final_sigmas_type": "sigma_min"},
         THRESHOLDS, {**COSINE, "lambda_min_clipped": -5.1}, {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"},
         ({}, noised(5)), ({"solver_order": 3}, argued(20)), ({}, given(timesteps=[999, 700, 400, 150, 50])),
         {"variance_type": "fixed_small"}],
    ),
    "DPMSolverMultistepInverseScheduler": (
        SEEDED,
        [*orders("dpmsolver++", 1, 2, 3), *orders("dpmsolver", 1, 2, 3), {"solver_type": "heun"},
         *PREDICTIONS[1:], *SPACINGS[:2], {"use_karras_sigmas": True}, THRESHOLDS, {"lower_order_final": False}],
    ),
    "DPMSolverSinglestepScheduler": (
        SEEDED,
        [*orders("dpmsolver++", 1, 2, 3), *orders("dpmsolver", 1, 2, 3, **ENDS_ABOVE_ZERO), *orders("sde-dpmsolver++", 1, 2),
         {"solver_type": "heun"}, {"solver_type": "heun", "algorithm_type": "dpmsolver", **ENDS_ABOVE_ZERO}, *PREDICTIONS[1:], *SIGMAS,
         {"lower_order_final": True, "final_sigmas_type": "sigma_min"}, THRESHOLDS, {"solver_order": 3, "lower_order_final": True},
         ({}, noised(5)), ({"lower_order_final": True}, argued(7)), ({"solver_order": 3, "lower_order_final": True}, argued(11))],
    ),
    "DEISMultistepScheduler": (
        {},
        [{"solver_order": 1}, {"solver_order": 2}, {"solver_order": 3}, *PREDICTIONS[1:], *SPACINGS[:2], *SIGMAS,
         {"lower_order_final": False}, THRESHOLDS, {"use_flow_sigmas": True, "prediction_type": "flow_prediction"},
         {"algorithm_type": "dpmsolver++", "solver_type": "midpoint"}, ({}, noised(5))],
    ),
    "UniPCMultistepScheduler": (
        {},
        [*({"solver_order": order, "solver_type": "bh2"} for order in (1, 2, 3)),
         *({"solver_order": order, "solver_type": "bh1", **ENDS_ABOVE_ZERO} for order in (1, 2, 3)),
         {"predict_x0": False, **ENDS_ABOVE_ZERO},
         {"predict_x0": False, "solver_order": 3, "solver_type": "bh1", **ENDS_ABOVE_ZERO}, *PREDICTIONS[1:], *SPACINGS[:2], *SIGMAS,
         {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}, {"disable_corrector": [0, 2]},
         {"lower_order_final": False, **ENDS_ABOVE_ZERO}, ENDS_ABOVE_ZERO, THRESHOLDS, ({}, noised(5))],
    ),
    "SASolverScheduler": (
        {**SIGMA_SPACE, **SEEDED},
        [{}, {"predictor_order": 1, "corrector_order": 1}, {"predictor_order": 3, "corrector_order": 2}, {"predictor_order": 2, "corrector_order": 3},
         {"algorithm_type": "noise_prediction"}, PREDICTIONS[2], *SPACINGS[:2], *SIGMAS, THRESHOLDS, ({}, noised(5))],
    ),
    "EDMDPMSolverMultistepScheduler": (
        {**AS_PIPELINES, **SEEDED},
        [{"solver_order": 1}, {"solver_order": 2}, {"solver_order": 3}, {"solver_type": "heun"}, PREDICTIONS[2],
         {"algorithm_type": "sde-dpmsolver++"}, {"sigma_schedule": "exponential"}, {"final_sigmas_type": "sigma_min"},
         {"euler_at_final": True}, {"lower_order_final": False, "final_sigmas_type": "sigma_min"}, THRESHOLDS],
    ),
}
# Class after class by `from_config`, with the recipe of the last.
CHAINS = [
    ("DDIMScheduler", ["PNDMScheduler", "DPMSolverMultistepScheduler"], LATENT, {}),
    ("DEISMultistepScheduler", ["DPMSolverSinglestepScheduler", "UniPCMultistepScheduler", "DPMSolverMultistepScheduler"], {}, {}),
    ("EulerDiscreteScheduler", ["PNDMScheduler"], {"timestep_spacing": "leading", "steps_offset": 1}, {"loop": "prk_then_plms"}),
    ("UniPCMultistepScheduler", ["DEISMultistepScheduler"], {"solver_order": 3}, {}),
]


def recipes():
    """Class, configuration and recipe of every case."""
    for scheduler, (shared, cases) in CASES.items():
        for case in cases:
            config, own = case if isinstance(case, tuple) else (case, {})
            yield scheduler, config, argued(10) | shared | own
    for scheduler, chain, config, own in CHAINS:
        yield scheduler, config, argued(10) | own | {"from_config_chain": chain}


def sequence(reverse=False):
    batch, channels, height, width = SHAPE
    count = batch * channels * height * width
    values = torch.arange(count)
    values = values.flip(0) if reverse else values
    # Contiguous, as in pipelines: `randn_like` fills the memory of what it is like.
    return (values.reshape(channels, height, width, batch) / count).permute(3, 0, 1, 2).contiguous()


def model(x, t):
    t = t if isinstance(t, torch.Tensor) else torch.tensor(t)
    t = t.to(x.dtype)
    if t.ndim:
        t = t.reshape(-1, 1, 1, 1)
    return x * t / (t + 1)


def loop(scheduler, recipe, x, timesteps, after):
    """The loop of a recipe; `after` is told the sample after each step."""
    kind = recipe.get("loop", "standard")
    arguments = dict(recipe.get("step_args", {}))
    if recipe.get("generator"):
        generator = torch.manual_seed(recipe["generator"]["seed"])
        arguments["generator"] = generator
    for index, t in enumerate(timesteps):
        step = scheduler.step if hasattr(scheduler, "step") else scheduler.step_pred
        if kind == "score_sde_ve":
            for _ in range(scheduler.config.correct_steps):
                x = scheduler.step_correct(model(x, scheduler.sigmas[index]), x, generator=generator).prev_sample
                after(x)
            output = model(x, scheduler.sigmas[index])
        else:
            scaled = x if recipe.get("scale_model_input", "none") == "none" else scheduler.scale_model_input(x, t)
            if recipe.get("scale_model_input") == "replace_sample":
                x = scaled
            output = model(scaled, t)
        if kind == "explicit_prev_timestep":
            arguments["prev_timestep"] = timesteps[index + 1] if index + 1 < len(timesteps) else None
        if kind == "prk_then_plms":
            is_runge_kutta = index < len(scheduler.prk_timesteps)
            step = scheduler.step_prk if is_runge_kutta else scheduler.step_plms
        x = step(output, t, x, **arguments).prev_sample
        after(x)
    return x


def batch_step(scheduler, recipe, x):
    batch = x.shape[0]
    x = torch.cat([x, x + 0.1, x - 0.1])
    t = torch.arange(3).repeat_interleave(batch)
    return scheduler.batch_step_no_noise(model(x, t), t, x, **recipe.get("step_args", {}))


def run(name, config, recipe):
    """The sums of the absolute values after each step, and the last sample."""
    scheduler = getattr(diffusers, name)(**config)
    for after in recipe.get("from_config_chain", []):
        scheduler = getattr(diffusers, after).from_config(scheduler.config)
    sums = []

    def after(x):
        sums.append(float(f"{x.double().abs().sum().item():.9g}"))

    if recipe["set_timesteps"]:
        if recipe.get("loop") == "score_sde_ve":
            scheduler.set_sigmas(recipe["steps"])
        scheduler.set_timesteps(**recipe["set_timesteps"])
    x = sequence()
    if recipe.get("loop") == "batch_step_no_noise":
        x = batch_step(scheduler, recipe, x)
        after(x)
        return sums, x
    if recipe.get("multiply_by_init_noise_sigma"):
        x = x * scheduler.init_noise_sigma
    timesteps = scheduler.timesteps
    if recipe.get("add_noise"):
        first = recipe["first_timestep_index"]
        timesteps = timesteps[first:]
        x = scheduler.add_noise(x, sequence(reverse=True), timesteps[:1])
    x = loop(scheduler, recipe, x, timesteps, after)
    if recipe.get("loop") == "twice":
        scheduler._step_index = None
        x = loop(scheduler, recipe, x, timesteps, after)
    return sums, x


def digits(x):
    return x.contiguous().float().numpy().astype(">f4").tobytes().hex()


def main():
    if "--list" in sys.argv:
        counts = Counter(scheduler for scheduler, _, _ in recipes())
        print("\n".join(f"{count:4} {scheduler}" for scheduler, count in counts.items()), f"\n{counts.total():4} in all")
        return
    torch.set_num_threads(1)
    cases = []
    for scheduler, config, recipe in recipes():
        try:
            sums, x = run(scheduler, config, recipe)
        except Exception as error:
            sys.exit(f"{scheduler} {config} {recipe}: {type(error).__name__}: {error}")
        if not torch.isfinite(x).all():
            sys.exit(f"not finite: {scheduler} {config} {recipe}")
        cases.append({"scheduler": scheduler, "config": config, "recipe": recipe, "abs_sums": sums, "sample": digits(x)})
    versions = {"diffusers": diffusers.__version__, "torch": torch.__version__}
    about = "A sample of shape `shape` after each step, as the sum of its absolute values, and the last one as f32 bits"
    VECTORS.write_text(json.dumps({"about": about, **versions, "shape": SHAPE, "cases": cases}, separators=(",", ":")) + "\n")
    print(f"{len(cases)} cases, {VECTORS.stat().st_size} bytes")


if __name__ == "__main__":
    main()
