//! What an image costs once it runs: measured in the emulator, written into the manifest.
//!
//! The measuring is done by the crate `image` in `tests/`, which has the clients and the hands for
//! it. The limits are here. Too much memory is a failure, since memory under emulation is that of
//! the real box; a start that took too long is only said, since other work on a machine slows it.

use super::{failed, have, out, read, write, Trouble, EMULATOR};
use crate::debian::{self, is_root};
use crate::shop::{say, Shop};
use crate::tally::Tally;
use std::env;
use std::process::Stdio;
use toml::{Table, Value};

/// The most that the daemon's proportional set size may be when idle, in KiB: 6 MB.
const IDLE_MOST: i64 = 6_000_000 / 1024;

/// What it is meant to be, in KiB: 2.5 MB.
const IDLE_AIM: i64 = 2_500_000 / 1024;

/// The same with a thousand handsets registered: 12 MB.
const REGISTERED_MOST: i64 = 12_000_000 / 1024;

/// What it is meant to be then, in KiB: 4 MB.
const REGISTERED_AIM: i64 = 4_000_000 / 1024;

/// The most that power-on to the first offer may take, in times of the bare kernel's start.
const RATIO_MOST: f64 = 2.0;

/// What it is meant to take.
const RATIO_AIM: f64 = 1.5;

/// What was measured of an image.
#[derive(Debug, PartialEq)]
struct Figures {
    empty_init_s: f64,
    first_offer_s: f64,
    blank_offer_s: f64,
    ratio: f64,
    idle_kib: i64,
    handsets: i64,
    registered_kib: i64,
}

/// Boots the image of a board, which must have been built, and adds what it costs to its manifest.
pub(super) fn run(shop: &Shop, name: &str) -> Result<Tally, Trouble> {
    have(shop, EMULATOR)?;
    have(shop, debian::CLIENTS)?;
    if !is_root() {
        return Err(Trouble::Missing("measuring with phones needs root.".to_owned()));
    }
    let call = ["run", "--quiet", "--package", "image", "--bin", "figures", "--", name];
    let mut command = shop.cargo(&call);
    command.env("DIALTONE_XTASK", env::current_exe().map_err(failed)?).stderr(Stdio::inherit());
    let output = command.output().map_err(failed)?;
    if !output.status.success() {
        return Err(failed(format_args!("{name} could not be measured")));
    }
    let figures = Figures::read(&String::from_utf8_lossy(&output.stdout)).map_err(failed)?;
    let manifest = out(shop, name).join("manifest.toml");
    let text = String::from_utf8_lossy(&read(&manifest)?).into_owned();
    write(&manifest, with(&text, &figures))?;
    say(figures.words());
    match figures.excess() {
        Some(why) => Err(failed(why)),
        None => Ok(Tally::PASSED),
    }
}

impl Figures {
    fn read(text: &str) -> Result<Figures, String> {
        let table: Table = text.parse().map_err(|_| format!("these are no figures: {text}"))?;
        let lack = |key: &str| format!("{key} was not measured");
        let seconds = |key| table.get(key).and_then(Value::as_float).ok_or_else(|| lack(key));
        let count = |key| table.get(key).and_then(Value::as_integer).ok_or_else(|| lack(key));
        Ok(Figures {
            empty_init_s: seconds("empty_init_s")?,
            first_offer_s: seconds("first_offer_s")?,
            blank_offer_s: seconds("blank_offer_s")?,
            ratio: seconds("ratio")?,
            idle_kib: count("idle_kib")?,
            handsets: count("handsets")?,
            registered_kib: count("registered_kib")?,
        })
    }

    /// Which limit is not kept, of those that do not depend on the machine.
    fn excess(&self) -> Option<String> {
        let Figures { idle_kib, handsets, registered_kib, .. } = self;
        if *idle_kib > IDLE_MOST {
            return Some(format!("The idle daemon takes {idle_kib} KiB; {IDLE_MOST} is the most."));
        }
        (*registered_kib > REGISTERED_MOST).then(|| {
            format!(
                "With {handsets} handsets the daemon takes {registered_kib} KiB; \
                 {REGISTERED_MOST} is the most."
            )
        })
    }

