//! What is dialled to say who sits at a phone passes every dial plan that is rendered.
//!
//! A plan is taken out of the file, in its maker's form, and read anew here: alternatives between
//! bars, of which one has to take all of the number, and none that dials at once may be its
//! beginning.

use super::office;
use crate::{Templates, SHIPPED};
use exchange::render::{Render, Values};
use exchange::seat::CLAIM_PREFIX;

/// The template of a maker's handset or site, what stands before a plan in its file, and behind.
const PLANS: [(&str, &str, &str); 10] = [
    ("aastra_mitel/mac.cfg", "sip dial plan: \"", "\""),
    ("avaya/mac.txt", "SET DIALPLAN \"", "\""),
    ("cisco_mpp/mac.xml", "<Dial_Plan_1_>(", ")<"),
    ("cisco_spa/mac.xml", "<Dial_Plan_1_>(", ")<"),
    ("generic/mac.cfg", "dial_plan = ", "\n"),
    ("generic/mac.xml", "<dial_plan>", "<"),
    ("grandstream/mac.xml", "<P290>{ ", " }<"),
    ("panasonic/mac.cfg", "DIAL_PLAN_1=\"", "\""),
    ("polycom/mac-line.cfg", "dialplan.digitmap=\"", "\""),
    ("snom/mac.htm", "<user_dp_str idx=\"1\" perm=\"R\">", "<"),
];

/// Makers whose phones dial at once whatever has two digits behind a star, if no plan is rendered.
const ALWAYS: [&str; 2] = ["cisco_mpp/mac.xml", "cisco_spa/mac.xml"];

fn file(template: &str, values: &Values) -> String {
    let mut out = Vec::new();
    Templates::shipped().unwrap().render(template, values, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// One element of an alternative: which letters it takes, and whether it may come again, or be
/// left out.
struct Element {
    takes: String,
    many: bool,
    none: bool,
}

/// Takes an alternative apart. A dot repeats what is before it; `x` is a digit.
fn elements(alternative: &str) -> Vec<Element> {
    let mut elements: Vec<Element> = Vec::new();
    let mut rest = alternative.chars();
    while let Some(letter) = rest.next() {
        let takes = match letter {
            '.' | '+' if !elements.is_empty() => {
                let last = elements.last_mut().unwrap();
                (last.many, last.none) = (true, letter == '.');
                continue;
            }
            // Polycom: after a while.
            'T' => continue,
            // Snom escapes the star, and writes digits as a list.
            '\\' => rest.next().unwrap().to_string(),
            'x' => "0123456789".to_string(),
            '[' => {
                let list: String = rest.by_ref().take_while(|letter| *letter != ']').collect();
                match list.split_once('-') {
                    Some((from, to)) => ('0'..='9')
                        .filter(|digit| from <= &*digit.to_string() && &*digit.to_string() <= to)
                        .collect(),
                    None => list,
                }
            }
            other => other.to_string(),
        };
        elements.push(Element { takes, many: false, none: false });
    }
    elements
}

/// Whether elements take all of a number.
fn takes(elements: &[Element], number: &str) -> bool {
    let Some((first, behind)) = elements.split_first() else { return number.is_empty() };
    let skipped = first.none && takes(behind, number);
    let mut letters = number.chars();
    let fits = letters.next().is_some_and(|letter| first.takes.contains(letter));
    let rest = letters.as_str();
    skipped || fits && (takes(behind, rest) || first.many && takes(elements, rest))
}

fn alternatives(template: &str, text: &str) -> Vec<String> {
    let (_, before, behind) = PLANS.iter().find(|(name, ..)| *name == template).unwrap();
    let plan = text.split_once(before).unwrap_or_else(|| panic!("{template} has no plan")).1;
    let plan = plan.split_once(behind).unwrap().0;
    let plan = plan.replace("!^(", "").replace(")$!sip:\\1@\\d!d", "");
    plan.split('|').map(|one| one.trim().to_string()).collect()
}

fn number() -> String {
    format!("{CLAIM_PREFIX}123456")
}

fn passes(template: &str, values: &Values) {
    let text = file(template, values);
    let alternatives = alternatives(template, &text);
    let number = number();
    let whole = alternatives.iter().any(|one| takes(&elements(one), &number));
    assert!(whole, "{template}: {number} is not dialled by {alternatives:?}");
    for one in &alternatives {
        let elements = elements(one);
        // One that may go on waits for more digits.
        let waits = elements.last().is_some_and(|last| last.many);
        for length in 1..number.len() {
            let cut = takes(&elements, &number[..length]) && !waits;
            assert!(!cut, "{template}: {one} dials {} before the rest", &number[..length]);
        }
    }
}

#[test]
fn a_claim_code_is_dialled_as_a_whole_by_every_plan_that_is_rendered() {
    for (template, ..) in PLANS {
        passes(template, &office::everything_set(2));
    }
    for template in ALWAYS {
        passes(template, &office::handset("Europe/Berlin", 2, "Anna"));
    }
}

#[test]
fn a_yealink_dials_it_at_once_and_knows_no_number_that_begins_it() {
    let text = file("yealink/mac.cfg", &office::everything_set(2));
    let rules: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("dialplan.dialnow.rule."))
        .filter_map(|line| line.split_once(" = "))
        .map(|(_, rule)| rule)
        .filter(|rule| *rule != "%NULL%")
        .collect();
    assert!(rules.iter().any(|rule| takes(&elements(rule), &number())), "{rules:?}");
    let begins = |rule: &&str| (1..9).any(|length| takes(&elements(rule), &number()[..length]));
    assert!(!rules.iter().any(begins));
}

#[test]
fn no_other_template_has_a_plan() {
    let known: Vec<&str> = PLANS.iter().map(|(name, ..)| *name).collect();
    for shipped in SHIPPED.iter().filter(|shipped| shipped.handset) {
        if known.contains(&shipped.name) || shipped.name.starts_with("yealink/") {
            continue;
        }
        let text = file(shipped.name, &office::everything_set(2));
        let marker = "[1-9]xx";
        assert!(!text.contains(marker), "{} has a plan that is not looked at here", shipped.name);
    }
}
