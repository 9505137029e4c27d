//! The page of a box that cannot use its state, for every reason and every outcome of its forms.

use crate::tags::opening_tags;
use exchange::view::{BackupRefused, BadLine, BadLines, Wrong};
use pages::backup::NotRestored;
use pages::recovery::{leaving, recovery, Asked, Leaving, Problem, Recovery, Refused};
use pages::Html;
use std::net::Ipv4Addr;

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 1);

fn page(problem: Problem) -> Recovery<'static> {
    Recovery {
        partition: "/dev/state",
        problem,
        bytes: Some(4_194_304),
        address: ADDRESS,
        prefix: 24,
        failed: None,
        refused: None,
        not_restored: None,
    }
}

/// Every reason, and the words for it.
const PROBLEMS: [(Problem, &str); 15] = [
    (Problem::Missing, "there is no such partition"),
    (Problem::NotFlash, "it is neither NOR flash nor a file"),
    (
        Problem::WriteProtected,
        "it is write-protected, or does not begin and end with whole erase blocks",
    ),
    (Problem::InUse, "another Dialtone uses this file"),
    (
        Problem::FileSize { bytes: 512 },
        "it is not a state file of Dialtone (512 bytes), and is left untouched",
    ),
    (
        Problem::TooSmall { bytes: 65_536, wanted: 262_144 },
        "it is too small (65536 bytes; at least 262144 are needed)",
    ),
    (Problem::TooLarge, "it is larger than a state can be"),
    (
        Problem::EraseBlocks { bytes: 262_144 },
        "it cannot be divided into two halves of erase blocks (262144 bytes)",
    ),
    (Problem::Fault { said: "Input/output error" }, "it cannot be read (Input/output error)"),
    (Problem::Foreign, "it holds something that is not Dialtone's, and is left untouched"),
    (
        Problem::Newer { version: 2, known: 1 },
        "it was written by newer software, in format 2; this software reads up to format 1",
    ),
    (Problem::NewerRecords { count: 1 }, "1 record in it was written by newer software"),
    (Problem::NewerRecords { count: 7 }, "7 records in it were written by newer software"),
    (
        Problem::OtherBanks { bytes: 524_288 },
        "it was written for a partition of another size (halves of 524288 bytes)",
    ),
    (Problem::Headless, "both headings of its journal are damaged, or its erasing was interrupted"),
];

/// The pages worth reading as a whole.
pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let nothing = Recovery { bytes: None, ..page(Problem::Missing) };
    let mut pages = vec![
        ("recovery-missing", recovery(&nothing)),
        ("recovery-too-small", recovery(&page(PROBLEMS[5].0))),
        ("recovery-foreign", recovery(&page(Problem::Foreign))),
        ("recovery-newer", recovery(&page(Problem::Newer { version: 2, known: 1 }))),
    ];
    let refused = |asked, refused| {
        recovery(&Recovery { refused: Some((asked, refused)), ..page(Problem::Foreign) })
    };
    let failed =
        Some("The state could not be erased: a block does not read back as it was written");
    let lines = vec![BadLine { number: 7, wrong: Wrong::NoHandset }];
    let bad = NotRestored::Refused(BackupRefused::Lines(BadLines { lines, more: 2 }));
    pages.extend([
        ("recovery-wrong-code", refused(Asked::CopyOrRestart, Refused::Code)),
        ("recovery-slowed", refused(Asked::CopyOrRestart, Refused::Slowed(8))),
        ("recovery-copy-under-way", refused(Asked::CopyOrRestart, Refused::CopyUnderWay)),
        ("recovery-erase-wrong-code", refused(Asked::Erase, Refused::Code)),
        ("recovery-erase-wrong-word", refused(Asked::Erase, Refused::Word)),
        ("recovery-erase-failed", recovery(&Recovery { failed, ..page(Problem::Foreign) })),
        ("recovery-restore-wrong-code", refused(Asked::Restore, Refused::Code)),
        (
            "recovery-not-restored",
            recovery(&Recovery { not_restored: Some(&bad), ..page(Problem::Headless) }),
        ),
        ("recovery-erasing", leaving(Leaving::Erasing, ADDRESS, ADDRESS)),
        ("recovery-restoring", leaving(Leaving::Restoring, ADDRESS, ADDRESS)),
        ("recovery-restarting", leaving(Leaving::Restarting, ADDRESS, ADDRESS)),
    ]);
    pages
}

#[test]
fn every_reason_has_its_words() {
    for (problem, words) in PROBLEMS {
        assert_eq!(problem.to_string(), words);
    }
}

#[test]
fn erasing_is_offered_only_where_it_ends_the_problem() {
    for (problem, words) in PROBLEMS {
        let html = recovery(&page(problem));
        for form in [pages::recovery::ERASE, pages::recovery::RESTORE] {
            assert_eq!(html.contains(form), problem.ends_with_erasing(), "{words}");
        }
        assert!(html.contains("No phone is served") && html.contains(problem.advice()), "{words}");
    }
}

#[test]
fn nothing_is_offered_for_download_where_nothing_can_be_read() {
    let none = recovery(&Recovery { bytes: None, ..page(Problem::Missing) });
    assert!(!none.contains(pages::recovery::COPY) && none.contains(pages::recovery::RESTART));
}

#[test]
fn what_the_system_says_is_text_on_the_page() {
    let evil = "<script>alert(1)</script>\"'&";
    let page =
        Recovery { partition: evil, failed: Some(evil), ..page(Problem::Fault { said: evil }) };
    let html = recovery(&page);
    assert!(opening_tags(&html).iter().all(|tag| tag.name != "script"));
    assert_eq!(html.matches("alert(1)").count(), 3);
}

#[test]
fn a_refusal_stands_in_the_form_that_was_sent() {
    let refused = |asked| {
        let page = Recovery { refused: Some((asked, Refused::Code)), ..page(Problem::Foreign) };
        recovery(&page)
    };
    let (first, second) = (refused(Asked::CopyOrRestart), refused(Asked::Erase));
    assert!(
        first.contains("id=\"code-error\"") && !first.contains("<details class=\"card\" open>")
    );
    assert!(
        second.contains("id=\"erase-error\"") && second.contains("<details class=\"card\" open>")
    );
}
