//! Mistakes of MultiheadAttention without a mask, from torch's inputs and weights.
//!
//! Not here: the arithmetic, which is `attention_recipe`'s, rotary embeddings, attention with masks, and keys or values
//! of another width than the query's.

use super::Check;
use super::arrays::{divisors, figure, orders};
use super::attention_recipe::{Output, Place, Recipe, attended};

/// The mistake of an attention.
pub(super) fn kind(check: &Check<'_>) -> Option<String> {
    let query = check.input()?;
    let (heads, width) = (check.layer.size("num_heads")?, *query.shape.last()?);
    let scale = |heads: usize| (heads as f64 / width as f64).sqrt();
    let torch = Recipe {
        heads,
        scale: scale(heads),
        thirds: [0, 1, 2],
        split: Place::HeadFirst,
        merge: Place::HeadFirst,
        softmax_axis: 3,
        causal: false,
        input_bias: true,
        output: Output::Torch,
        batch_first: check.layer.flag("batch_first").unwrap_or(false),
    };
    let says = |recipe: Recipe, words: String| check.clause(attended(check, recipe), || words);
    let other_heads = |ours: usize| {
        says(
            Recipe { heads: ours, scale: scale(ours), ..torch },
            format!("num_heads: torch's is {heads}, here it is {ours}"),
        )
    };
    attributes(torch)
        .into_iter()
        .chain(arithmetic(torch, width))
        .chain(places(torch))
        .find_map(|(recipe, words)| says(recipe, words))
        .or_else(|| divisors(width).into_iter().filter(|&ours| ours != heads).find_map(other_heads))
        .or_else(|| thirds(check, torch))
}

/// What an attribute or a weight of the class stands for.
fn attributes(torch: Recipe) -> Vec<(Recipe, String)> {
    let first = |flag: bool| if flag { "true" } else { "false" };
    let batch_first = format!(
        "batch_first: torch's is {}, here it is {}",
        first(torch.batch_first),
        first(!torch.batch_first)
    );
    vec![
        (Recipe { batch_first: !torch.batch_first, ..torch }, batch_first),
        (Recipe { input_bias: false, ..torch }, "in_proj_bias is left out".to_owned()),
        (Recipe { output: Output::Missing, ..torch }, "out_proj is left out".to_owned()),
        (Recipe { output: Output::WithoutBias, ..torch }, "out_proj.bias is left out".to_owned()),
        (
            Recipe { output: Output::Transposed, ..torch },
            "out_proj.weight is transposed".to_owned(),
        ),
    ]
}

/// The attention itself.
fn arithmetic(torch: Recipe, width: usize) -> Vec<(Recipe, String)> {
    let head = width.checked_div(torch.heads).unwrap_or(0);
    let scale = |scale: f64, words: &str| {
        (
            Recipe { scale, ..torch },
            format!("scale: torch's is {} (1 / sqrt({head})), here {words}", figure(torch.scale)),
        )
    };
    let axis = |softmax_axis, name: &str| {
        (
            Recipe { softmax_axis, ..torch },
            format!("softmax: torch's is over the keys, here it is over the {name}"),
        )
    };
    vec![
        scale(1.0, "it is left out"),
        scale(1.0 / (width as f64).sqrt(), &format!("it is that of embed_dim (1 / sqrt({width}))")),
        scale(torch.scale.powi(2), &format!("it is without the root (1 / {head})")),
        scale(torch.scale.recip(), "it is inverted"),
        axis(2, "queries"),
        axis(1, "heads"),
        (Recipe { causal: true, ..torch }, "a causal mask is applied, torch has none".to_owned()),
    ]
}

/// Where the elements of a head lie before and after the attention.
fn places(torch: Recipe) -> Vec<(Recipe, String)> {
    use Place::{HeadFirst, NotTransposed, WidthFirst};
    const PLACES: [(Place, Place, &str); 6] = [
        (WidthFirst, WidthFirst, "interleaved: a row is width x heads, torch's is heads x width"),
        (WidthFirst, HeadFirst, "split as width x heads, torch's are heads x width"),
        (HeadFirst, WidthFirst, "merged as width x heads, torch's are heads x width"),
        (NotTransposed, NotTransposed, "split and merged by a reshape, without moving their axis"),
        (NotTransposed, HeadFirst, "split by a reshape, without moving their axis"),
        (HeadFirst, NotTransposed, "merged by a reshape, without moving their axis back"),
    ];
    let recipe = |(split, merge, words): (Place, Place, &str)| {
        (Recipe { split, merge, ..torch }, format!("the heads are {words}"))
    };
    PLACES.into_iter().map(recipe).collect()
}

/// The thirds of the input projection in another order.
fn thirds(check: &Check<'_>, torch: Recipe) -> Option<String> {
    const NAMES: [&str; 3] = ["query", "key", "value"];
    orders(3).into_iter().skip(1).find_map(|order| {
        let thirds = [order[0], order[1], order[2]];
        check.clause(attended(check, Recipe { thirds, ..torch }), || {
            let parts = (0..3).filter(|&part| thirds[part] != part);
            let parts: Vec<String> = parts
                .map(|part| format!("{} has torch's {}", NAMES[part], NAMES[thirds[part]]))
                .collect();
            format!("query, key and value are permuted: {}", parts.join(", "))
        })
    })
}
