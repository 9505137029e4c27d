//! The daemon: sockets, clock, entropy, flash, hyper. Decides nothing.
//!
//! This file reads the command line; [`serve`] puts the parts together, [`drive`] is the loop.

mod base64;
mod button;
mod call;
mod chip;
mod clock;
mod config;
#[cfg(feature = "demo")]
mod demo;
mod device;
mod drive;
mod entropy;
mod firewall;
mod firmware;
mod flash;
mod host;
mod http;
mod identify;
mod link;
mod logging;
mod mtd;
#[cfg(test)]
mod mutation;
mod neighbour;
mod netlink;
mod network;
mod nor_file;
mod options;
mod password;
mod privilege;
mod raw;
mod recovery;
mod rehearsal;
mod release;
mod rendering;
mod say;
mod serve;
mod sockets;
mod sources;
mod state;
mod stream;
mod synchronised;
mod syslog;
mod tls;
mod watchdog;
mod wear;
mod web;

use exchange::catalog::OwnSigns;
use nor_file::Timing;
use say::{complain, say};
use std::io::Write as _;
#[cfg(feature = "demo")]
use std::net::SocketAddrV4;
use std::process::ExitCode;

const USAGE: &str = "\
Dialtone gives every desk phone on the LAN its dial tone.

  dialtone demo [--phones N] [--once] [--deadline SECONDS] [--web ADDRESS:PORT] [--state FILE]
      the daemon on loopback and N simulated phones (12; at most 1,000), no root needed;
      --once ends when all are registered, with 1 if they are not within the deadline (60 s)
  dialtone serve --config FILE [--read-only]
      the appliance; 3 if its flash could not be written. With --read-only it is not written at all:
      known phones are served, and nothing new is stored
  dialtone check-config FILE
      reads a configuration and says what is wrong with it
  dialtone identify [--state FILE]
      reads JSON lines {\"kind\": ..., \"string\": ...} and says which phone each sign is of, also
      by the signs that were added to this state
  dialtone options --mac MAC [--vendor-class TEXT] [--request-list N,N..] [--user-class TEXT]
      [--user-agent TEXT] [--max-size BYTES] [--config FILE] [--packet]
      which DHCP options such a phone would be offered, with their bytes and why each is sent, and
      what is not sent and why; --packet prints the OFFER itself in hex; TEXT may be hex:DIGITS
  dialtone state stat FILE
      what a state holds: a file, or a partition of flash; nothing of it is changed, no secret told
  dialtone state verify FILE
      whether it is sound: 0 if so, 1 and why if not
  dialtone state export FILE [--with-secrets | --sealed]
      the state as text, a fact a line; passwords in it only with --with-secrets, to be read by
      everybody, or with --sealed, where the pages have a backup passphrase
  dialtone state import FILE TEXT [--passphrase-file FILE]
      makes a text the state; while no daemon uses it, and only if every line is good: else 1 and
      each bad line with its number, and nothing is changed; passwords that are neither in the text
      nor in the state are drawn anew
  dialtone render (--mac MAC --state FILE | --family ID [--model NAME]) [--file TEMPLATE]
                  [--config FILE] [--explain] [--with-secrets]
      the files of a handset as they are made from a state, or those of a made-up handset of a
      maker; with --explain each line behind its template, whose it is, and the values it read.
      Addresses are those of --config, else made up; passwords are masked but with --with-secrets
  dialtone button --config FILE --held SECONDS
      whether the board's button is down, stays so for this long, and is then let go before twice as
      long is over: 0 if so, 1 if not, 2 if nobody can tell
  dialtone --version";

fn main() -> ExitCode {
    logging::start();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if asks_for_help(&words) {
        say(format_args!("{USAGE}"));
        return ExitCode::SUCCESS;
    }
    match obey(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Refusal::No) => ExitCode::FAILURE,
        Err(Refusal::Unknown(why)) => {
            complain(format_args!("{why}"));
            ExitCode::from(2)
        }
        Err(Refusal::FlashFailed(why)) => {
            complain(format_args!("{why}"));
            ExitCode::from(3)
        }
        Err(Refusal::Failed(why)) => {
            complain(format_args!("{why}"));
            ExitCode::FAILURE
        }
        Err(Refusal::Unclear(why)) => {
            complain(format_args!("{why}\n\n{USAGE}"));
            ExitCode::from(2)
        }
    }
}

