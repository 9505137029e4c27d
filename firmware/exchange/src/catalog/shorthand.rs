//! The two things that nearly every pattern of the catalogue catches, under short names.

use alloc::string::String;

/// What a short name stands for.
const NAMES: [(&str, &str); 3] = [
    // Twelve hex digits, bare or in pairs.
    ("{mac}", "(?P<mac>[0-9A-Fa-f]{12}|[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5})"),
    ("{mac12}", "(?P<mac>[0-9A-Fa-f]{12})"),
    ("{version}", r"(?P<version>[0-9]+(?:\.[0-9]+)+)"),
];

/// A pattern as the catalogue writes it, in the language of [`crate::pattern`].
pub(crate) fn expanded(source: &str) -> String {
    NAMES.iter().fold(String::from(source), |text, (name, meaning)| text.replace(name, meaning))
}
