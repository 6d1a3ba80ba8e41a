//! A matrix as one HTML file that needs nothing else: data, pictures, style and script are inside, and a policy forbids
//! everything from elsewhere. What it looks like is in `front/`; what it is told is `page`.

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

/// The file. `data` is what the script reads, `Page` in a run of ours.
///
/// # Panics
/// Never for a `Page`: it has only plain values.
#[must_use]
pub fn html(title: &str, headline: &str, findings: &[String], data: &impl Serialize) -> String {
    let script = SCRIPTS.concat();
    let json = serde_json::to_string(data).expect("a page has only plain values");
    let findings: String =
        findings.iter().map(|finding| format!("<li>{}</li>\n", text(finding))).collect();
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
            "title" => page.push_str(&text(title)),
            "headline" => page.push_str(&text(headline)),
            "findings" => page.push_str(&findings),
            "policy" => page.push_str(&policy),
            "style" => page.push_str(STYLE),
            "script" => page.push_str(&script),
            "data" => page.push_str(&inside_script(&json)),
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

/// Text that HTML shows as it is, also inside an attribute.
fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if is_unseen(letter) => safe.push_str(&format!("\\u{{{:x}}}", letter as u32)),
            letter => safe.push(letter),
        }
    }
    safe
}

/// Controls and marks of direction: one that is not closed would turn what stands after it. The script shows them in the
/// same way.
fn is_unseen(letter: char) -> bool {
    let mark = matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    mark || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// JSON that cannot end the element it stands in: what HTML could read as markup is inside of strings only, where JSON
/// has an escape for it.
fn inside_script(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                safe.push_str(&format!("\\u{:04x}", letter as u32));
            }
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
