//! Calls, macros, attributes and names that are not used here, each with what is used instead.
//!
//! Looked for in code only, never in comments or strings, but for the marks of unfinished work,
//! which are looked for everywhere. Test code may unwrap and print.

use super::length::name_after;
use super::scan::{closing, words};
use super::source::Source;
use super::Finding;

const PURE: [&str; 4] =
    ["firmware/wire/", "firmware/exchange/", "firmware/journal/", "firmware/pages/"];

/// What one Rust file uses and should not.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(clocks(source));
    found.extend(macros(source));
    found.extend(marks(source));
    found.extend(unwraps(source));
    found.extend(attributes(source));
    found.extend(prints(source));
    found.extend(hashed(source));
    found.extend(type_names(source));
    found.extend(function_names(source));
    found
}

fn at(source: &Source<'_>, offset: usize, rule: &'static str, advice: &str) -> Finding {
    Finding::new(source.path, source.line(offset), rule, advice)
}

fn clocks(source: &Source<'_>) -> Vec<Finding> {
    let path = source.path;
    let allowed = path == "firmware/dialtone/src/clock.rs"
        || path.starts_with("cross/xtask/")
        || path.split('/').any(|it| matches!(it, "tests" | "benches" | "tests.rs"));
    if allowed {
        return Vec::new();
    }
    let calls = ["Instant::now", "SystemTime::now"];
    let calls = calls.into_iter().flat_map(|it| words(&source.code, it));
    let advice =
        "Time is an argument; take `now` from the caller, only dialtone/src/clock.rs asks.";
    calls.map(|it| at(source, it, "clock", advice)).collect()
}

fn macros(source: &Source<'_>) -> Vec<Finding> {
    let names = ["todo!", "unimplemented!", "dbg!"];
    let calls = names.into_iter().flat_map(|name| words(&source.code, name));
    let advice = "Finish it, or leave it out and say in the docs that it is missing.";
    calls.map(|it| at(source, it, "macro", advice)).collect()
}

fn marks(source: &Source<'_>) -> Vec<Finding> {
    let marks = [concat!("FIX", "ME"), concat!("X", "XX")];
    let marks = marks.into_iter().flat_map(|mark| words(source.text, mark));
    let advice = "Do it now, or say plainly in the docs what is missing.";
    marks.map(|it| at(source, it, "mark", advice)).collect()
}

fn unwraps(source: &Source<'_>) -> Vec<Finding> {
    if source.path.starts_with("cross/xtask/") {
        return Vec::new();
    }
    let calls = [".unwrap()", ".expect("];
    let calls = calls.into_iter().flat_map(|it| words(&source.code, it));
    let calls = calls.filter(|&it| !source.is_test(it));
    let advice = "Answer the failure, or make it impossible by a type; the box does not panic.";
    calls.map(|it| at(source, it, "unwrap", advice)).collect()
}

fn attributes(source: &Source<'_>) -> Vec<Finding> {
    let code = source.code.as_str();
    let mut found = Vec::new();
    for (hash, _) in code.match_indices('#') {
        let open = hash + 1 + usize::from(code.as_bytes().get(hash + 1) == Some(&b'!'));
        if code.as_bytes().get(open) != Some(&b'[') {
            continue;
        }
        let end = closing(code, open).unwrap_or(code.len());
        let inside = code.get(open + 1..end).unwrap_or_default();
        match name_after(inside, 0) {
            Some("ignore") => {
                let advice =
                    "Make the test pass or delete it; one that cannot run is skipped aloud.";
                found.push(at(source, hash, "ignore", advice));
            }
            Some("allow" | "expect") if words(inside, "reason").next().is_none() => {
                let advice = "Say why with `reason = \"..\"`, or do what the lint asks.";
                found.push(at(source, hash, "allow", advice));
            }
            Some(_) | None => {}
        }
    }
    found
}

