//! Configurations and inputs that are refused, and the words that name the help.

use std::fs;
use std::path::Path;

use burn_repro_core::scenario;
use burn_repro_scenarios::unet::{ModelFolder, UNet2DConfig, UNet2DModel, Weights};
use rstest::rstest;

use crate::common::devices;

/// A tiny configuration with one line put in front.
fn parse(line: &str) -> Result<UNet2DConfig, serde_json::Error> {
    let mut keys: serde_json::Map<String, serde_json::Value> = serde_json::from_str(
        r#"{"block_out_channels": [4, 8], "layers_per_block": 1, "norm_num_groups": 4,
            "sample_size": 8, "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
            "up_block_types": ["AttnUpBlock2D", "UpBlock2D"]}"#,
    )?;
    keys.append(&mut serde_json::from_str(&format!("{{{line}}}"))?);
    serde_json::from_value(keys.into())
}

#[rstest]
#[case(r#""block_out_channels": []"#, "`block_out_channels`: gives 0 levels; write 1 to 16")]
#[case(
    r#""block_out_channels": [4]"#,
    "`down_block_types`: has 2 entries, but block_out_channels has 1"
)]
#[case(r#""up_block_types": []"#, "`up_block_types`: has 0 entries, but block_out_channels has 2")]
#[case(r#""block_out_channels": [0, 8]"#, "`block_out_channels`: gives 0 channels")]
#[case(r#""block_out_channels": [4, 4294967296]"#, "gives 4294967296 channels; write 1 to 65536")]
#[case(
    r#""block_out_channels": [65536, 65536]"#,
    "parameters, more than 2147483648; narrow the levels"
)]
#[case(r#""layers_per_block": 0"#, "`layers_per_block`: gives 0 layers; write 1 to 64")]
#[case(r#""in_channels": 0"#, "`in_channels`: gives 0 channels")]
#[case(r#""out_channels": 0"#, "`out_channels`: gives 0 channels")]
#[case(r#""norm_num_groups": 0"#, "`norm_num_groups`: is 0, which does not divide 4 channels")]
#[case(r#""norm_num_groups": 8"#, "`norm_num_groups`: is 8, which does not divide 4 channels")]
#[case(
    r#""attn_norm_num_groups": 3"#,
    "`attn_norm_num_groups`: is 3, which does not divide 8 channels"
)]
#[case(
    r#""attention_head_dim": 0"#,
    "`attention_head_dim`: is 0, but attention runs on 8 channels"
)]
#[case(r#""attention_head_dim": 9"#, "write 1 to 8, or null for one head")]
#[case(r#""time_embedding_dim": 0"#, "`time_embedding_dim`: gives 0 channels")]
#[case(r#""time_embedding_type": "learned""#, "`num_train_timesteps`: gives 0 rows")]
#[case(r#""freq_shift": 2"#, "`freq_shift`: is 2; write a number other than 2")]
#[case(r#""downsample_padding": 2"#, "`downsample_padding`: is 2; write 1 or 0")]
#[case(
    r#""mid_block_scale_factor": 0"#,
    "`mid_block_scale_factor`: is 0; write a number other than 0"
)]
#[case(r#""norm_eps": -1e-5"#, "`norm_eps`: is -0.00001; write a small positive number")]
#[case(r#""dropout": 1.5"#, "`dropout`: is 1.5; write a probability")]
#[case(r#""sample_size": 7"#, "`sample_size`: is 7; 2 levels need a multiple of 2")]
#[case(r#""sample_size": [8, 0]"#, "`sample_size`: gives 0 pixels")]
#[case(
    r#""class_embed_type": "identity""#,
    "`class_embed_type`: class conditioning is not supported"
)]
#[case(r#""num_class_embeds": 10"#, "`num_class_embeds`: class conditioning is not supported")]
#[case(
    r#""quantization_config": {"quant_method": "bitsandbytes"}"#,
    "`quantization_config`: quantised weights are not supported"
)]
fn a_value_that_cannot_work_is_refused(#[case] line: &str, #[case] words: &str) {
    let config = parse(line).unwrap();
    let error = config.validate().unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
    assert_eq!(Weights::initialise(&config, 0).unwrap_err().to_string(), error);
}

