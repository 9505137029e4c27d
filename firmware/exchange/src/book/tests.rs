//! The forms of all makers, with names that try to break them and as many entries as there can be.

use super::*;
use crate::names::Extension;
use alloc::format;
use alloc::vec;

fn entry(name: &str, number: &str) -> BookEntry {
    BookEntry { name: name.into(), number: Extension::parse(number).unwrap() }
}

fn forms() -> impl Iterator<Item = (Family, &'static BookForm)> {
    Family::ALL.into_iter().filter_map(|family| Some((family, family.book()?)))
}

#[test]
fn a_name_cannot_become_structure() {
    let nasty = [entry("</Name><a b='c\" d=\"&\u{1b}\u{ffff}\r\n", "201")];
    for (family, form) in forms() {
        let plain = page(form, &[entry("Anna", "201")], 0, 0, "http://x/");
        let file = page(form, &nasty, 0, 0, "http://x/");
        let count = |file: &str, sign| file.matches(sign).count();
        for sign in ['<', '>', '"', '\n', '\'', '\u{1b}', '\u{ffff}', '\r'] {
            assert_eq!(count(&file, sign), count(&plain, sign), "{family:?} {sign:?}\n{file}");
        }
    }
}

#[test]
fn a_thousand_entries_are_read_once_each_page_by_page() {
    let all: Vec<BookEntry> = (0..BOOK_ENTRIES_MAX)
        .map(|at| entry(&format!("Anna {at}"), &format!("{}", 1_000 + at)))
        .collect();
    for (family, form) in forms() {
        let (mut first, mut pages, mut read) = (0, 0, 0);
        loop {
            let file = page(form, &all, first, 0, "http://192.0.2.1/p/book.xml");
            assert!(file.len() <= BOOK_BYTES_MAX, "{family:?}");
            let on_page = (0..BOOK_ENTRIES_MAX).filter(|at| {
                let digits = format!("{}", 1_000 + at);
                file.contains(&format!(">{digits}<")) || file.contains(&format!("\"{digits}\""))
            });
            let on_page = on_page.count();
            (read, pages) = (read + on_page, pages + 1);
            if form.page_max == 0 || form.next.is_empty() {
                break;
            }
            assert!(on_page <= usize::from(form.page_max), "{family:?}");
            let Some((_, next)) = file.split_once("?first=") else { break };
            let digits: String = next.chars().take_while(char::is_ascii_digit).collect();
            first = digits.parse().unwrap();
        }
        let whole = form.next.is_empty() && form.page_max > 0;
        let expected = if whole { usize::from(form.page_max) } else { BOOK_ENTRIES_MAX };
        assert_eq!(read, expected, "{family:?} in {pages} pages");
    }
}

#[test]
fn what_is_too_long_is_left_out_and_the_file_still_ends_as_it_should() {
    let longest: Vec<BookEntry> = (0..BOOK_ENTRIES_MAX)
        .map(|at| entry(&"&".repeat(40), &format!("{}", 1_000 + at)))
        .collect();
    for (family, form) in forms() {
        let file = page(form, &longest, 0, 0, &"w".repeat(255));
        assert!(file.len() <= BOOK_BYTES_MAX, "{family:?}");
        assert!(file.ends_with(form.tail.trim_start_matches("{next}")), "{family:?}");
        let around = form.head.len() + form.tail.len() + form.next.len() + 2 * 255;
        assert!(around <= AROUND_BYTES, "{family:?} {around}");
    }
}

#[test]
fn a_base_gets_the_entries_that_it_asks_for() {
    let form = Family::Gigaset.book().unwrap();
    let all = vec![entry("Anna Schmidt", "201"), entry("Bob", "202"), entry("Çelik Öz", "203")];
    let told = |first, count| page(form, &all, first, count, "");
    assert!(told(2, 1).contains(r#"total="3" first="2" last="2""#), "{}", told(2, 1));
    assert!(told(2, 1).contains("<ln>Bob</ln><fn></fn><hm>202</hm>"));
    assert!(told(9, 1).contains(r#"total="3" first="3" last="3""#), "{}", told(9, 1));
    assert!(page(form, &[], 1, 16, "").contains(r#"total="0" first="0" last="0""#));
}

#[test]
fn a_question_is_read_whatever_it_holds() {
    let wanted = Wanted::read("command=get_list&type=pr&fn=*&ln=schm*&hm=*&first=17&count=16&x");
    assert_eq!((wanted.first, wanted.count, wanted.name, wanted.number), (17, 16, "schm", ""));
    assert!(wanted.is_search());
    let meets = |query, name| Wanted::read(query).meets(&entry(name, "201"));
    assert!(meets("ln=schm", "Anna Schmidt") && meets("fn=ann", "Anna Schmidt"));
    assert!(!meets("ln=chm", "Anna Schmidt"));
    assert!(meets("hm=201", "x") && !meets("hm=20", "x") && !meets("hm=2011", "x"));
    assert!(meets("first=-1&count=99999999999999999999&=&==", "x"));
}
