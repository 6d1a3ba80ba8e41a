//! The keys that diffusers' configurations can have, whatever class they belong to, and the scheduler classes they name.
//! Which class has which is not kept here.
//!
//! Made from the releases 0.42.1, 0.40.0, 0.38.0 to 0.35.2, 0.30.3, 0.20.2, 0.10.2 and 0.2.4: every argument of every
//! `@register_to_config def __init__` below `schedulers/` and `models/`; what `EMAModel` saves beside a model's keys;
//! `auto_map`, `quantization_config` and `predict_epsilon`. `eta` is left out, though RePaintScheduler has it: in a
//! scenario it belongs beside `scheduler`, and there it has an effect.

use burn_repro::nearest;

/// Keys of any class, sorted.
const KEYS: &str = "\
    LFE_depth LFE_dim_head LFE_ff_mult LFE_id_dim LFE_num_heads LFE_num_id_token LFE_num_querie \
    LFE_num_scale LFE_output_dim LFE_vit_dim act_fn action_dim action_gen activation activation_fn \
    adaln_dim adaln_lora_dim adaln_type adaln_use_text_cond adapter_type add_attention \
    add_attention_block add_control_noise_refiner add_noise_in_inpaint_model add_norm_text_encoder \
    added_emb_type added_kv_proj_dim addition_embed_type addition_embed_type_num_heads \
    addition_time_embed_dim additional_embeddings after_norm algorithm_type all_f_patch_size \
    all_patch_size allowed_residue_types alpha_cum_end alpha_cum_start anti_aliasing \
    approximator_hidden_dim approximator_layers approximator_num_channels atom37_mask attention_P \
    attention_add_sta attention_bias attention_causal attention_dropout attention_glob \
    attention_head_dim attention_local attention_method attention_out_bias attention_resolutions \
    attention_type attention_wH attention_wT attention_wW attention_window attn_norm_num_groups \
    attn_num_heads attn_resolutions attn_scales audio_acoustic_hidden_dim audio_attention_head_dim \
    audio_channels audio_cross_attention_dim audio_cross_attn_mod audio_ff_bias \
    audio_freqs_scaling audio_gated_attn audio_hop_length audio_in_channels \
    audio_num_attention_heads audio_out_channels audio_patch_size audio_patch_size_t \
    audio_pos_embed_max_pos audio_sampling_rate audio_scale_factor audio_vocab_size auto_map \
    axes_dim axes_dim_rope axes_dims axes_dims_a axes_dims_rope axes_lens base_block_out_channels \
    base_channels base_dim base_fps base_height base_image_seq_len base_shift base_width \
    batch_norm_eps batch_norm_momentum beta_end beta_max beta_min beta_schedule beta_start bias \
    block_length block_num_heads block_out_channels block_types_per_layer bottleneck \
    bottleneck_size bottleneck_type c_mults ca_rope cam_attn_compress cap_feat_dim \
    capacity_factors caption_channels caption_projection_dim cath_emb_dim causal causal_condition \
    causal_offset causality_axis center_input_sample ch ch_mult channel_multiples \
    channel_multipliers channels chunk_partition chunk_plucker_channels \
    chunk_plucker_post_attn_blocks class_embed_type class_embeddings_concat clip_denoised \
    clip_embed_dim clip_image_in_channels clip_length clip_sample clip_sample_range clip_seq \
    clip_text_in_channels clip_text_pooled_in_channels codebook_dim codebook_size \
    compressed_patch_size concat_conditioning_mask concat_padding_mask cond_embed_dim \
    cond_in_channels cond_token_dim condition_dim condition_hidden_dim conditioning_channel_order \
    conditioning_channels conditioning_dim conditioning_embedding_channels \
    conditioning_embedding_out_channels context_in_dim control_in_dim control_layers_places \
    control_refiner_layers_places controlnet_block_every_n controlnet_conditioning_channel_order \
    conv_in_channels conv_in_kernel conv_kernel_size conv_out_kernel correct_steps corrector_k \
    corrector_order corrector_selection corrector_selection_tau corrector_steps \
    cross_attention_dim cross_attention_dim_t5 cross_attention_head_dim cross_attention_input_dim \
    cross_attention_norm cross_attn cross_attn_dim_head cross_attn_interval cross_attn_mod \
    cross_attn_norm cross_attn_num_heads cross_attn_timestep_scale_multiplier cross_gates \
    cross_norm crossattn_proj_in_channels ctrl_block_out_channels ctrl_conditioning_channel_order \
    ctrl_conditioning_channels ctrl_conditioning_embedding_out_channels ctrl_learn_time_embedding \
    ctrl_max_norm_num_groups ctrl_num_attention_heads d_ff d_kv d_model dec_anti_aliasing \
    dec_c_mults dec_dim dec_final_tanh dec_out_channels dec_strides dec_type \
    dec_use_nearest_upsample dec_use_snake dec_use_tanh_at_final decay decode_block_out_channels \
    decoder_act_fns decoder_add_attention decoder_attention_head_dim decoder_base_dim \
    decoder_block_out_channels decoder_block_types decoder_causal decoder_channels \
    decoder_conv_act_fn decoder_dim decoder_down_block_types decoder_downsample_padding \
    decoder_feats_seq decoder_ffn_mult decoder_head_dim decoder_hidden_dim decoder_hidden_size \
    decoder_in_channels decoder_in_shortcut decoder_inject_noise decoder_input_channels \
    decoder_input_dim decoder_intermediate_size decoder_kernel_sizes decoder_layers_per_block \
    decoder_model_output_type decoder_norm_eps decoder_norm_num_groups decoder_norm_types \
    decoder_num_attention_heads decoder_num_hidden_layers decoder_num_inference_steps \
    decoder_num_layers decoder_num_register_tokens decoder_num_train_timesteps \
    decoder_out_channels decoder_qkv_multiscales decoder_rates decoder_resnet_time_scale_shift \
    decoder_rope_dim_ratio decoder_rope_theta decoder_sinusoidal_blocks \
    decoder_spatial_padding_mode decoder_spatio_temporal_scaling decoder_stage5_kernel \
    decoder_stage_channels decoder_stage_depths decoder_stage_kernels decoder_t_emb_dim \
    decoder_time_embedding_type decoder_timestep_scale_multiplier decoder_up_block_types \
    decoder_upsample_channel_reductions decoder_upsample_strides deltatime_type dense_moe_strategy \
    depth dim dim_cond dim_heads dim_mult disable_corrector dit_depth dit_dim dit_heads \
    dit_text_dim double_self_attention double_z down_block_out_channels down_block_types \
    down_blocks_repeat_mappers down_num_layers_per_block downsample downsample_block_type \
    downsample_each_block downsample_match_channel downsample_padding downsample_shortcut \
    downsample_type downsampling_ratio downsampling_ratios downscale_factor downscale_freq_shift \
    dropout dropout_rate dtype dual_attention_layers dual_cross_attention \
    dynamic_thresholding_ratio editing_threshold effnet_in_channels embed_dim embedding_dim \
    embedding_proj_dim embedding_proj_norm_type enable_fps_modulation enable_text_attention_mask \
    enable_text_cross_attention_dual enable_text_cross_attention_single enc_c_mults enc_dim \
    enc_hop_length enc_identity_init enc_intermediate_dim enc_latent_dim enc_n_fft enc_num_blocks \
    enc_num_layers enc_strides enc_type enc_use_snake encoder_act_fn encoder_block_out_channels \
    encoder_block_types encoder_c_mults encoder_causal encoder_channels encoder_dim \
    encoder_double_z encoder_down_block_types encoder_enabled encoder_feats_seq encoder_hid_dim \
    encoder_hid_dim_type encoder_hid_proj_type encoder_hidden_size encoder_hidden_states_channels \
    encoder_in_channels encoder_input_size encoder_latent_dim encoder_layers_per_block \
    encoder_norm_mean encoder_norm_num_groups encoder_norm_std encoder_num_hidden_layers \
    encoder_out_channels encoder_out_shortcut encoder_patch_size encoder_qkv_multiscales \
    encoder_rates encoder_sinusoidal_blocks encoder_spatial_padding_mode encoder_strides \
    encoder_transformer_depths encoder_type entropy_bound eps euler_at_final \
    extra_condition_channels extra_conditioning_channels extra_in_channels extra_pos_embed_type \
    face_encoder_hidden_dim face_encoder_num_heads feats_cond_seq feats_pair_cond feats_pair_repr \
    feats_seq ff_bias ff_dim ff_dim_a ff_inner_dim ff_mult ffn_dim ffn_dim_multiplier \
    ffn_hidden_size ffn_type final_norm_eps final_sigmas_type final_step_size_scale final_tanh \
    fix_modulation flip_sin_to_cos flow_map flow_shift force_inference_output force_upcast \
    force_zeros_for_pooled_projection fourier_embedding_dim fp32_attention freq_dim freq_shift \
    full_chunk_limit gamma gamma_cum_end gamma_cum_start gate_value gated_attn gist_max_text_len \
    gist_min_text_len gist_step global_cond_dim global_pool_conditions global_states_input_dim \
    groups guidance_cross_attn guidance_embeds guidance_embeds_scale has_clean_x_embedder \
    has_image_proj has_multi_term_memory_patch head_dim hidden_act hidden_channels hidden_dropout \
    hidden_size history_scale_mode hop_length hop_size image_condition_type image_dim \
    image_embed_dim image_proj_dim image_size img_context_dim_in img_context_dim_out \
    img_context_num_tokens in_audio_dim in_channels in_dim in_shortcut in_text_dim in_text_dim2 \
    in_visual_dim init_cam_from_base inject_face_latents_blocks inject_sample_info \
    injection_layer_ids input_channels input_dims input_hop_length input_sampling_rate \
    intermediate_size interpolation_scale interpolation_scale_h interpolation_scale_t \
    interpolation_scale_w interpolation_type inv_gamma invert_scale_latents invert_sigmas \
    io_channels is_amplify_history is_causal is_kps is_residual is_train_face is_turbo \
    joint_attention_dim k_conv_only kernel_size lambda_min_clipped latent_channel latent_channels \
    latent_dim latent_magnitude latent_mean latent_patch_size latent_shift latent_std latents_mean \
    latents_std layer_norm_eps layer_types layers_per_block layers_per_down_block \
    layers_per_up_block learn_sigma learn_time_embedding linear_head_dim llama_layers \
    llm_features_dim ln_elementwise_affine local_add_cond_dim local_face_scale long_skip \
    lookup_from_codebook lower_order_final mask_token_id masking_schedule max_decoder_noise_time \
    max_image_seq_len max_norm_num_groups max_num_gist_tokens max_position_embeddings \
    max_resolution max_sequence_length max_shift max_size max_text_seq_length max_value mel_bins \
    mel_hop_length micro_cond_embed_dim micro_cond_encode_dim mid_block_add_attention \
    mid_block_layers mid_block_only_cross_attention mid_block_scale_factor mid_block_type \
    min_decay min_num_gist_tokens min_sequence_length min_value minimal_topk mixed_precision \
    mlp_acts mlp_ratio mlp_width_ratio mmdit_layers model_channels model_dim model_dim_a \
    model_type model_version moe_enabled moe_intermediate_dim motion_dim motion_encoder_batch_size \
    motion_encoder_channel_sizes motion_encoder_dim motion_encoder_size motion_layers_per_block \
    motion_max_seq_length motion_mid_block_layers_per_block motion_norm_num_groups \
    motion_num_attention_heads motion_style_dim motion_transformer_layers_per_block \
    motion_transformer_layers_per_mid_block mrope_section multiple_of n_controlnet_blocks n_fft \
    n_grid n_heads n_kv_heads n_layers n_refiner_layers n_residue_types nabla_threshold \
    nabla_window nheads nlayers noise_mode noise_sampler_seed noise_tau norm_elementwise_affine \
    norm_eps norm_in_type norm_num_groups norm_type normalize_volume num_activated_experts \
    num_attention_heads num_channels num_class_embeds num_codebooks num_condition_layers \
    num_control_type num_cross_attention_heads num_dec_blocks num_decoder_blocks \
    num_decoder_layers num_embeddings num_embeds_ada_norm num_embodiment_domains num_enc_blocks \
    num_encoder_blocks num_experts num_frame_per_block num_frames num_heads num_hidden_layers \
    num_inference_steps num_key_value_attention_heads num_key_value_heads num_kv_heads num_layers \
    num_layerwise_text_blocks num_mels num_memory_tokens num_mid_blocks num_mid_layers \
    num_mmdit_layers num_mode num_policy_substeps num_positional_embeddings num_post_blocks \
    num_pre_blocks num_proj_channel num_refiner_layers num_refiner_text_blocks num_res_blocks \
    num_routed_experts num_sequence_classes num_single_dit_layers num_single_layers \
    num_text_blocks num_text_layers num_token_types num_train_timesteps num_trans_channel \
    num_trans_head num_trans_layer num_vec_classes num_vector_embeds num_visual_blocks \
    num_vq_embeddings num_x2_adapter_blocks ofs_embed_dim only_cross_attention optimization_step \
    original_inference_steps original_max_position_embeddings out_audio_dim out_block_type out_ch \
    out_channels out_dim out_shortcut out_visual_dim output_channels output_hop_length \
    output_sampling_rate pad_token_id padding_mode pair_repr_dim patch_bias patch_latent_dim \
    patch_size patch_size_t patch_type perceiver_num_layers perturbed_attn \
    pixel_mapper_in_channels pooled_projection_dim pos_embed_max_pos pos_embed_max_size \
    pos_embed_seq_len pos_embed_type positional_embeddings power pred_sigma predict_epsilon \
    predict_x0 prediction_type predictor_order prior_vq_quantizer_codebook_size \
    projection_class_embeddings_input_dim qk_layernorm qk_norm qk_norm_eps qk_norm_for_text \
    quantization_config recycle_conditioning_dim refer_offset_h refer_offset_t refer_offset_w \
    refer_stride regularizer resblock_dilation_sizes resblock_kernel_sizes rescale_betas_zero_snr \
    reshape_to_2d resize_inpaint_mask_directly resnet_norm_eps resnet_out_scale_factor \
    resnet_skip_time_act resnet_time_scale_shift resolution resolution_embeds \
    reverse_motion_num_attention_heads reverse_temporal_transformer_layers_per_block \
    reverse_transformer_layers_per_block rho rms_norm_eps rope_axes_dim rope_base rope_dim \
    rope_dim_list rope_double_precision rope_freq_dim rope_max_seq_len rope_scale rope_scaling \
    rope_temporal_skip_len rope_theta rope_type rotary_dim route_scale s s_churn s_max s_min \
    s_noise sample_frames sample_height sample_max_value sample_rate sample_size sample_width \
    sampling_eps sampling_rate scale scale_factor scale_factor_spatial scale_factor_temporal \
    scale_factors scaler scales scaling_factor schedule_mode scheduler_type self_attn seq_sep_dim \
    set_alpha_to_one shift shift_factor shift_terminal siglip_feat_dim sigma_data sigma_max \
    sigma_min sigma_schedule skip_prk_steps sliding_window snake_logscale snr snr_shift_scale \
    softmax_every_n solver_order solver_p solver_type sound_dim sound_gen sound_latent_fps \
    source_dim spatial_compression_ratio spatial_downsample_factors spatial_ds spatial_expansions \
    spatial_group_norm spatial_interpolation_scale spatial_padding_mode spatial_us \
    spatio_temporal_scaling stage_channels stage_range stages steps_offset stereo \
    stochastic_sampling strides switch_level t_emb_dim t_kernel_size t_lim_ode t_lim_ode_below \
    t_max t_min t_scale tail_step_multiplier tail_steps target_dim target_size target_vocab_size \
    targets_length task_type tau_func temperal_downsample tempo_ds tempo_us \
    temporal_compress_times temporal_compression_ratio temporal_compression_start_level \
    temporal_downsample_blocks temporal_downsample_factors temporal_expansions \
    temporal_interpolation_scale temporal_transformer_layers_per_block \
    temporal_transformer_layers_per_mid_block temporal_upsample_blocks tensor_format text_conv \
    text_dim text_emb_dim text_embed_2_dim text_embed_dim text_embed_dim_t5 text_encoder_dim \
    text_hidden_dim text_in_dim text_intermediate_size text_len text_len_t5 \
    text_num_attention_heads text_num_key_value_heads text_token_padding theta threshold \
    thresholding tile_sizes time_cond_proj_dim time_dim time_dim_a time_embed_act_fn \
    time_embed_dim time_embed_hidden_dim time_embedding_act_fn time_embedding_dim \
    time_embedding_mix time_embedding_type time_factor time_max_period time_position_encoding_type \
    time_proj_dim time_shift_type time_step_dim time_theta timestep_activation_fn \
    timestep_channels timestep_conditioning timestep_conditioning_type timestep_embed_dim \
    timestep_features_dim timestep_guidance_channels timestep_post_act \
    timestep_ratio_embedding_dim timestep_scale timestep_scale_multiplier timestep_scaling \
    timestep_spacing timestep_type timestep_values token_dim token_drop token_type_emb_dim \
    trained_betas transformer_layers_per_block transformer_layers_per_mid_block \
    transformer_num_layers tri_mult_c tsr_k tsr_sigma unified_3d_mrope_reset_spatial_ids \
    unified_3d_mrope_temporal_modality_margin up_block_out_channels up_block_types \
    up_blocks_repeat_mappers up_num_layers_per_block upcast_attention update_after_step \
    update_pair_repr_every_n upsample upsample_block_type upsample_factor upsample_fn \
    upsample_initial_channel upsample_kernel_sizes upsample_match_channel upsample_rates \
    upsample_residual upsample_shortcut upsample_type upsampling_ratios upsampling_scaling_factor \
    upscale_mode use_additional_conditions use_additional_t_cond use_beta_sigmas use_bias \
    use_chunk_plucker_post_attn use_crossattn_projection use_cuda_kernel \
    use_differential_attention use_dynamic_shifting use_ema_warmup use_encoder_loss \
    use_exponential_sigmas use_flow_sigmas use_grouped_mm use_img_emb use_karras_sigmas \
    use_keyframes_abs_pos_embedding use_latent_condition use_layer3d_rope use_layer_norm \
    use_learned_positional_embeddings use_linear_projection use_lu_lambdas use_meanflow \
    use_motion_mid_block use_pe use_pos_embed use_post_quant_conv use_prompt_adaln_single \
    use_prompt_embeddings use_quant_conv use_rotary_positional_embeddings use_self_attention \
    use_sep_conv use_sigmoid use_simplified_condition_embedding use_snake \
    use_style_cond_and_image_meta_size use_timestep_embedding use_und_k_norm_for_gen \
    use_wav_as_input vace_in_channels vace_layers vae_scale_factors variance_type video_length \
    visual_cond visual_token_type_num_embeddings vocab_size vocoder_input_dim vq_embed_dim \
    xt_pair_dist_dim xt_pair_dist_max xt_pair_dist_min y_norm z_channels z_dim zero_cond_t \
    zero_history_timestep";

