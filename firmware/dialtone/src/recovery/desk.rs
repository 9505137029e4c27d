//! What is granted to whom: a pure decision over the code, the word, and what is under way.

use super::code::{Code, Tries};
use exchange::time::Instant;
use pages::recovery::{Asked, Leaving, Problem, Refused, ERASE_WORD};
use std::net::Ipv4Addr;

/// What a form asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish<'a> {
    /// The bytes of the partition.
    Copy,
    /// A new start.
    Restart,
    /// A backup in the place of the state, with the word that was typed.
    Restore { word: &'a str },
    /// An empty state, with the word that was typed.
    Erase { word: &'a str },
}

impl Wish<'_> {
    /// The form it stands in.
    pub(super) fn asked(self) -> Asked {
        match self {
            Wish::Copy | Wish::Restart => Asked::CopyOrRestart,
            Wish::Restore { .. } => Asked::Restore,
            Wish::Erase { .. } => Asked::Erase,
        }
    }
}

/// Why a wish is not granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Denied {
    /// The page offers nothing of the kind.
    NotOffered,
    /// The box is about to start anew.
    Leaving(Leaving),
    /// What was typed is not enough.
    Typed(Refused),
}

/// Where everybody's wishes are judged.
pub(super) struct Desk {
    code: Code,
    tries: Tries,
    problem: Problem,
    readable: bool,
    leaving: Option<Leaving>,
    failed: Option<String>,
}

impl Desk {
    /// A desk that knows the code of this start; `readable` says whether there are bytes to copy.
    pub(super) fn new(code: Code, problem: Problem, readable: bool) -> Desk {
        Desk { code, tries: Tries::default(), problem, readable, leaving: None, failed: None }
    }

    /// Grants a wish or says why not. One to erase or to restart is granted once: from then on the
    /// box is about to leave. A right code with a wrong word costs nothing.
    pub(super) fn grant(
        &mut self,
        now: Instant,
        source: Ipv4Addr,
        typed: &str,
        wish: Wish<'_>,
    ) -> Result<(), Denied> {
        if let Some(leaving) = self.leaving {
            return Err(Denied::Leaving(leaving));
        }
        let offered = match wish {
            Wish::Copy => self.readable,
            Wish::Restart => true,
            Wish::Restore { .. } | Wish::Erase { .. } => self.problem.ends_with_erasing(),
        };
        if !offered {
            return Err(Denied::NotOffered);
        }
        // While somebody has to wait his code is not even looked at, or waiting would cost nothing.
        if let Some(seconds) = self.tries.wait_s(now, source) {
            return Err(Denied::Typed(Refused::Slowed(seconds)));
        }
        if !self.code.is_right(typed) {
            self.tries.wrong(now, source);
            return Err(Denied::Typed(Refused::Code));
        }
        self.tries.right(source);
        let leaving = match wish {
            Wish::Copy => return Ok(()),
            Wish::Restart => Leaving::Restarting,
            Wish::Restore { word } if is_meant(word) => Leaving::Restoring,
            Wish::Erase { word } if is_meant(word) => Leaving::Erasing,
            Wish::Restore { .. } | Wish::Erase { .. } => {
                return Err(Denied::Typed(Refused::Word));
            }
        };
        (self.leaving, self.failed) = (Some(leaving), None);
        Ok(())
    }

    /// What the box is about to do, if anything.
    pub(super) fn leaving(&self) -> Option<Leaving> {
        self.leaving
    }

    /// Takes back what was granted: the backup is not good.
    pub(super) fn stay(&mut self) {
        self.leaving = None;
    }

    /// Why erasing or restoring failed that was granted before.
    pub(super) fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// Says that erasing or restoring failed; it may be asked for again.
    pub(super) fn has_failed(&mut self, why: String) {
        (self.leaving, self.failed) = (None, Some(why));
    }