fn prints(source: &Source<'_>) -> Vec<Finding> {
    if !source.path.starts_with("firmware/") || source.path.ends_with("/build.rs") {
        return Vec::new();
    }
    let calls = ["println!", "eprintln!", "print!", "eprint!"];
    let calls = calls.into_iter().flat_map(|it| words(&source.code, it));
    let calls = calls.filter(|&it| !source.is_test(it));
    let advice = "It panics when nobody reads; `writeln!` to a handle and answer the error.";
    calls.map(|it| at(source, it, "print", advice)).collect()
}

fn hashed(source: &Source<'_>) -> Vec<Finding> {
    let pure = PURE.iter().any(|it| source.path.starts_with(it));
    if !pure || source.path.ends_with("/build.rs") {
        return Vec::new();
    }
    let names = ["HashMap", "HashSet"];
    let uses = names.into_iter().flat_map(|it| words(&source.code, it));
    let uses = uses.filter(|&it| !source.is_test(it));
    let advice = "Its order is chance; use a sorted table or a BTreeMap.";
    uses.map(|it| at(source, it, "hashed", advice)).collect()
}

const BANNED_WORDS: [&str; 7] = ["Manager", "Service", "Helper", "Util", "Context", "Info", "Data"];

fn type_names(source: &Source<'_>) -> Vec<Finding> {
    let kinds = ["struct", "enum", "trait", "type", "union"];
    let code = source.code.as_str();
    let all = kinds.into_iter().flat_map(|kind| words(code, kind).map(move |it| (it, kind)));
    all.filter_map(|(offset, kind)| {
        let name = name_after(code, offset + kind.len())?;
        let word = camel_words(name).into_iter().find(|it| BANNED_WORDS.contains(it))?;
        let advice = format!("`{name}` says nothing by `{word}`; name the thing it is.");
        Some(at(source, offset, "type-name", &advice))
    })
    .collect()
}

fn function_names(source: &Source<'_>) -> Vec<Finding> {
    let code = source.code.as_str();
    let named = words(code, "fn").filter_map(|it| Some((it, name_after(code, it + 2)?)));
    let vague = named.filter(|(_, name)| {
        *name == "process" || name.starts_with("process_") || name.starts_with("do_")
    });
    let advice = |name| format!("`{name}` says nothing; use the verb of the protocol.");
    vague.map(|(it, name)| at(source, it, "function-name", &advice(name))).collect()
}