/// The scheduler classes, sorted.
const SCHEDULERS: &str = "\
    AmusedScheduler BlockRefinementScheduler CMStochasticIterativeScheduler CogVideoXDDIMScheduler \
    CogVideoXDPMScheduler ConsistencyDecoderScheduler CosineDPMSolverMultistepScheduler \
    DDIMInverseScheduler DDIMParallelScheduler DDIMScheduler DDPMParallelScheduler DDPMScheduler \
    DDPMWuerstchenScheduler DEISMultistepScheduler DPMSolverMultistepInverseScheduler \
    DPMSolverMultistepScheduler DPMSolverSDEScheduler DPMSolverSinglestepScheduler \
    DiscreteDDIMScheduler EDMDPMSolverMultistepScheduler EDMEulerScheduler EntropyBoundScheduler \
    EulerAncestralDiscreteScheduler EulerDiscreteScheduler FlaxDDIMScheduler FlaxDDPMScheduler \
    FlaxDPMSolverMultistepScheduler FlaxEulerDiscreteScheduler FlaxKarrasVeScheduler \
    FlaxLMSDiscreteScheduler FlaxPNDMScheduler FlaxScoreSdeVeScheduler \
    FlowMapEulerDiscreteScheduler FlowMatchEulerDiscreteScheduler FlowMatchHeunDiscreteScheduler \
    FlowMatchLCMScheduler HeliosDMDScheduler HeliosScheduler HeunDiscreteScheduler IPNDMScheduler \
    KDPM2AncestralDiscreteScheduler KDPM2DiscreteScheduler KarrasVeScheduler LCMScheduler \
    LMSDiscreteScheduler LTXEulerAncestralRFScheduler MiniMaxH3Scheduler PNDMScheduler \
    PiflowScheduler RFD4ProteinaScheduler RePaintScheduler SASolverScheduler SCMScheduler \
    ScoreSdeVeScheduler ScoreSdeVpScheduler TCDScheduler UnCLIPScheduler UniPCMultistepScheduler \
    VQDiffusionScheduler";