    /// The code, as a test that reads the console would know it.
    #[cfg(test)]
    pub(super) fn code(&self) -> &Code {
        &self.code
    }
}

fn is_meant(word: &str) -> bool {
    word.trim().eq_ignore_ascii_case(ERASE_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_000);
    const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 2);

    fn desk(problem: Problem) -> (Desk, String) {
        let desk = Desk::new(Code::draw().unwrap(), problem, true);
        let code = desk.code().to_string();
        (desk, code)
    }

    #[test]
    fn nothing_is_granted_without_the_code() {
        let (mut desk, _) = desk(Problem::Foreign);
        let word = "erase";
        let wishes = [Wish::Copy, Wish::Restart, Wish::Erase { word }, Wish::Restore { word }];
        for (wish, typed) in wishes.into_iter().zip(["", "aaaa-aaaa", "erase", "erase"]) {
            assert_eq!(desk.grant(NOW, SOURCE, typed, wish), Err(Denied::Typed(Refused::Code)));
        }
        assert_eq!(desk.leaving(), None);
    }

    #[test]
    fn erasing_wants_the_code_and_the_word() {
        let (mut desk, code) = desk(Problem::Foreign);
        for word in ["", "er ase", "erased", "yes"] {
            let granted = desk.grant(NOW, SOURCE, &code, Wish::Erase { word });
            assert_eq!(granted, Err(Denied::Typed(Refused::Word)), "{word}");
        }
        assert_eq!(desk.grant(NOW, SOURCE, &code, Wish::Erase { word: " Erase " }), Ok(()));
        assert_eq!(desk.leaving(), Some(Leaving::Erasing));
    }

    #[test]
    fn a_partition_that_does_not_fit_is_never_erased() {
        let (mut desk, code) = desk(Problem::TooSmall { bytes: 1, wanted: 2 });
        let granted = desk.grant(NOW, SOURCE, &code, Wish::Erase { word: "erase" });
        assert_eq!((granted, desk.leaving()), (Err(Denied::NotOffered), None));
        assert_eq!(desk.grant(NOW, SOURCE, &code, Wish::Restart), Ok(()));
    }

    #[test]
    fn what_cannot_be_read_is_not_offered() {
        let mut desk = Desk::new(Code::draw().unwrap(), Problem::Missing, false);
        let code = desk.code().to_string();
        assert_eq!(desk.grant(NOW, SOURCE, &code, Wish::Copy), Err(Denied::NotOffered));
    }

    #[test]
    fn who_has_to_wait_does_not_get_in_with_the_right_code_either() {
        let (mut desk, code) = desk(Problem::Foreign);
        for _ in 0..10 {
            assert!(desk.grant(NOW, SOURCE, "aaaa-aaaa", Wish::Copy).is_err());
        }
        let early = desk.grant(NOW, SOURCE, &code, Wish::Copy);
        assert_eq!(early, Err(Denied::Typed(Refused::Slowed(1))));
        assert_eq!(desk.grant(NOW.after_ms(1_000), SOURCE, &code, Wish::Copy), Ok(()));
    }

    #[test]
    fn once_the_box_leaves_nothing_else_is_begun_until_erasing_has_failed() {
        let (mut desk, code) = desk(Problem::Foreign);
        let erase = Wish::Erase { word: "erase" };
        assert_eq!(desk.grant(NOW, SOURCE, &code, erase), Ok(()));
        for wish in [Wish::Copy, Wish::Restart, erase] {
            let granted = desk.grant(NOW, SOURCE, &code, wish);
            assert_eq!(granted, Err(Denied::Leaving(Leaving::Erasing)));
        }
        desk.has_failed("a block is worn out".to_owned());
        assert_eq!((desk.leaving(), desk.failed()), (None, Some("a block is worn out")));
        assert_eq!(desk.grant(NOW, SOURCE, &code, erase), Ok(()));
        assert_eq!(desk.failed(), None);
    }
}