/// Why nothing came of a command line.
enum Refusal {
    /// It was tried and failed; exit code 1.
    Failed(String),
    /// The answer to a question is no; exit code 1 and not a word.
    No,
    /// A question has no answer; exit code 2.
    Unknown(String),
    /// The words make no command; exit code 2.
    Unclear(String),
    /// The flash could not be written; exit code 3, so that who starts the daemon can count.
    FlashFailed(String),
}

impl From<String> for Refusal {
    fn from(why: String) -> Self {
        Refusal::Failed(why)
    }
}

fn asks_for_help(words: &[&str]) -> bool {
    words.first() == Some(&"help") || words.iter().any(|word| matches!(*word, "--help" | "-h"))
}

fn obey(words: &[&str]) -> Result<(), Refusal> {
    let unclear = |why: &str| Err(Refusal::Unclear(why.to_owned()));
    match words {
        ["demo", rest @ ..] => demonstrate(rest),
        ["serve", "--config", file] => serve(file, Timing::Host, false),
        ["serve", "--config", file, "--read-only"] => serve(file, Timing::Host, true),
        ["serve", "--config", file, "--nor-timing"] => serve(file, Timing::Nor, false),
        ["serve", ..] => unclear("serve wants --config FILE"),
        ["check-config", file] => Ok(check_config(file)?),
        ["check-config", ..] => unclear("check-config wants one FILE"),
        ["identify"] => identify(&OwnSigns::default()),
        ["identify", "--state", file] => identify(looked(file)?.into_durable().signs()),
        ["identify", ..] => {
            unclear("identify wants --state FILE or nothing, and questions on standard input")
        }
        ["options", rest @ ..] => options(rest),
        ["state", "stat", file] => {
            Ok(looked(file).map(|it| say(format_args!("{}", it.stat().trim_end())))?)
        }
        ["state", "verify", file] => {
            let verdict = looked(file)?.verdict();
            verdict
                .map(|said| say(format_args!("{file}: {said}")))
                .map_err(|why| Refusal::Failed(format!("{file}: {why}")))
        }
        ["state", "export", file] => export(file, state::Wanted::LeftOut),
        ["state", "export", file, "--with-secrets"] => export(file, state::Wanted::Clear),
        ["state", "export", file, "--sealed"] => export(file, state::Wanted::Sealed),
        ["state", "export", ..] => unclear("export wants FILE, and --with-secrets or --sealed"),
        ["state", "import", file, text] => import(file, text, None),
        ["state", "import", file, text, "--passphrase-file", passphrase] => {
            import(file, text, Some(passphrase))
        }
        ["state", "import", ..] => unclear("import wants FILE, TEXT and --passphrase-file FILE"),
        ["state", ..] => unclear("state wants stat, verify, export or import, and a FILE"),
        ["render", rest @ ..] => render_files(rest),
        ["button", "--config", file, "--held", seconds] => held(file, seconds),
        ["button", ..] => unclear("button wants --config FILE --held SECONDS"),
        ["--version" | "-V"] => {
            say(format_args!("{}", release::line()));
            Ok(())
        }
        [] => unclear("a command is wanted"),
        [word, ..] => Err(Refusal::Unclear(format!("`{word}` is not understood"))),
    }
}

