//! Which values a template reads where, found in its text.
//!
//! A value is told by its way from the root, such as `site.ntp_server`; names that the template
//! gives by `set` and `for` are followed back to what they stand for. Everything that could have
//! been read is told: of two values behind one name in one loop both, and for what stands inside of
//! an `if` or a `for` also what that one looks at. What a macro is called with is not followed.

use exchange::sorted::{SortedMap, SortedSet};
use std::ops::Range;

/// How often a name may stand for another name; templates do so once or twice.
const FOLLOWED: usize = 8;

const WORDS: [&str; 17] = [
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
    "elif",
    "true",
    "false",
    "none",
    "True",
    "False",
    "None",
    "loop",
    "recursive",
    "ignore",
];

/// A stretch of a source, and what is looked at around it.
type Around = (Range<usize>, SortedSet<String>);

/// A way to a value, and the template and the byte of it where it is said.
type Said = (String, String, usize);

/// A name that a template gives.
struct Given {
    template: String,
    /// Where the name means this: to the end of the loop in which it is given.
    scope: Range<usize>,
    /// Where it is given; what it stands for is read there.
    at: usize,
    stands_for: SortedSet<String>,
}

/// A statement that is not ended yet.
struct Open {
    from: usize,
    looked_at: SortedSet<String>,
    /// Whether names that are given within end with it.
    is_scope: bool,
    given: Vec<(String, usize, usize, SortedSet<String>)>,
}

/// What the sources of a template and of its parts read.
#[derive(Default)]
pub(crate) struct Reads {
    names: SortedMap<String, Vec<Given>>,
    /// By template: what is looked at around each stretch of it.
    around: SortedMap<String, Vec<Around>>,
    /// By part: what is looked at where it is included, and where that is.
    included: SortedMap<String, SortedSet<Said>>,
}

impl Reads {
    /// Takes in one source.
    pub(crate) fn add(&mut self, template: &str, source: &str) {
        let mut open: Vec<Open> = vec![Open::of(0, SortedSet::new(), true)];
        let mut closed = Vec::new();
        for (place, tag) in tags(source) {
            let (word, rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
            match word {
                "if" => open.push(Open::of(place.end, paths(rest), false)),
                "for" => {
                    let (names, list) = rest.split_once(" in ").unwrap_or(("", rest));
                    let mut inner = Open::of(place.end, paths(list), true);
                    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                        inner.give(name, &place, paths(list));
                    }
                    open.push(inner);
                }
                "macro" => {
                    let mut inner = Open::of(place.end, SortedSet::new(), true);
                    let (_, names) = rest.split_once('(').unwrap_or_default();
                    let names = names.split([',', ')', '=']).map(str::trim);
                    names.for_each(|name| inner.give(name, &place, SortedSet::new()));
                    open.push(inner);
                }
                "elif" | "else" if open.len() > 1 => {
                    if let Some(last) = open.last_mut() {
                        closed.push((last.from..place.start, last.looked_at.clone()));
                        last.looked_at.extend(paths(rest));
                        last.from = place.end;
                    }
                }
                "endif" | "endfor" | "endmacro" if open.len() > 1 => {
                    if let Some(last) = open.pop() {
                        closed.push((last.from..place.start, last.looked_at.clone()));
                        self.end(template, last, place.start);
                    }
                }
                "set" => {
                    let (name, value) = rest.split_once('=').unwrap_or((rest, ""));
                    if let Some(scope) = open.iter_mut().rev().find(|open| open.is_scope) {
                        scope.give(name.trim(), &place, paths(value));
                    }
                }
                "include" => {
                    let part = rest.split(['"', '\'']).nth(1).unwrap_or_default();
                    let said = |path: &String| (path.clone(), template.to_owned(), place.start);
                    let around = open.iter().flat_map(|open| open.looked_at.iter().map(said));
                    self.included
                        .get_or_insert_with(part.to_owned(), Default::default)
                        .extend(around);
                }
                _other => (),
            }
        }
        open.into_iter().for_each(|open| self.end(template, open, usize::MAX));
        self.around.get_or_insert_with(template.to_owned(), Default::default).extend(closed);
    }

    fn end(&mut self, template: &str, open: Open, at: usize) {
        for (name, given_at, from, stands_for) in open.given {
            let template = template.to_owned();
            let given = Given { template, scope: from..at.max(from), at: given_at, stands_for };
            self.names.get_or_insert_with(name, Default::default).push(given);
        }
    }