/// The words of a CamelCase name; a run of capitals is one word.
fn camel_words(name: &str) -> Vec<&str> {
    let bytes = name.as_bytes();
    let is_upper = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let is_lower = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
    let begins = |at: usize| is_upper(at) && (!is_upper(at - 1) || is_lower(at + 1));
    let mut cuts = vec![0];
    cuts.extend((1..bytes.len()).filter(|&at| begins(at)));
    cuts.push(bytes.len());
    cuts.windows(2).filter_map(|cut| name.get(cut[0]..cut[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::broken;
    use super::*;

    fn in_wire(text: &str) -> Vec<(usize, &'static str)> {
        broken("firmware/wire/src/a.rs", &format!("//! A.\n{text}\n"))
    }

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        let found = broken(path, &format!("//! A.\n{text}\n"));
        found.into_iter().map(|it| it.1).collect()
    }

    #[test]
    fn only_the_clock_asks_what_time_it_is() {
        for call in ["Instant::now()", "std::time::SystemTime::now()"] {
            let text = format!("fn a() {{ {call}; }}");
            assert_eq!(in_wire(&text), [(2, "clock")]);
            assert_eq!(rules("firmware/dialtone/src/http.rs", &text), ["clock"]);
            assert_eq!(rules("firmware/dialtone/src/clock.rs", &text), [""; 0]);
            assert_eq!(rules("tests/lan/src/lib.rs", &text), [""; 0]);
            assert_eq!(rules("firmware/wire/benches/a.rs", &text), [""; 0]);
        }
        assert_eq!(in_wire("// Instant::now\nconst A: &str = \"Instant::now\";"), []);
    }

    #[test]
    fn unfinished_work_is_found() {
        assert_eq!(in_wire("fn a() { todo!() }"), [(2, "macro")]);
        assert_eq!(in_wire("fn a() { unimplemented!(\"b\") }"), [(2, "macro")]);
        assert_eq!(in_wire("fn a() { dbg!(1); }"), [(2, "macro")]);
        assert_eq!(in_wire(concat!("// FIX", "ME: later")), [(2, "mark")]);
        assert_eq!(in_wire(concat!("// X", "XX")), [(2, "mark")]);
        assert_eq!(in_wire("// XXXX is a placeholder; todo is a word"), []);
    }

    #[test]
    fn only_tests_unwrap() {
        assert_eq!(in_wire("fn a() { b().unwrap() }"), [(2, "unwrap")]);
        assert_eq!(in_wire("fn a() { b()\n.expect(\"c\") }"), [(3, "unwrap")]);
        assert_eq!(in_wire("fn a() { b().unwrap_or(1) }"), []);
        assert_eq!(in_wire("#[cfg(test)]\nmod tests { fn a() { b().unwrap() } }"), []);
        assert_eq!(rules("firmware/wire/tests/a.rs", "fn a() { b().unwrap() }"), [""; 0]);
        assert_eq!(rules("cross/xtask/src/a.rs", "fn a() { b().unwrap() }"), [""; 0]);
    }

    #[test]
    fn a_lint_is_off_for_a_reason_and_no_test_is_ignored() {
        assert_eq!(in_wire("#[allow(dead_code)]\nfn a() {}"), [(2, "allow")]);
        assert_eq!(in_wire("#![allow(dead_code)]"), [(2, "allow")]);
        assert_eq!(in_wire("#[expect(\n dead_code\n)]\nfn a() {}"), [(2, "allow")]);
        assert_eq!(in_wire("#[allow(\n dead_code,\n reason = \"b\"\n)]\nfn a() {}"), []);
        assert_eq!(in_wire("#[test]\n#[ignore]\nfn a() {}"), [(3, "ignore")]);
        assert_eq!(in_wire("#[ignore = \"b\"]\nfn a() {}"), [(2, "ignore")]);
    }

    #[test]
    fn the_firmware_does_not_print_with_a_panic() {
        let text = "fn a() { println!(); }\nfn b() { eprintln!(); }\nfn c() { writeln!(); }";
        assert_eq!(in_wire(text), [(2, "print"), (3, "print")]);
        assert_eq!(rules("firmware/exchange/build.rs", "fn a() { println!(); }"), [""; 0]);
        assert_eq!(rules("tests/lan/src/lib.rs", "fn a() { println!(); }"), [""; 0]);
    }

    #[test]
    fn a_pure_crate_has_no_order_by_chance() {
        assert_eq!(in_wire("fn a(b: HashMap<u8, u8>, c: HashSet<u8>) {}"), [(2, "hashed")]);
        assert_eq!(rules("firmware/dialtone/src/a.rs", "fn a(b: HashMap<u8, u8>) {}"), [""; 0]);
    }

    #[test]
    fn a_type_is_named_for_what_it_is() {
        for name in ["LeaseManager", "Info", "DHCPData", "UtilBelt", "TheServiceOf"] {
            assert_eq!(in_wire(&format!("struct {name};")), [(2, "type-name")], "{name}");
        }
        for name in ["Datagram", "Information", "Utility", "Database", "Serviced"] {
            assert_eq!(in_wire(&format!("enum {name} {{}}")), [], "{name}");
        }
        assert_eq!(in_wire("trait RowHelper {}\ntype Context = u8;"), {
            [(2, "type-name"), (3, "type-name")]
        });
    }

    #[test]
    fn a_function_is_named_by_its_verb() {
        assert_eq!(in_wire("fn process() {}\nfn do_bind() {}\nfn process_row() {}"), {
            [(2, "function-name"), (3, "function-name"), (4, "function-name")]
        });
        assert_eq!(in_wire("fn done() {}\nfn processed() {}"), []);
    }

    #[test]
    fn a_name_is_taken_apart_at_its_capitals() {
        assert_eq!(camel_words("HTTPDataRow"), ["HTTP", "Data", "Row"]);
        assert_eq!(camel_words("a"), ["a"]);
        assert_eq!(camel_words(""), [""]);
    }
}