/// Every scheduler class of diffusers.
pub(crate) fn schedulers() -> impl Iterator<Item = &'static str> {
    SCHEDULERS.split_whitespace()
}

/// Whether a class of diffusers has the key, or it is private, as those that begin with `_` are.
pub(crate) fn is_known(key: &str) -> bool {
    key.starts_with('_') || KEYS.split_whitespace().any(|known| known == key)
}

/// The key that was probably meant: one of `own`, else one of any class.
pub(crate) fn nearest_key<'a>(key: &str, own: &[&'a str]) -> Option<&'a str> {
    nearest(key, own.iter().copied()).or_else(|| nearest(key, KEYS.split_whitespace()))
}

/// A regular expression of every key that [`is_known`].
pub(crate) fn pattern() -> String {
    let keys: Vec<&str> = KEYS.split_whitespace().collect();
    format!("^(_.*|{})$", keys.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(KEYS.split_whitespace().is_sorted() && schedulers().is_sorted());
    }

    /// Beside the reported ones: keys of a flow-matching scheduler, a text-to-image UNet and an older release.
    #[test]
    fn keys_of_every_kind_of_class_are_known() {
        let reported = ["skip_prk_steps", "sigma_max", "timestep_type", "decay", "inv_gamma"];
        let others = ["lambda_min_clipped", "use_dynamic_shifting", "cross_attention_dim"];
        for key in
            reported.into_iter().chain(others).chain(["tensor_format", "_use_default_values"])
        {
            assert!(is_known(key), "{key}");
        }
        assert!(!is_known("eta") && !is_known("beta_strat"));
    }

    #[test]
    fn the_nearest_key_is_one_of_the_own_ones_first() {
        let own = &["beta_start", "beta_end", "clip_sample"];
        assert_eq!(nearest_key("beta_strat", own), Some("beta_start"));
        assert_eq!(nearest_key("clipsample", own), Some("clip_sample"));
        assert_eq!(nearest_key("skip_prk_step", own), Some("skip_prk_steps"));
        assert_eq!(nearest_key("nonsense_key", own), None);
        assert_eq!(nearest_key("x", own), None);
    }
}