    /// What an expression reads that stands at a byte of a template.
    pub(crate) fn by(&self, expression: &str, template: &str, at: usize) -> SortedSet<String> {
        let said = |path| (path, template.to_owned(), at);
        self.followed(paths(expression).into_iter().map(said).collect())
    }

    /// What is looked at before a byte of a template is written at all.
    pub(crate) fn around(&self, template: &str, at: usize) -> SortedSet<String> {
        let stretches = self.around.get(template).into_iter().flatten();
        let here = stretches.filter(|(place, _)| place.contains(&at));
        let said = |path: &String| (path.clone(), template.to_owned(), at);
        let mut found: SortedSet<Said> =
            here.flat_map(|(_, looked_at)| looked_at.iter().map(said)).collect();
        found.extend(self.included.get(template).into_iter().flatten().cloned());
        self.followed(found)
    }

    fn followed(&self, mut said: SortedSet<Said>) -> SortedSet<String> {
        for _ in 0..FOLLOWED {
            let next: SortedSet<Said> =
                said.iter().flat_map(|said| self.stands_for(said)).collect();
            if next == said {
                break;
            }
            said = next;
        }
        // A name that still stands for others is one that stands for itself.
        let paths = said.into_iter().map(|(path, ..)| path);
        paths.filter(|path| !self.names.contains_key(first_of(path))).collect()
    }

    fn stands_for(&self, said: &Said) -> Vec<Said> {
        let (path, template, at) = said;
        let first = first_of(path);
        let rest = path.get(first.len()..).unwrap_or_default();
        let Some(given) = self.names.get(first) else { return vec![said.clone()] };
        let own = given.iter().filter(|it| it.template == *template && it.scope.contains(at));
        // The innermost loop counts; in it a name may be given more than once.
        let end = own.clone().map(|it| it.scope.end).min();
        let meant: Vec<&Given> = match end {
            Some(end) => own.filter(|it| it.scope.end == end).collect(),
            // A part sees the names of those who include it.
            None => given.iter().filter(|it| it.template != *template).collect(),
        };
        let stands = |it: &&Given| {
            let (template, at) = (it.template.clone(), it.at);
            let others = it.stands_for.iter();
            let said = |other: &String| (format!("{other}{rest}"), template.clone(), at);
            others.map(said).collect::<Vec<Said>>()
        };
        meant.iter().flat_map(stands).collect()
    }
}

impl Open {
    fn of(from: usize, looked_at: SortedSet<String>, is_scope: bool) -> Open {
        Open { from, looked_at, is_scope, given: Vec::new() }
    }

    fn give(&mut self, name: &str, place: &Range<usize>, stands_for: SortedSet<String>) {
        self.given.push((name.to_owned(), place.start, place.end, stands_for));
    }
}

