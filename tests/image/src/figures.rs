//! What an image costs, measured: how long until the first offer, and how much memory.
//!
//! **Time.** Power-on to the first DHCP offer, as a ratio to the bare kernel: the same emulator,
//! the same kernel and device tree, and an initial file system with nothing in it but a program
//! that says one word. Both are measured in turn, and the pair with the median ratio counts. A
//! client that asks ten times a second hears the first offer at most a tenth of a second late. What
//! counts is the power-on of a box that has served before; that of one whose flash is blank, which
//! happens once in its life and reads all of the flash, is measured as well.
//!
//! **Memory.** The proportional set size that the kernel tells of the daemon, once it is idle, and
//! after a thousand handsets have booted at one instant and all are registered. For that many the
//! pool is too small, so the box is given a larger network by its console, and starts anew on it.

use crate::appliance::{Appliance, SERVES, STARTS};
use crate::empty;
use crate::phone::Phone;
use lan::net::Host;
use lan::{now, until};
use std::fmt;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// How many handsets are registered where memory is measured.
pub const HANDSETS: u16 = 1_000;

/// How often each start is timed.
const ROUNDS: usize = 3;

/// The least time the daemon is left alone before its memory is read: what starts later has then
/// started.
const IDLE: Duration = Duration::from_secs(15);

/// How long the handsets have together.
const STORM: &str = "400";

/// The network of the load generator in place of ours.
const LARGE: &str =
    "sed -e 's#192.168.10.1/24#10.77.0.1/20#' -e 's#192.168.10.0/24#10.77.0.0/20#' \
    -e 's#192.168.10.50#10.77.2.0#' -e 's#192.168.10.250#10.77.13.255#' \
    /etc/dialtone.toml > /tmp/large.toml && \
    busybox mount -o bind /tmp/large.toml /etc/dialtone.toml && \
    busybox ip address replace 10.77.0.1/20 dev eth0 && kill -9 $(busybox pidof dialtone)";

/// What a board's image costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// Power-on to an empty first program, in seconds of the host.
    pub empty_init_s: f64,
    /// Power-on to the first offer, in seconds of the host.
    pub first_offer_s: f64,
    /// The same on blank flash.
    pub blank_offer_s: f64,
    /// Proportional set size of the idle daemon, in KiB.
    pub idle_kib: u64,
    /// The same with [`HANDSETS`] registered.
    pub registered_kib: u64,
}

impl fmt::Display for Figures {
    /// As lines of TOML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { empty_init_s, first_offer_s, blank_offer_s, idle_kib, registered_kib } = self;
        writeln!(f, "empty_init_s = {empty_init_s:.2}")?;
        writeln!(f, "first_offer_s = {first_offer_s:.2}")?;
        writeln!(f, "blank_offer_s = {blank_offer_s:.2}")?;
        writeln!(f, "ratio = {:.2}", first_offer_s / empty_init_s)?;
        writeln!(f, "idle_kib = {idle_kib}")?;
        writeln!(f, "handsets = {HANDSETS}")?;
        writeln!(f, "registered_kib = {registered_kib}")
    }
}

/// Measures the image of a board; progress is said on stderr.
pub fn measure(board: &str) -> Figures {
    let mut starts = Vec::new();
    for _ in 0..ROUNDS {
        let bare = empty_init_s(board);
        let [blank, known] = first_offers_s(board);
        eprintln!(
            "{board}: an empty init after {bare:.1} s, the first offer after {known:.1} s, on \
            blank flash after {blank:.1} s"
        );
        starts.push((bare, known, blank));
    }
    // Those of a round were measured one right after the other, on a machine as busy.
    starts.sort_by(|one, other| (one.1 / one.0).total_cmp(&(other.1 / other.0)));
    let (empty_init_s, first_offer_s, blank_offer_s) = starts[ROUNDS / 2];
    let (idle_kib, registered_kib) = memory(board);
    Figures { empty_init_s, first_offer_s, blank_offer_s, idle_kib, registered_kib }
}

