//! What the command line asks for.

use std::path::PathBuf;
use std::time::Duration;

pub(super) const USAGE: &str = "\
storm: N phones are switched on at the same instant, against the real daemon.

  cargo xtask bench storm [--phones 50,250,1000] [--rounds 5] [--lines 8] [--nor] [--peers]
                          [--only CASE]

  --phones LIST     how many phones; a storm for each (50,250,1000; at most 2,000)
  --rounds N        storms of each kind; the median counts (5)
  --lines N         lines of a known handset, 1 to 8: the file it fetches has 11 KB with one and
                    12 KiB with three (3). A handset never seen has one; the admin adds the others
                    on the box's pages before the known storm. The empty responder serves a file as
                    large as the known phones', and one of 12 KiB; the peers one as large
  --nor             only with the timing of NOR flash; otherwise first as fast as the disk, then so
  --peers           dnsmasq, nginx and Kamailio too, where Debian's packages are installed
  --only CASE       floor, disk or nor
  --deadline S      how long a storm may take (60)
  --directory DIR   where the flash file lies: the disk that is measured (the build directory)
  --state FILE      begin each round with a copy of this flash, not with a blank one
  --hold S          keep the daemon this long after a storm, e.g. for a profiler (0)

Needs root: it makes two network namespaces of its own and loads only those. DIALTONE_BIN names the
daemon; without it, it is looked for beside this program. Two CPUs are used; where others work on
them too, `chrt -f 20` before the command keeps them out of the figures.";

/// A kind of run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// Against a responder that knows nothing.
    Floor,
    /// The daemon, with flash as fast as the disk.
    Disk,
    /// The daemon, with flash as slow as NOR.
    Nor,
}

/// What is to be measured.
pub(crate) struct Wish {
    pub(crate) phones: Vec<u16>,
    pub(crate) rounds: u16,
    /// Of a known handset.
    pub(crate) lines: u16,
    pub(crate) cases: Vec<Case>,
    pub(crate) peers: bool,
    pub(crate) deadline: Duration,
    pub(crate) directory: Option<PathBuf>,
    /// The flash that each round begins with; blank where there is none.
    pub(crate) state: Option<PathBuf>,
    pub(crate) hold: Duration,
}

impl Wish {
    /// Reads the words after the program's name; an error in words for people.
    pub(crate) fn read(words: &[String]) -> Result<Wish, String> {
        let mut wish = Wish {
            phones: vec![50, 250, 1_000],
            rounds: 5,
            lines: 3,
            cases: vec![Case::Disk, Case::Nor, Case::Floor],
            peers: false,
            deadline: Duration::from_secs(60),
            directory: None,
            state: None,
            hold: Duration::ZERO,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "--phones" => {
                    let list = value()?.split(',').map(|number| within(word, number, 2_000));
                    wish.phones = list.collect::<Result<_, _>>()?;
                }
                "--rounds" => wish.rounds = within(word, value()?, 99)?,
                "--lines" => wish.lines = within(word, value()?, 8)?,
                "--nor" => wish.cases = vec![Case::Nor, Case::Floor],
                "--peers" => wish.peers = true,
                "--only" => wish.cases = vec![case(value()?)?],
                "--deadline" => wish.deadline = seconds(word, value()?)?,
                "--directory" => wish.directory = Some(PathBuf::from(value()?)),
                "--state" => wish.state = Some(PathBuf::from(value()?)),
                "--hold" => wish.hold = seconds(word, value()?)?,
                _unknown => return Err(format!("{word} is not understood\n\n{USAGE}")),
            }
        }
        Ok(wish)
    }
}

fn case(word: &str) -> Result<Case, String> {
    match word {
        "floor" => Ok(Case::Floor),
        "disk" => Ok(Case::Disk),
        "nor" => Ok(Case::Nor),
        _unknown => Err(format!("--only takes floor, disk or nor, not {word}")),
    }
}

fn seconds(word: &str, value: &str) -> Result<Duration, String> {
    Ok(Duration::from_secs(u64::from(within(word, value, 3_600)?)))
}

fn within(word: &str, value: &str, most: u16) -> Result<u16, String> {
    let number = value.trim().parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or(format!("{word} takes numbers from 1 to {most}, not {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Wish, String> {
        Wish::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_is_not_asked_for_is_as_the_usage_says() {
        let wish = read("--phones 3,40 --nor").ok().unwrap();
        assert_eq!((wish.phones, wish.rounds, wish.lines), (vec![3, 40], 5, 3));
        assert_eq!(wish.cases, [Case::Nor, Case::Floor]);
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        for line in ["--phones 0", "--phones 5000", "--phones", "--only tea", "--lines 9", "tea"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
