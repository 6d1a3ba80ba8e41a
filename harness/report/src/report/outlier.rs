//! The outliers in text: one sentence for each output, and the distances between all. Pure.

use comfy_table::Table;

use super::text_table::plain;
use burn_repro_core::attribution::Disagreement;

/// A paragraph for each output on which targets differ.
#[must_use]
pub fn outliers(found: &[Result<Disagreement, String>]) -> String {
    let paragraph = |found: &Result<Disagreement, String>| match found {
        Err(reason) => format!("no outlier can be found in {reason}\n"),
        Ok(Disagreement { scenario, output, members, conclusion, .. }) if members.is_empty() => {
            format!("{scenario} {output}: {conclusion}\n")
        }
        Ok(disagreement) => format!(
            "{} {}: {}\n{}\n",
            disagreement.scenario,
            disagreement.output,
            disagreement.conclusion,
            distances(disagreement)
        ),
    };
    found.iter().map(paragraph).collect()
}

/// A row and a column for each member.
fn distances(disagreement: &Disagreement) -> Table {
    let members = disagreement.members.iter().cloned();
    let mut table = plain(std::iter::once("    max_abs_diff".to_owned()).chain(members), 0..0);
    for (index, member) in disagreement.members.iter().enumerate() {
        let cells = disagreement.max_abs_diff[index].iter().enumerate().map(|(other, distance)| {
            match (other == index, distance.is_finite()) {
                (true, _) => "-".to_owned(),
                (false, true) => format!("{distance:.1e}"),
                (false, false) => "none".to_owned(),
            }
        });
        table.add_row(std::iter::once(format!("    {member}")).chain(cells));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_stands_above_the_distances() {
        let found = Ok(Disagreement {
            scenario: "ddim-tiny".into(),
            output: "image".into(),
            members: ["reference", "golden", "flex"].map(Into::into).to_vec(),
            max_abs_diff: vec![
                vec![0.0, f64::INFINITY, 1.5e-6],
                vec![f64::INFINITY, f64::INFINITY, f64::INFINITY],
                vec![1.5e-6, f64::INFINITY, 0.0],
            ],
            conclusion: "flex is the outlier".into(),
        });
        insta::assert_snapshot!(outliers(&[found, Err("a: it hangs".into())]), @"
        ddim-tiny image: flex is the outlier
             max_abs_diff  reference  golden  flex   
             reference     -          none    1.5e-6 
             golden        none       -       none   
             flex          1.5e-6     none    -      
        no outlier can be found in a: it hangs
        ");
    }
}
