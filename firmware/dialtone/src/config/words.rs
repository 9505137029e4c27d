//! What is wrong with a file, in the words of whoever writes one.
//!
//! The parser speaks of types; an admin thinks of numbers, lists and sections. The usual complaints
//! are said anew here, with the line they are about; a rare one is passed on as the parser words
//! it, which is still true, if less kind.

/// The types that the file's numbers have, as the parser calls them, and their bounds.
const NUMBERS: [(&str, &str); 3] = [
    ("u8", "a whole number up to 255"),
    ("u16", "a whole number up to 65,535"),
    ("u32", "a whole number up to 4,294,967,295"),
];

/// A TOML error as a sentence with its line, and the nearest key where one was mistyped.
pub(super) fn in_words(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().and_then(|span| text.get(..span.start));
    let line = line.map_or(1, |before| before.matches('\n').count() + 1);
    let message = error.message();
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("missing field") {
        return missing(quoted.next().unwrap_or_default(), line);
    }
    if !message.starts_with("unknown field") {
        return format!("line {line}: {}", plain(message));
    }
    let unknown = quoted.next().unwrap_or_default();
    let nearest = quoted.min_by_key(|known| distance(unknown, known));
    let hint = nearest.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default();
    format!("line {line}: `{unknown}` is no key here{hint}")
}

/// What is missing from the file as a whole is missing from no line of it.
fn missing(key: &str, line: usize) -> String {
    match (line, key) {
        (1, "interface") => "no [[interface]]: there is nobody to serve".to_owned(),
        (1, key) => format!("`{key}` is missing"),
        (line, key) => format!("line {line}: `{key}` is missing in this section"),
    }
}

fn plain(message: &str) -> String {
    if message.starts_with("duplicate key") {
        return format!("{message}; sections that repeat are written [[interface]], [[subnet]]");
    }
    if message.starts_with("invalid IPv4 address") {
        return "this is no IPv4 address such as 192.168.1.1".to_owned();
    }
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let (given, known) = rest.split_once(", expected ").unwrap_or((rest, "another word"));
        return format!("{given} is not {known}");
    }
    let Some((given, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    if given == "invalid type: map" && expected == "a sequence" {
        return "sections that repeat are written [[interface]], [[subnet]]".to_owned();
    }
    let wanted = match expected {
        "a sequence" => "a list in [ ]",
        "an array of length 2" => "a first and a last address in [ ]",
        "a string" | "path string" => "a text in \" \"",
        "a boolean" => "true or false",
        "a map" => "pairs in { }",
        other => match NUMBERS.iter().find(|(name, _)| *name == other) {
            Some((_, words)) => words,
            None => return message.to_owned(),
        },
    };
    match given.split_once(' ').and_then(|(_, given)| given.split_once(": ")) {
        Some((_, given)) => format!("{given} stands here; wanted is {wanted}"),
        None => format!("wanted is {wanted}"),
    }
}

/// How many letters must be added, removed or changed to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (place, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = place + 1;
        for (at, wanted) in other.chars().enumerate() {
            let change = diagonal + usize::from(letter != wanted);
            diagonal = row[at + 1];
            row[at + 1] = change.min(row[at] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}
