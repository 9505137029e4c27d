//! Who names whom below the level of crates.
//!
//! Inside `exchange` the doors (`dhcp`, `tftp`, `pnp`, `registrar`, `sip`) meet in the state and
//! the policy only; `sip`, which takes the messages apart, may hand them to `registrar` and `pnp`.
//! From `exchange`, `pages` sees what may be shown and what may be asked for, nothing that decides.
//! Test code may name what it likes.

use super::scan::{closing, is_ident};
use super::source::Source;
use super::Finding;

const DOORS: [&str; 5] = ["dhcp", "tftp", "pnp", "registrar", "sip"];

/// What `pages` may name of `exchange`.
const SHOWN: [&str; 8] = ["view", "command", "cause", "story", "note", "names", "time", "limits"];

/// The imports of one Rust file that lead where they should not.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut found = doors(source);
    found.extend(shown(source));
    found
}

fn doors(source: &Source<'_>) -> Vec<Finding> {
    let Some(module) = source.module("firmware/exchange") else { return Vec::new() };
    let Some(&door) = module.first().filter(|it| DOORS.contains(it)) else { return Vec::new() };
    let upward = vec!["super"; module.len()].join("::");
    let heads = heads(source, "crate").into_iter().chain(heads(source, &upward));
    let strange = heads.filter(|(_, head)| {
        let head = head.as_str();
        let handed_on = door == "sip" && matches!(head, "registrar" | "pnp");
        DOORS.contains(&head) && head != door && !handed_on
    });
    let advice = |head: &str| format!("`{door}` does not name `{head}`; let them meet in `state`.");
    strange.map(|(line, head)| Finding::new(source.path, line, "doors", advice(&head))).collect()
}

fn shown(source: &Source<'_>) -> Vec<Finding> {
    if !source.path.starts_with("firmware/pages/") {
        return Vec::new();
    }
    let strange = heads(source, "exchange").into_iter();
    let strange = strange.filter(|(_, head)| !SHOWN.contains(&head.as_str()));
    let advice = |head: &str| {
        format!("`pages` does not name `exchange::{head}`; put what is shown into `view`.")
    };
    strange.map(|(line, head)| Finding::new(source.path, line, "shown", advice(&head))).collect()
}

/// The line and the next name of every path that begins with `prefix`, groups taken apart.
fn heads(source: &Source<'_>, prefix: &str) -> Vec<(usize, String)> {
    let code = source.code.as_str();
    let begins = format!("{prefix}::");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&begins) {
        let before = code.get(..at).unwrap_or_default();
        let inside_longer =
            before.ends_with("::") || before.bytes().next_back().is_some_and(is_ident);
        if inside_longer || source.is_test(at) {
            continue;
        }
        let next = at + begins.len();
        if code.as_bytes().get(next) == Some(&b'{') {
            let group = group(code, next);
            found.extend(group.into_iter().map(|(at, head)| (source.line(at), head)));
        } else {
            found.push((source.line(at), head(code, next)));
        }
    }
    found
}

/// The offset and the first name of every path in the group that opens at `open`.
fn group(code: &str, open: usize) -> Vec<(usize, String)> {
    let end = closing(code, open).unwrap_or(code.len());
    let mut found = Vec::new();
    let mut at = open + 1;
    while at < end {
        let rest = code.get(at..end).unwrap_or_default();
        let start = at + (rest.len() - rest.trim_start().len());
        if start < end {
            found.push((start, head(code, start)));
        }
        at = after_comma(code, start, end);
    }
    found
}

/// The offset behind the next comma that is not inside a deeper group.
fn after_comma(code: &str, from: usize, end: usize) -> usize {
    let mut at = from;
    while at < end {
        match code.as_bytes().get(at) {
            Some(b',') => return at + 1,
            Some(b'{') => at = closing(code, at).map_or(end, |it| it + 1),
            Some(_) | None => at += 1,
        }
    }
    end
}

/// The identifier at an offset, or the one character that stands there instead.
fn head(code: &str, at: usize) -> String {
    let rest = code.get(at..).unwrap_or_default();
    let length = rest.bytes().take_while(|&it| is_ident(it)).count();
    rest.get(..length.max(1)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::broken;

    fn in_exchange(file: &str, text: &str) -> Vec<(usize, &'static str)> {
        broken(&format!("firmware/exchange/src/{file}"), &format!("//! A.\n{text}"))
    }

    fn in_pages(text: &str) -> Vec<(usize, &'static str)> {
        broken("firmware/pages/src/a.rs", &format!("//! A.\n{text}"))
    }

    #[test]
    fn a_door_does_not_name_another() {
        assert_eq!(in_exchange("dhcp.rs", "use crate::tftp::Tftp;\n"), [(2, "doors")]);
        assert_eq!(in_exchange("tftp.rs", "use crate::{\n a, sip::B,\n};\n"), [(3, "doors")]);
        assert_eq!(in_exchange("pnp.rs", "fn a(b: crate::registrar::C) {}\n"), [(2, "doors")]);
        assert_eq!(in_exchange("registrar/a.rs", "use crate::sip;\n"), [(2, "doors")]);
        assert_eq!(in_exchange("dhcp/mod.rs", "use super::pnp;\n"), [(2, "doors")]);
        assert_eq!(in_exchange("dhcp/a.rs", "use super::super::pnp;\n"), [(2, "doors")]);
        assert_eq!(in_exchange("sip/a.rs", "use crate::dhcp;\n"), [(2, "doors")]);
    }

    #[test]
    fn a_door_names_what_is_behind_it_and_its_own_parts() {
        assert_eq!(in_exchange("sip/a.rs", "use crate::{pnp, registrar::R, sip::b};\n"), []);
        assert_eq!(in_exchange("dhcp/a.rs", "use super::pnp;\nuse crate::state::tftp;\n"), []);
        assert_eq!(in_exchange("dhcp/a.rs", "use wire::tftp;\nuse crate::{state::{tftp}};\n"), []);
        assert_eq!(in_exchange("lib.rs", "use crate::{dhcp, tftp};\n"), []);
    }

    #[test]
    fn a_test_of_a_door_may_name_another() {
        let text = "#[cfg(test)]\nmod tests {\n use crate::tftp::Tftp;\n}\n";
        assert_eq!(in_exchange("dhcp.rs", text), []);
    }

    #[test]
    fn pages_see_what_is_shown_and_no_more() {
        assert_eq!(in_pages("use exchange::view::View;\nuse exchange::{time::Now, names};\n"), []);
        assert_eq!(in_pages("use exchange::state::Durable;\n"), [(2, "shown")]);
        assert_eq!(in_pages("use exchange::{view::{A, state}, Exchange};\n"), [(2, "shown")]);
        assert_eq!(in_pages("use exchange::*;\n"), [(2, "shown")]);
        assert_eq!(in_pages("fn a() {\n exchange::policy::admit()\n}\n"), [(3, "shown")]);
    }
}