fn serve(file: &str, timing: Timing, read_only: bool) -> Result<(), Refusal> {
    let text = text_of(file)?;
    let config =
        config::read(&text, Some(&device::find)).map_err(|why| format!("{file}: {why}"))?;
    device::widen_neighbour_table();
    let config::Config { state, ports, web, board, hardware } = config;
    // First of all: what is open or in memory by then, the process for trials has too.
    let rehearsals = trials(hardware.user.as_deref());
    let start = serve::Start { state, timing, read_only, ports, web, board, hardware, rehearsals };
    serve::appliance(start).map_err(|failure| match failure {
        serve::Failure::Flash(why) => Refusal::FlashFailed(why),
        serve::Failure::Other(why) => Refusal::Failed(why),
    })
}

fn options(words: &[&str]) -> Result<(), Refusal> {
    let asker = options::Asker::read(words).map_err(Refusal::Unclear)?;
    let board = match &asker.config {
        Some(file) => {
            let read = config::read(&text_of(file)?, None);
            Some(read.map_err(|why| format!("{file}: {why}"))?.board)
        }
        None => None,
    };
    let told = asker.answer(board)?;
    say(format_args!("{}", told.trim_end()));
    Ok(())
}

/// The process in which templates are tried; without it no template can be changed, and all else
/// goes on.
fn trials(user: Option<&str>) -> Option<rehearsal::Rehearsals> {
    let started = rehearsal::Rehearsals::start(user);
    started.map_err(|why| complain(format_args!("{why}"))).ok()
}

fn identify(own: &OwnSigns) -> Result<(), Refusal> {
    let outcome = identify::run(own, std::io::stdin(), std::io::stdout().lock());
    Ok(outcome.map_err(|error| error.to_string())?)
}

fn looked(file: &str) -> Result<state::Looked, String> {
    let looked = state::Looked::into(std::path::Path::new(file));
    looked.map_err(|problem| format!("{file}: {problem}"))
}

fn export(file: &str, wanted: state::Wanted) -> Result<(), Refusal> {
    let failed = |why: String| Refusal::Failed(format!("{file}: {why}"));
    let (text, damaged) = looked(file)?.export(wanted).map_err(failed)?;
    // Half a text on a full disk must not look like all of it.
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| failed(format!("the text could not be written: {error}")))?;
    damaged.map_or(Ok(()), |why| Err(failed(why)))
}

fn import(file: &str, text: &str, passphrase: Option<&str>) -> Result<(), Refusal> {
    use std::path::Path;
    let told = state::import(Path::new(file), Path::new(text), passphrase.map(Path::new))?;
    say(format_args!("{told}"));
    Ok(())
}

fn render_files(words: &[&str]) -> Result<(), Refusal> {
    let wish = rendering::Wish::read(words).map_err(Refusal::Unclear)?;
    let text = rendering::files(&wish)?;
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    Ok(written.map_err(|error| format!("the files could not be written: {error}"))?)
}

fn held(file: &str, seconds: &str) -> Result<(), Refusal> {
    let seconds = seconds.parse().ok().filter(|seconds| (1..=60).contains(seconds));
    let too_long = || Refusal::Unclear("--held wants 1 to 60 seconds".to_owned());
    let seconds = seconds.ok_or_else(too_long)?;
    let unknown = |why: String| Refusal::Unknown(why);
    let text = text_of(file).map_err(unknown)?;
    let config = config::read(&text, None).map_err(|why| unknown(format!("{file}: {why}")))?;
    let long = std::time::Duration::from_secs(seconds);
    match button::is_held_and_let_go(&config.hardware, long).map_err(unknown)? {
        true => Ok(()),
        false => Err(Refusal::No),
    }
}

fn text_of(file: &str) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| {
        if error.kind() == std::io::ErrorKind::InvalidData {
            return format!("{file}: this is no text in UTF-8");
        }
        format!("{file}: {error}")
    })
}

fn check_config(file: &str) -> Result<(), String> {
    let text = text_of(file)?;
    let config = config::read(&text, None).map_err(|why| format!("{file}: {why}"))?;
    let (ports, subnets) = (config.ports.len(), config.board.subnets.len());
    let (more_ports, more_subnets) = (plural(ports), plural(subnets));
    say(format_args!(
        "{file} is good: {ports} network port{more_ports}, {subnets} subnet{more_subnets}"
    ));
    Ok(())
}