#[rstest]
#[case("\"block_out_channel\": [4]", "unknown field `block_out_channel`, expected one of")]
#[case("\"_class_name\": \"UNet2DConditionModel\"", "expected `UNet2DModel`")]
#[case("\"sample_size\": [8]", "expected a whole number of pixels or a list [height, width]")]
#[case("\"sample_size\": [8, 8, 8]", "expected a whole number of pixels or a list [height, width]")]
#[case("\"sample_size\": -8", "expected a whole number of pixels or a list [height, width]")]
#[case("\"layers_per_block\": -1", "expected usize")]
#[case("\"norm_num_groups\": null", "expected usize")]
#[case("\"downsample_type\": \"fir\"", "unknown variant `fir`, expected `conv` or `resnet`")]
fn a_key_or_type_is_refused_with_line_and_column(#[case] line: &str, #[case] words: &str) {
    let text = format!("{{\n  \"in_channels\": 3,\n  {line}\n}}");
    let error = serde_json::from_str::<UNet2DConfig>(&text).unwrap_err();
    assert!(error.to_string().contains(words), "{error}");
    assert!(matches!(error.line(), 3 | 4) && error.column() > 0, "{error}");
}

#[rstest]
#[case(
    "block_out_channel: [4, 8]",
    "unknown field `block_out_channel`, did you mean `block_out_channels`?"
)]
#[case("act_fn: tanh", "unknown variant `tanh`, expected one of")]
fn a_key_of_a_scenario_is_refused_with_line_and_column(#[case] line: &str, #[case] words: &str) {
    let text = format!(
        "version: 1\npipeline: ddim\nseed: 0\nsteps: 2\nparams:\n  unet:\n    init_seed: 0\n    \
         config:\n      {line}\n"
    );
    let registry = &burn_repro_scenarios::project().registry;
    let error = scenario::parse(Path::new("typo.yaml"), text, registry).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
    assert!(error.contains("typo.yaml:9:"), "{error}");
}

#[test]
fn a_wrong_config_file_is_named_with_line_and_column() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unet_wrong_config");
    fs::create_dir_all(&folder).unwrap();
    let open = |text: &str| {
        fs::write(folder.join("config.json"), text).unwrap();
        ModelFolder::open(&folder).unwrap_err().to_string()
    };
    let unknown = open("{\n  \"act_fn\": \"tanh\"\n}");
    assert!(unknown.contains("config.json: unknown variant `tanh`"), "{unknown}");
    assert!(unknown.contains("at line 2 column 18"), "{unknown}");
    let cut = open("{\n  \"in_channels\": 3");
    assert!(cut.contains("config.json: EOF while parsing an object at line 2"), "{cut}");
    let invalid = open("{\"layers_per_block\": 0}");
    assert!(invalid.contains("config.json: `layers_per_block`: gives 0 layers"), "{invalid}");
    fs::remove_dir_all(&folder).unwrap();
}

