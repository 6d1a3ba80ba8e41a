//! A matrix as one HTML file that needs nothing else: data, pictures, style and script are inside, and a policy forbids
//! everything from elsewhere. Its looks are in `front/`, its data in `page`.

mod cell;
mod diagnosis;
mod histogram;
mod output;
mod page;
mod pictures;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use page::Page;

use burn_repro_core::escape;

const TEMPLATE: &str = include_str!("front/page.html");
const STYLE: &str = include_str!("front/style.css");

/// One after another, inside one function.
const SCRIPTS: &[&str] = &[
    include_str!("front/data.js"),
    include_str!("front/element.js"),
    include_str!("front/verdicts.js"),
    include_str!("front/pictures.js"),
    include_str!("front/charts.js"),
    include_str!("front/diagnosis.js"),
    include_str!("front/cell.js"),
    include_str!("front/dialog.js"),
    include_str!("front/matrix.js"),
    include_str!("front/filters.js"),
    include_str!("front/history.js"),
    include_str!("front/environments.js"),
    include_str!("front/main.js"),
];

/// The file. `data` is what the script reads, a `Page`.
///
/// # Panics
/// Never for a `Page`: it has only plain values.
#[must_use]
pub fn html(title: &str, headline: &str, findings: &[String], data: &impl Serialize) -> String {
    let script = SCRIPTS.concat();
    let json = serde_json::to_string(data).expect("a page has only plain values");
    let findings: String =
        findings.iter().map(|finding| format!("<li>{}</li>\n", escape::html(finding))).collect();
    let policy = format!(
        "default-src 'none'; img-src data:; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(&script)
    );
    // The parts in one pass, so that no part is searched for the marks of the next.
    let mut page = String::with_capacity(json.len() + script.len() + STYLE.len() + TEMPLATE.len());
    let mut rest = TEMPLATE;
    while let Some((before, behind)) = rest.split_once("{{") {
        let (mark, after) = behind.split_once("}}").unwrap_or((behind, ""));
        page.push_str(before);
        match mark {
            "title" => page.push_str(&escape::html(title)),
            "headline" => page.push_str(&escape::html(headline)),
            "findings" => page.push_str(&findings),
            "policy" => page.push_str(&policy),
            "style" => page.push_str(STYLE),
            "script" => page.push_str(&script),
            "data" => page.push_str(&escape::json_in_html(&json)),
            other => unreachable!("the template has no mark {other}"),
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// How a policy names an inline script or style.
fn hash(source: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(source)))
}

#[cfg(test)]
mod tests;
