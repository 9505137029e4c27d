//! Where the bounds of the product stand: all of them in one file, so that the compiler can relate
//! them and a reader finds them.
//!
//! A constant whose name says that it is a greatest value (`.._MAX`, or `.._MAX_..` before a unit)
//! is a bound. Not looked at: the parsers and the catalogue's patterns, whose bounds are those of a
//! format, and the demonstration, which no box carries.

use super::length::name_after;
use super::scan::words;
use super::source::Source;
use super::Finding;

const HOME: &str = "firmware/exchange/src/limits";
const BOUNDED: [&str; 2] = ["firmware/exchange/src/", "firmware/dialtone/src/"];
const FORMATS: [&str; 3] = [
    "firmware/exchange/src/catalog/",
    "firmware/exchange/src/pattern/",
    "firmware/dialtone/src/demo/",
];

/// Whether a file is that of the bounds, or one of its parts.
fn is_home(path: &str) -> bool {
    let rest = path.strip_prefix(HOME);
    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// The bounds that one Rust file states and should not.
pub(super) fn check(source: &Source<'_>) -> Vec<Finding> {
    let path = source.path;
    let bounded = BOUNDED.iter().any(|it| path.starts_with(it)) && !is_home(path);
    if !bounded || FORMATS.iter().any(|it| path.starts_with(it)) {
        return Vec::new();
    }
    let code = source.code.as_str();
    let stated = words(code, "const").filter(|&at| !source.is_test(at));
    let named = stated.filter_map(|at| Some((at, name_after(code, at + "const".len())?)));
    let bounds = named.filter(|(_, name)| name.split('_').skip(1).any(|word| word == "MAX"));
    let advice = |name| {
        format!("`{name}` is a bound; state it in exchange/src/limits.rs, by those it agrees with.")
    };
    bounds.map(|(at, name)| Finding::new(path, source.line(at), "bounds", advice(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::broken;

    fn rules(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        broken(path, &format!("//! A.\n{text}\n"))
    }

    #[test]
    fn a_bound_stands_among_the_bounds() {
        for name in ["LEASES_MAX", "WAIT_MAX_S", "A_B_MAX"] {
            let text = format!("fn a() {{}}\npub(crate) const {name}: usize = 8;");
            assert_eq!(rules("firmware/dialtone/src/http.rs", &text), [(3, "bounds")], "{name}");
            assert_eq!(rules("firmware/exchange/src/tftp.rs", &text), [(3, "bounds")], "{name}");
            assert_eq!(rules("firmware/exchange/src/limits.rs", &text), []);
        }
    }

    #[test]
    fn what_a_format_fixes_and_what_is_no_greatest_value_stands_where_it_is_used() {
        let text = "const LEASES_MAX: usize = 8;";
        for path in [
            "firmware/wire/src/tftp.rs",
            "firmware/exchange/src/pattern/mod.rs",
            "firmware/exchange/src/catalog/options.rs",
            "firmware/dialtone/src/demo/mod.rs",
            "firmware/exchange/tests/limits.rs",
        ] {
            assert_eq!(rules(path, text), [], "{path}");
        }
        let others = "use a::LEASES_MAX;\nconst MAX: u8 = 1;\nconst MAXIMA: u8 = 1;\n\
            const _: () = assert!(LEASES_MAX > 1);";
        assert_eq!(rules("firmware/dialtone/src/http.rs", others), []);
        let tests = "#[cfg(test)]\nmod tests {\n const LEASES_MAX: usize = 8;\n}";
        assert_eq!(rules("firmware/dialtone/src/http.rs", tests), []);
    }
}