fn plural(count: usize) -> &'static str {
    if count == 1 {
        ""
    } else {
        "s"
    }
}

#[cfg(not(feature = "demo"))]
fn demonstrate(_words: &[&str]) -> Result<(), Refusal> {
    Err(Refusal::Failed("this build carries no simulated phones".to_owned()))
}

#[cfg(feature = "demo")]
fn demonstrate(words: &[&str]) -> Result<(), Refusal> {
    let wish = wish(words).map_err(Refusal::Unclear)?;
    Ok(demo::run(&wish, trials(None))?)
}

#[cfg(feature = "demo")]
fn wish(words: &[&str]) -> Result<demo::Wish, String> {
    let mut wish = demo::Wish::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let mut value = || rest.next().ok_or(format!("{word} wants a value"));
        match *word {
            "--once" => wish.once = true,
            "--phones" => {
                let count = value()?.parse().ok().filter(|n| (1..=demo::PHONES_MAX).contains(n));
                wish.phones = count
                    .ok_or(format!("--phones wants a number from 1 to {}", demo::PHONES_MAX))?;
            }
            "--deadline" => {
                let seconds = value()?.parse().ok().filter(|seconds| *seconds > 0);
                let seconds = seconds.ok_or("--deadline wants seconds, at least 1")?;
                wish.deadline = std::time::Duration::from_secs(seconds);
            }
            "--web" => {
                let at = value()?.parse().ok();
                let here = |at: &SocketAddrV4| at.port() != 0 && at.ip().is_loopback();
                let why = "--web wants an IPv4 ADDRESS:PORT of this machine's loopback, such as \
                    127.0.0.1:8081";
                wish.web = at.filter(here).ok_or(why)?;
            }
            "--state" => wish.state = value()?.into(),
            other => return Err(format!("`{other}` is not understood")),
        }
    }
    Ok(wish)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unclear(words: &[&str]) -> String {
        match obey(words) {
            Err(Refusal::Unclear(why)) => why,
            Err(Refusal::Failed(why)) => panic!("{words:?} failed: {why}"),
            Err(Refusal::No | Refusal::Unknown(_)) => panic!("{words:?} was answered"),
            Ok(()) => panic!("{words:?} was understood"),
            Err(Refusal::FlashFailed(why)) => panic!("{words:?} wrote: {why}"),
        }
    }

    #[test]
    fn whoever_asks_for_help_gets_it_wherever_the_word_stands() {
        for words in [&["help"][..], &["--help"], &["-h"], &["demo", "--help"], &["serve", "-h"]] {
            assert!(asks_for_help(words), "{words:?}");
        }
        assert!(!asks_for_help(&["check-config", "help"]) && !asks_for_help(&[]));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert_eq!(unclear(&["frobnicate"]), "`frobnicate` is not understood");
        assert_eq!(unclear(&["serve"]), "serve wants --config FILE");
        assert_eq!(unclear(&["check-config"]), "check-config wants one FILE");
        assert_eq!(unclear(&[]), "a command is wanted");
        let wanted = "state wants stat, verify, export or import, and a FILE";
        assert_eq!(unclear(&["state", "frob"]), wanted);
        assert!(unclear(&["state", "export"]).starts_with("export wants FILE"));
        assert!(unclear(&["state", "export", "a", "--all"]).starts_with("export wants FILE"));
        assert!(unclear(&["state", "import", "a"]).starts_with("import wants FILE, TEXT"));
    }

    #[cfg(feature = "demo")]
    #[test]
    fn a_demo_with_a_word_or_a_port_that_cannot_be_is_not_started() {
        assert_eq!(unclear(&["demo", "--frob"]), "`--frob` is not understood");
        assert!(unclear(&["demo", "--web", "127.0.0.1:0"]).starts_with("--web wants"));
    }
}