fn first_of(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// The statements of a template with their places.
fn tags(source: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = source.get(at..).and_then(|rest| rest.find('{')) {
        let start = at + start;
        let rest = source.get(start..).unwrap_or_default();
        let end = match rest.as_bytes().get(1) {
            Some(b'%') => "%}",
            Some(b'{') => "}}",
            Some(b'#') => "#}",
            Some(_) | None => {
                at = start + 1;
                continue;
            }
        };
        let Some(length) = rest.find(end).map(|length| length + end.len()) else { break };
        let place = start..start + length;
        if let Some(inside) = rest.get(2..length - 2).filter(|_| end == "%}") {
            found.push((place.clone(), inside.trim_matches('-').trim()));
        }
        at = place.end;
    }
    found
}

/// The names in an expression, each with what is taken of it; without filters, tests, functions
/// and texts.
fn paths(expression: &str) -> SortedSet<String> {
    let mut found = SortedSet::new();
    let mut rest = expression;
    // What stands before a name: it is none if it is a filter, a test or a key.
    let mut before = ' ';
    while let Some(letter) = rest.chars().next() {
        if matches!(letter, '"' | '\'') {
            let inside = rest.get(1..).unwrap_or_default();
            rest = inside.split_once(letter).map_or("", |(_, behind)| behind);
            before = letter;
            continue;
        }
        let word = rest.split(|letter: char| !is_of_path(letter)).next().unwrap_or_default();
        if word.is_empty() || letter.is_ascii_digit() || letter == '.' {
            let skipped = if word.is_empty() { letter.len_utf8() } else { word.len() };
            rest = rest.get(skipped..).unwrap_or_default();
            before = if letter.is_whitespace() { before } else { letter };
            continue;
        }
        rest = rest.get(word.len()..).unwrap_or_default();
        let call = rest.trim_start().starts_with('(');
        let path = match (call, word.rsplit_once('.')) {
            // Of a method the value that it is called on.
            (true, Some((value, _method))) => Some(value),
            (true, None) => None,
            (false, _) => Some(word),
        };
        let named =
            path.filter(|path| !WORDS.contains(&first_of(path)) && before != '|' && before != 'i');
        found.extend(named.map(|path| path.trim_end_matches('.').to_owned()));
        // Behind `is`, and `is not`, comes a test.
        let goes_on = before == 'i' && word == "not";
        before = if word == "is" || goes_on { 'i' } else { 'w' };
    }
    found
}

fn is_of_path(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &SortedSet<String>) -> Vec<&str> {
        paths.iter().map(String::as_str).collect()
    }

    #[test]
    fn an_expression_reads_its_values_and_not_its_filters_tests_and_texts() {
        for (expression, expected) in [
            ("site.ntp_server", &["site.ntp_server"][..]),
            ("line.name or line.label", &["line.label", "line.name"]),
            ("-(site.zone.offset_s // 60)", &["site.zone.offset_s"]),
            ("\"HTTPS\" if site.url is startingwith(\"https:\") else 'x.y'", &["site.url"]),
            ("model is not startingwith('a')", &["model"]),
            ("handset.lines | length + 1", &["handset.lines"]),
            ("range(n, 17)", &["n"]),
            ("host[1] if host | length > 1 else 80", &["host"]),
            ("[[\"start\", summer.start], [\"end\", summer.end]]", &["summer.end", "summer.start"]),
            ("a.upper()", &["a"]),
            ("3.5 + b", &["b"]),
        ] {
            assert_eq!(of(&paths(expression)), expected, "{expression}");
        }
    }

    const SOURCE: &str = "{% set s = site.zone.summer %}{% set s = s %}!\
        {% for line in handset.lines %}{% set n = line.number %}1{% endfor %}\
        {% for key in settings.keys %}{% set n = key.place %}2{% endfor %}\
        {% macro m(x, y=1) %}3{{ x }}{% endmacro %}";

    fn of_owned(paths: SortedSet<String>) -> Vec<String> {
        paths.into_iter().collect()
    }

    #[test]
    fn a_name_is_followed_to_what_it_stands_for() {
        let mut reads = Reads::default();
        reads.add("a/b", SOURCE);
        let by =
            |expression, mark| of_owned(reads.by(expression, "a/b", SOURCE.find(mark).unwrap()));
        assert_eq!(by("s.save_min", "!"), ["site.zone.summer.save_min"]);
        assert_eq!(by("n", "1"), ["handset.lines.number"]);
        assert_eq!(by("n", "2"), ["settings.keys.place"]);
        assert_eq!(by("line.label ~ model", "1"), ["handset.lines.label", "model"]);
        assert!(by("x + loop.index", "3").is_empty());
    }

    #[test]
    fn what_is_looked_at_around_a_line_counts_for_it() {
        let mut reads = Reads::default();
        let source = "a\n{% if model %}b{% elif site.x %}c{% else %}d{% endif %}e\
                      {% for l in handset.lines %}f{% include \"a/_part\" %}{% endfor %}";
        reads.add("a/b", source);
        reads.add("a/_part", "g");
        let at = |letter: &str| source.find(&format!("}}{letter}")).map(|at| at + 1);
        let around = |letter| reads.around("a/b", at(letter).unwrap());
        assert_eq!(of(&around("b")), ["model"]);
        assert_eq!(of(&around("c")), ["model", "site.x"]);
        assert_eq!(of(&around("d")), ["model", "site.x"]);
        assert!(around("e").is_empty());
        assert_eq!(of(&around("f")), ["handset.lines"]);
        assert_eq!(of(&reads.around("a/_part", 0)), ["handset.lines"]);
    }

    #[test]
    fn names_that_stand_for_each_other_come_to_an_end() {
        let mut reads = Reads::default();
        reads.add("a", "{% set a = b %}{% set b = a %}{% set b = site.x %}{% set c = c.d %}");
        assert_eq!(of(&reads.by("b", "a", 99)), ["site.x"]);
        assert!(reads.by("c", "a", 99).is_empty());
        reads.add("a", "{% if");
        reads.add("a", "{% endif %}{% else %}{{ {% for %}");
    }
}
