//! Which Dialtone this is: version, build, board and slot, as `--version` and the System page say
//! it.

use crate::config;
use crate::state::Looked;
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
    let used = config.as_ref().and_then(|config| Looked::into(&config.state).ok());
    let used = used.map(|looked| looked.used());
    let board = config.and_then(|config| config.hardware.name);
    line_of([BUILD, board.as_deref(), slot().as_deref()], used)
}

/// Build, board and slot, and how much of the flash is used, in bytes.
fn line_of(known: [Option<&str>; 3], used: Option<(u32, u32)>) -> String {
    let known: Vec<&str> = known.into_iter().flatten().collect();
    let used = used.map_or(String::new(), |(used, all)| {
        format!(", {} of {} KiB of flash used", used.div_ceil(1024), all.div_ceil(1024))
    });
    match known.is_empty() {
        true => format!("dialtone {VERSION}{used}"),
        false => format!("dialtone {VERSION} ({}){used}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_says_what_is_known_and_nothing_else() {
        let version = format!("dialtone {VERSION}");
        assert_eq!(line_of([None; 3], None), version);
        let all = ["0a1b2c3d4e5f", "ast2600-evb", "root-a"].map(Some);
        let known = format!("{version} (0a1b2c3d4e5f, ast2600-evb, root-a)");
        assert_eq!(line_of(all, None), known);
        let used = Some((1_025, 2_097_124));
        assert_eq!(line_of(all, used), format!("{known}, 2 of 2048 KiB of flash used"));
        let board = [None, Some("ast2600-evb"), None];
        assert_eq!(line_of(board, None), format!("{version} (ast2600-evb)"));
    }
}
