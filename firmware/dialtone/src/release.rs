//! Which Dialtone this is: version, build, board and slot, as `--version` and the System page say
//! it.

use crate::config;
use exchange::limits::SLOT_CHARS_MAX;
use std::fs;

/// Version of the software.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// What the build was called by whoever made it; `None` for a build by hand.
pub(crate) const BUILD: Option<&str> = option_env!("DIALTONE_BUILD");

/// Where an image has the facts of its board.
const CONFIG: &str = "/etc/dialtone.toml";
/// Where the start of an image leaves which slot it runs from.
const SLOT: &str = "/run/slot";

/// The slot of the flash that the box runs from, such as `root-a`; `None` where there are none.
pub(crate) fn slot() -> Option<String> {
    let text = fs::read_to_string(SLOT).ok()?;
    let name: String = text.trim().chars().take(SLOT_CHARS_MAX).collect();
    Some(name).filter(|name| !name.is_empty() && !name.contains(char::is_control))
}

/// What `dialtone --version` prints, as far as it is known.
pub(crate) fn line() -> String {
    let text = fs::read_to_string(CONFIG).ok();
    let config = text.and_then(|text| config::read(&text, None).ok());
    let board = config.and_then(|config| config.hardware.name);
    line_of(BUILD, board.as_deref(), slot().as_deref())
}

fn line_of(build: Option<&str>, board: Option<&str>, slot: Option<&str>) -> String {
    let known: Vec<&str> = [build, board, slot].into_iter().flatten().collect();
    match known.is_empty() {
        true => format!("dialtone {VERSION}"),
        false => format!("dialtone {VERSION} ({})", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_says_what_is_known_and_nothing_else() {
        let version = format!("dialtone {VERSION}");
        assert_eq!(line_of(None, None, None), version);
        let all = line_of(Some("2026-11-24.1"), Some("ast2600-evb"), Some("root-a"));
        assert_eq!(all, format!("{version} (2026-11-24.1, ast2600-evb, root-a)"));
        assert_eq!(line_of(None, Some("ast2600-evb"), None), format!("{version} (ast2600-evb)"));
    }
}
