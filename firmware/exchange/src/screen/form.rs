//! A screen in the form of a maker.

use super::{Body, Choice, PageAt, Place, Screen, Typing};
use crate::catalog::ScreenForm;
use crate::markup::{escape, fill};
use alloc::string::String;
use core::fmt::Write;

/// Bytes of a screen; a Yealink and an Aastra take no more.
const SCREEN_BYTES: usize = 10_000;

/// Bytes of a screen that are kept for what stands around its list, the items that lead on and
/// back among it; a test holds the makers' forms against it.
const AROUND_BYTES: usize = 1_536;

/// Characters of an item; a Cisco takes no more.
const LABEL_CHARS: usize = 64;

/// Writes a screen; `folder` is the address of the folder of the phone's files.
pub(crate) fn write(form: &ScreenForm, screen: &Screen, folder: &str) -> String {
    let mut out = String::new();
    let title = screen.title;
    match &screen.body {
        Body::Text(text) => fill(&mut out, form.text, &mut |word, out| match word {
            "title" => escape(out, title),
            "text" => escape(out, text),
            other => out.push_str(other),
        }),
        Body::Menu(choices) => {
            let mut items = String::new();
            choices.iter().for_each(|choice| item(&mut items, form, choice, folder));
            menu(&mut out, form, title, &items);
        }
        Body::List { choices, first, page, back } => {
            let items = list(form, choices, (*first, *page, *back), folder);
            menu(&mut out, form, title, &items);
        }
        Body::Input { prompt, typing, to } => fill(&mut out, form.input, &mut |word, out| {
            match word {
                "title" => escape(out, title),
                "prompt" => escape(out, prompt),
                "url" => url(out, folder, *to),
                // Part of the form itself.
                "kind" => out.push_str(match typing {
                    Typing::Digits => form.digits,
                    Typing::Hidden => form.hidden,
                    Typing::Letters => form.letters,
                }),
                other => out.push_str(other),
            }
        }),
    }
    out
}

fn menu(out: &mut String, form: &ScreenForm, title: &str, items: &str) {
    fill(out, form.menu, &mut |word, out| match word {
        "title" => escape(out, title),
        "items" => out.push_str(items),
        other => out.push_str(other),
    });
}

/// As many items as fit, and those that lead on and back.
fn list(
    form: &ScreenForm,
    choices: &[Choice],
    (first, page, back): (u16, PageAt, Place),
    folder: &str,
) -> String {
    let mut items = String::new();
    let from = usize::from(first).saturating_sub(1).min(choices.len());
    let mut to = from;
    for choice in choices.iter().skip(from).take(usize::from(form.page_max).saturating_sub(2)) {
        let before = items.len();
        item(&mut items, form, choice, folder);
        if items.len() > SCREEN_BYTES - AROUND_BYTES {
            items.truncate(before);
            break;
        }
        to += 1;
    }
    if to < choices.len() {
        let next = u16::try_from(to + 1).unwrap_or(u16::MAX);
        item(&mut items, form, &Choice::new("More", page(next)), folder);
    }
    item(&mut items, form, &Choice::new("Back", back), folder);
    items
}

fn item(out: &mut String, form: &ScreenForm, choice: &Choice, folder: &str) {
    fill(out, form.item, &mut |word, out| match word {
        "label" => label(out, &choice.label),
        "url" => url(out, folder, choice.to),
        other => out.push_str(other),
    });
}

/// A label of the length that a phone shows, without marks that turn the direction of writing: one
/// could make another of what is beside it.
fn label(out: &mut String, text: &str) {
    let turns = |letter: char| match letter {
        '\u{61c}' | '\u{200e}' | '\u{200f}' => true,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _other_letter => false,
    };
    let letters = text.chars().filter(|letter| !turns(*letter)).take(LABEL_CHARS);
    let short: String = letters.collect();
    escape(out, &short);
}

fn url(out: &mut String, folder: &str, place: Place) {
    escape(out, folder);
    let _ = write!(out, "{place}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Family;
    use crate::names::UserNo;
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec::Vec;

    fn forms() -> impl Iterator<Item = (Family, &'static ScreenForm)> {
        Family::ALL.into_iter().filter_map(|family| Some((family, family.screens()?)))
    }

    fn list_of(names: Vec<String>, first: u16) -> Screen {
        let one = |(at, label): (u16, String)| Choice::new(label, Place::Take(UserNo(at)));
        let choices = (0u16..).zip(names).map(one).collect();
        let body = Body::List { choices, first, page: Place::Free, back: Place::Now };
        Screen { title: "Users without a phone", body }
    }

    #[test]
    fn a_name_cannot_become_structure() {
        let nasty = "</Prompt><a b='c\" d=\"&\u{1b}\u{202e}\u{ffff}\r\n{url}{";
        for (family, form) in forms() {
            let count = |file: &str, sign| file.matches(sign).count();
            let pairs = [
                (list_of([nasty.to_string()].into(), 1), list_of(["Anna".to_string()].into(), 1)),
                (
                    Screen { title: "T", body: Body::Text(nasty.to_string()) },
                    Screen { title: "T", body: Body::Text("Anna".to_string()) },
                ),
            ];
            for (nasty, plain) in pairs {
                let (file, plain) =
                    (write(form, &nasty, "http://x/"), write(form, &plain, "http://x/"));
                for sign in ['<', '>', '"', '\n', '\'', '\u{1b}', '\u{ffff}', '\r'] {
                    assert_eq!(
                        count(&file, sign),
                        count(&plain, sign),
                        "{family:?} {sign:?}\n{file}"
                    );
                }
            }
            let turned = write(form, &list_of([nasty.to_string()].into(), 1), "http://x/");
            assert!(!turned.contains('\u{202e}'), "{family:?}");
        }
    }

    #[test]
    fn a_thousand_names_are_shown_once_each_however_long_they_are() {
        for length in [1, 40, 64, 100] {
            let names: Vec<String> =
                (1_000..2_000).map(|at| format!("{at}{}", "&".repeat(length))).collect();
            for (family, form) in forms() {
                let folder = format!("http://255.255.255.255:65535/{}/", "w".repeat(64));
                let (mut first, mut shown) = (1, 0);
                loop {
                    let file = write(form, &list_of(names.clone(), first), &folder);
                    assert!(file.len() <= SCREEN_BYTES, "{family:?} {}", file.len());
                    let items = file.matches("screen/take/").count();
                    assert!(items + 2 <= usize::from(form.page_max) && items > 0, "{family:?}");
                    assert!(file.contains("screen/now"), "{family:?} has no way back");
                    shown += items;
                    let Some((_, more)) = file.split_once("screen/free/") else { break };
                    let digits: String = more.chars().take_while(char::is_ascii_digit).collect();
                    first = digits.parse().unwrap();
                    assert_eq!(usize::from(first), shown + 1, "{family:?}");
                }
                assert_eq!(shown, 1_000, "{family:?}");
            }
        }
    }

    #[test]
    fn what_stands_around_a_list_fits_what_is_kept_for_it() {
        for (family, form) in forms() {
            let item = 2 * (form.item.len() + 160);
            let around = form.menu.len() + 2 * 40 + item;
            assert!(around <= AROUND_BYTES, "{family:?} {around}");
        }
    }
}