    fn words(&self) -> String {
        let Figures { empty_init_s, first_offer_s, blank_offer_s, ratio, .. } = self;
        let Figures { idle_kib, handsets, registered_kib, .. } = self;
        let late = if *ratio > RATIO_MOST { " That is too long." } else { "" };
        format!(
            "idle {idle_kib} KiB, {IDLE_MOST} at most, aim {IDLE_AIM}; with {handsets} handsets \
             {registered_kib} KiB, {REGISTERED_MOST} at most, aim {REGISTERED_AIM}\n\
             first offer after {first_offer_s:.1} s, {ratio:.2} times the {empty_init_s:.1} s to \
             an empty first program, {RATIO_MOST} at most, aim {RATIO_AIM}.{late} On blank flash, \
             once in its life, after {blank_offer_s:.1} s."
        )
    }
}

/// A manifest with these figures in place of any it had.
fn with(manifest: &str, figures: &Figures) -> String {
    let Figures { empty_init_s, first_offer_s, blank_offer_s, ratio, .. } = figures;
    let Figures { idle_kib, handsets, registered_kib, .. } = figures;
    let rest = manifest.split("\n[measured]\n").next().unwrap_or_default();
    format!(
        "{rest}\n[measured]\nidle_kib = {idle_kib}\nidle_kib_most = {IDLE_MOST}\n\
         idle_kib_aim = {IDLE_AIM}\nhandsets = {handsets}\nregistered_kib = {registered_kib}\n\
         registered_kib_most = {REGISTERED_MOST}\nregistered_kib_aim = {REGISTERED_AIM}\n\
         empty_init_s = {empty_init_s:.2}\nfirst_offer_s = {first_offer_s:.2}\n\
         blank_offer_s = {blank_offer_s:.2}\nratio = {ratio:.2}\nratio_most = {RATIO_MOST:.1}\nratio_aim = {RATIO_AIM:.1}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        let said =
            "empty_init_s = 9.06\nfirst_offer_s = 14.3\nblank_offer_s = 15.1\nratio = 1.58\n\
            idle_kib = 2057\nhandsets = 1000\nregistered_kib = 7209\n";
        Figures::read(said).unwrap()
    }

    #[test]
    fn too_much_memory_is_a_failure_and_a_slow_start_is_not() {
        assert_eq!(Figures { ratio: 9.0, ..figures() }.excess(), None);
        assert!(Figures { ratio: 9.0, ..figures() }.words().contains("too long"));
        let why = Figures { idle_kib: IDLE_MOST + 1, ..figures() }.excess().unwrap();
        assert!(why.contains("5859 is the most"), "{why}");
        let why = Figures { registered_kib: REGISTERED_MOST + 1, ..figures() }.excess().unwrap();
        assert!(why.contains("11718 is the most"), "{why}");
    }

    #[test]
    fn what_was_measured_replaces_what_was_measured_before() {
        let manifest = "file = \"flash.img\"\n\n[[partition]]\nlabel = \"state\"\n";
        let once = with(manifest, &figures());
        let twice = with(&once, &Figures { idle_kib: 2058, ..figures() });
        assert!(twice.starts_with(manifest) && !twice.contains("idle_kib = 2057"), "{twice}");
        let table: Table = twice.parse().unwrap();
        let measured = table.get("measured").and_then(Value::as_table).unwrap();
        assert_eq!(measured.get("idle_kib").and_then(Value::as_integer), Some(2058));
    }

    #[test]
    fn a_figure_that_is_not_there_is_named() {
        assert_eq!(Figures::read("ratio = 1.5").unwrap_err(), "empty_init_s was not measured");
        assert!(Figures::read("a word").unwrap_err().contains("no figures"));
    }
}