/// Asks for an address ten times a second until one is offered, and says so. Runs in the namespace
/// of a phone.
pub fn knock() {
    crate::knock::until_offered();
    println!("{}", crate::knock::OFFERED);
}

fn empty_init_s(board: &str) -> f64 {
    let mut appliance = Appliance::new(board);
    let initrd = empty::initrd(appliance.dir());
    appliance.replace("-initrd", &initrd);
    let begun = now();
    appliance.power_on();
    let said = appliance.console().wait_for(empty::SAYS, STARTS);
    (said.expect("the bare kernel starts its first program") - begun).as_secs_f64()
}

/// The first start on blank flash, and one of the box that this has become.
fn first_offers_s(board: &str) -> [f64; 2] {
    let mut appliance = Appliance::new(board);
    let phone = appliance.lan().plug("knocks", crate::knock::MAC);
    // A name for the broadcast's way out; the answers come by broadcast as well.
    phone.ip(&["route", "add", "255.255.255.255", "dev", "eth0"]);
    let blank = first_offer_s(&mut appliance, &phone);
    appliance.console().wait_for(SERVES, STARTS).expect("the box serves");
    // It has served once it has given an address; until then it looks for other servers first.
    Phone::plug(&appliance, "yealink", "00:15:65:11:22:33").boots();
    [blank, first_offer_s(&mut appliance, &phone)]
}

fn first_offer_s(appliance: &mut Appliance, phone: &Host) -> f64 {
    let mut client = phone.command(std::env::current_exe().expect("this program has a path"));
    client.arg("--knock").stdout(Stdio::piped());
    appliance.power_cut();
    let begun = now();
    appliance.power_on();
    let mut client = client.spawn().expect("the client starts");
    let answers = client.stdout.take().expect("it was piped");
    let heard = std::thread::spawn(move || heard(BufReader::new(answers)));
    let at = until(STARTS, || heard.is_finished().then_some(()));
    let _running = lan::net::Running::from(client);
    assert!(at.is_some(), "no address is offered:\n{}", appliance.console().text());
    let at = heard.join().ok().flatten().expect("the client ended without an offer");
    (at - begun).as_secs_f64()
}

/// The moment at which the client said that it was offered something.
fn heard(answers: impl BufRead) -> Option<Instant> {
    let mut lines = answers.lines().map_while(Result::ok);
    lines.find(|line| line == crate::knock::OFFERED).map(|_| now())
}

/// The daemon's memory when idle, and with all handsets registered.
fn memory(board: &str) -> (u64, u64) {
    let mut appliance = Appliance::new(board);
    appliance.start();
    std::thread::sleep(IDLE);
    let idle_kib = pss_kib(&mut appliance);
    eprintln!("{board}: {idle_kib} KiB when idle");
    appliance.console().shell(LARGE);
    let again = appliance.console().wait_for(SERVES, STARTS);
    assert!(again.is_some(), "no start on a larger network:\n{}", appliance.console().text());
    let phones = appliance.lan().plug("phones", "02:00:00:00:77:02");
    storm(&phones);
    std::thread::sleep(IDLE);
    (idle_kib, pss_kib(&mut appliance))
}

/// Lets all handsets boot at one instant, and register.
fn storm(phones: &Host) {
    let generator = std::env::current_exe().expect("this program has a path");
    let mut command = phones.command("timeout");
    command.arg(STORM).arg(generator).args(["--storm", "eth0", &HANDSETS.to_string()]);
    let said = phones.ended(&mut command);
    eprint!("{}{}", said.out, said.err);
    assert!(said.good, "not every phone was registered");
}

fn pss_kib(appliance: &mut Appliance) -> u64 {
    // The daemon's own, and that of its process for trials of templates.
    let read = "for it in $(busybox pidof dialtone); do busybox grep '^Pss:' \
        /proc/$it/smaps_rollup; done";
    let said = appliance.console().shell(read);
    let lines = said.lines().filter_map(|line| line.trim().strip_prefix("Pss:"));
    let each = lines.map(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    let sum = each.sum::<Option<u64>>().filter(|sum| *sum > 0);
    sum.unwrap_or_else(|| panic!("the kernel does not tell the memory of the daemon: {said}"))
}
