//! The name of a file as it is asked for, without what stands before it: slashes, the box's own
//! directory, and the secret by which a phone on the WAN is known.

use crate::limits::FILE_NAME_MAX;
use crate::office::Office;
use crate::story::StepName;
use alloc::string::{String, ToString};

/// Letters that a part of a name has if it is, or is meant to be, a token or a key; no directory
/// that a maker's phones ask for is as long.
const SECRET_CHARS: core::ops::RangeInclusive<usize> = 14..=32;

/// A name as a story keeps it.
pub(crate) fn step_name(name: &str) -> StepName {
    let mut short = StepName::new();
    for letter in name.chars().filter(|letter| !letter.is_control()) {
        if short.push(letter).is_err() {
            break;
        }
    }
    short
}

/// The name of a file without leading slashes, our own directory, and the token or key that may
/// stand before it; `None` for what cannot be a name.
pub(crate) fn plain_name(office: &Office, name: &str) -> Option<String> {
    parted(office, name).map(|(_, name)| name)
}

/// The token or the key that may stand before a file's name, and that name: nothing else is ever
/// told of it. `None` for what cannot be a name.
pub(super) fn parted(office: &Office, name: &str) -> Option<(Option<String>, String)> {
    if name.len() > FILE_NAME_MAX {
        return None;
    }
    let odd = |letter: char| letter.is_control() || letter == '\\' || letter == '%';
    let name = name.trim_start_matches('/');
    let name = name
        .strip_prefix(office.board.directory.as_str())
        .map_or(name, |rest| rest.strip_prefix('/').unwrap_or(name));
    let name = name.trim_start_matches('/');
    let climbs = name.split('/').any(|part| part == ".." || part == ".");
    (!name.is_empty() && !climbs && !name.contains(odd)).then(|| part(name))
}

fn part(name: &str) -> (Option<String>, String) {
    let parts = name.split_once('/').map(|(first, rest)| (first, rest.trim_start_matches('/')));
    let is_secret = |(first, rest): &(&str, &str)| {
        SECRET_CHARS.contains(&first.len())
            && first.bytes().all(|letter| letter.is_ascii_alphanumeric())
            && !rest.is_empty()
    };
    match parts.filter(is_secret) {
        Some((secret, rest)) => (Some(secret.to_string()), rest.to_string()),
        None => (None, name.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_taken_out_of_a_name() {
        let own = "001565000001.cfg";
        for secret in ["abcdefghijkmnpqr", "abcdefghijkmnpq", "ABCDEFGHIJKMNPQRSTUVWXYZ23"] {
            let name = alloc::format!("{secret}/{own}");
            assert_eq!(part(&name), (Some(secret.to_string()), own.to_string()));
        }
        for name in [own, "Communicator/x.xml", "42/1/master.bin", "abcdefghijkmnpqr", "a-b/c", ""]
        {
            assert_eq!(part(name), (None, name.to_string()), "{name}");
        }
        assert_eq!(part("abcdefghijkmnpqr//"), (None, "abcdefghijkmnpqr//".to_string()));
    }
}