#[rstest]
#[case("\"in_channels\": 3", [1, 4, 8, 8], vec![0.0], "samples of shape (N, 3, H, W), not [1, 4, 8, 8]")]
#[case("\"in_channels\": 3", [0, 3, 8, 8], vec![0.0], "samples of shape (N, 3, H, W)")]
#[case("\"in_channels\": 3", [1, 3, 7, 8], vec![0.0], "multiples of 2, not [7, 8]")]
#[case("\"in_channels\": 3", [2, 3, 8, 8], vec![0.0; 3], "one for each of the 2 samples, not 3")]
#[case("\"in_channels\": 3", [2, 3, 8, 8], vec![], "one for each of the 2 samples, not 0")]
#[case("\"in_channels\": 3", [1, 3, 8, 8], vec![f64::NAN], "takes finite timesteps, not NaN")]
#[case("\"time_embedding_type\": \"fourier\"", [1, 3, 8, 8], vec![0.0], "takes positive timesteps")]
#[case(
    "\"time_embedding_type\": \"learned\", \"num_train_timesteps\": 10",
    [1, 3, 8, 8],
    vec![10.0],
    "takes whole timesteps from 0 to below 10, not 10"
)]
#[case(
    "\"time_embedding_type\": \"learned\", \"num_train_timesteps\": 10",
    [1, 3, 8, 8],
    vec![0.5],
    "takes whole timesteps from 0 to below 10, not 0.5"
)]
fn an_input_that_does_not_fit_is_refused(
    #[case] line: &str,
    #[case] shape: [usize; 4],
    #[case] timesteps: Vec<f64>,
    #[case] words: &str,
) {
    let config = parse(line).unwrap();
    config.validate().unwrap();
    let error = config.check_input(shape, &timesteps).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

/// torch refuses a norm of one value in each group. Where such a norm can stand: at the deepest level or at any, inside of
/// a residual block, of attention with groups of its own, of what halves or doubles, at the end.
#[rstest]
#[case::at_once(r#""block_out_channels": [4], "sample_size": 1"#, [1, 1], "`down_blocks.0.resnets.0.norm1`", "[1, 4, 1, 1]")]
#[case::at_the_deepest_level(r#""block_out_channels": [8, 4]"#, [2, 2], "`down_blocks.1.resnets.0.norm2`", "[1, 4, 1, 1]")]
#[case::of_attention_in_the_middle(
    r#""norm_num_groups": 2, "attn_norm_num_groups": 8"#,
    [2, 2],
    "`mid_block.attentions.0.group_norm`",
    "[1, 8, 1]"
)]
#[case::of_what_halves(
    r#""block_out_channels": [4, 8], "down_block_types": ["ResnetDownsampleBlock2D", "DownBlock2D"]"#,
    [2, 2],
    "`down_blocks.0.downsamplers.0.norm2`",
    "[1, 4, 1, 1]"
)]
fn a_norm_of_one_value_is_refused_in_torchs_words(
    #[case] line: &str,
    #[case] sides: [usize; 2],
    #[case] norm: &str,
    #[case] size: &str,
) {
    let [height, width] = sides;
    let levels = if line.contains("[4],") {
        r#""down_block_types": ["DownBlock2D"], "up_block_types": ["UpBlock2D"],"#
    } else {
        ""
    };
    let config = parse(&format!("\"attention_head_dim\": null, {levels} {line}")).unwrap();
    config.validate().unwrap();
    let error = config.check_input([1, 3, height, width], &[0.0]).unwrap_err().to_string();
    let torch =
        format!("Expected more than 1 value per channel when training, got input size {size}");
    assert!(error.contains(norm) && error.contains(&torch), "{error}");
    // A second sample, or a second row, is another value.
    assert!(config.check_input([2, 3, height, width], &[0.0]).is_ok());
    assert!(config.check_input([1, 3, 2 * height, width], &[0.0]).is_ok());
}

#[test]
fn a_norm_of_two_values_is_taken() {
    let config = parse(r#""norm_num_groups": 2"#).unwrap();
    assert!(config.check_input([1, 3, 2, 2], &[0.0]).is_ok());
}

#[test]
fn weights_of_another_configuration_are_refused() {
    let (narrow, wide) = (parse("").unwrap(), parse("\"time_embedding_dim\": 8").unwrap());
    let weights = Weights::initialise(&narrow, 0).unwrap();
    let (_, device) = devices()[0].clone();
    let error = UNet2DModel::new(&wide, &weights, &device).unwrap_err().to_string();
    assert!(error.contains("`time_embedding.linear_1.weight` is [16, 4], not [8, 4]"), "{error}");
    let fewer = parse("\"add_attention\": false").unwrap();
    let error = UNet2DModel::new(&fewer, &weights, &device).unwrap_err().to_string();
    assert!(error.contains("there are 144 tensors, not 134"), "{error}");
}
