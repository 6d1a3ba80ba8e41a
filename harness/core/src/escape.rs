//! Words from outside, made safe for where they go: descriptions, names of devices, panics, what a child wrote, other
//! people's records. What is written out keeps its meaning, `\u{1b}` for an escape character. Everything that writes for
//! people goes through here, once, where the text is put together; JSON keeps the words as they came.

use std::borrow::Cow;
use std::sync::OnceLock;

/// What people type for this program, where it is not this project's own.
static PROGRAM: OnceLock<String> = OnceLock::new();

/// How commands of this program are named in texts.
const OURS: &str = "`cargo repro ";

/// Names this program in everything that a terminal is told from now on; the first name stays.
pub fn name_program(words: String) {
    let _ = PROGRAM.set(words);
}

/// Whether a letter is not seen but acts on what stands around it, or stands for nothing at all: controls, marks of
/// direction, letters without width, tags, what Unicode calls noncharacters. The script of the HTML report has the same
/// list.
pub(crate) fn is_hidden(letter: char) -> bool {
    let acts = matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    let control = letter.is_control() && !matches!(letter, '\n' | '\t');
    acts || control || is_noncharacter(letter)
}

fn is_noncharacter(letter: char) -> bool {
    matches!(letter, '\u{fdd0}'..='\u{fdef}') || (letter as u32) & 0xfffe == 0xfffe
}

/// What XML 1.0 calls a character.
fn is_xml(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// Text with every letter written out that `is_meant` does not hold.
fn written_out(text: &str, is_meant: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(&is_meant) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for letter in text.chars() {
        match is_meant(letter) {
            true => safe.push(letter),
            false => safe.extend(letter.escape_unicode()),
        }
    }
    Cow::Owned(safe)
}

/// Text with what is not seen written out, and the ends of lines as every system but one has them.
fn seen(text: &str) -> Cow<'_, str> {
    match text.contains("\r\n") {
        false => written_out(text, |letter| !is_hidden(letter)),
        true => {
            let unix = text.replace("\r\n", "\n");
            written_out(&unix, |letter| !is_hidden(letter)).into_owned().into()
        }
    }
}

/// For a terminal, and for the log of a workflow: nothing moves a cursor, colours, erases, rings or turns the direction,
/// and no line is a command of GitHub's (`::error::`, `##[error]`) or of Azure's (`##vso[task…]`).
pub fn terminal(text: &str) -> Cow<'_, str> {
    let seen = match PROGRAM.get() {
        Some(program) if text.contains(OURS) => {
            seen(&text.replace(OURS, &format!("`{program} "))).into_owned().into()
        }
        _ => seen(text),
    };
    let is_command = |line: &str| line.trim_start().starts_with("::");
    if !seen.contains("##[") && !seen.contains("##vso[") && !seen.lines().any(is_command) {
        return seen;
    }
    let lines = seen.split('\n').map(|line| match is_command(line) {
        true => line.replacen(':', "\\u{3a}", 1),
        false => line.to_owned(),
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    text.replace("##[", "#\\u{23}[").replace("##vso[", "#\\u{23}vso[").into()
}

/// For XML 1.0, before markup is escaped.
pub fn xml(text: &str) -> Cow<'_, str> {
    written_out(text, is_xml)
}

/// For HTML, also inside an attribute.
pub fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in seen(text).chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

/// JSON inside an element of HTML, the same value as before: what HTML could read as markup and what is not seen stands
/// inside of strings only, where JSON has an escape for it.
pub fn json_in_html(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\n' | '\t' => safe.push(letter),
            letter if matches!(letter, '<' | '>' | '&') || is_hidden(letter) => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    safe.push_str(&format!("\\u{unit:04x}"));
                }
            }
            letter => safe.push(letter),
        }
    }
    safe
}

/// For one line of Markdown, which shows it as it is.
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in seen(text).chars() {
        match letter {
            '\n' | '\t' => safe.push(' '),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' => {
                safe.push('\\');
                safe.push(letter);
            }
            // A mention would call somebody.
            '@' => safe.push_str("@<!-- -->"),
            letter => safe.push(letter),
        }
    }
    safe
}

/// For one line of Markdown between backticks, where nothing can be escaped.
pub fn markdown_code(text: &str) -> String {
    seen(text).replace(['|', '`', '\n', '\t'], " ")
}

/// For the message of a workflow command of GitHub.
pub fn workflow_message(text: &str) -> String {
    seen(text).replace('%', "%25").replace('\n', "%0A")
}

/// For a property of a workflow command of GitHub.
pub fn workflow_property(text: &str) -> String {
    workflow_message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests;
