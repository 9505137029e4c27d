//! How long a refusal takes tells nothing: neither whether the phone named exists, nor whether it
//! was asked for before.
//!
//! Times of a busy machine wander, so the kinds of question take turns, medians of hundreds are
//! compared, and an attempt that was disturbed is made anew in a new office. A box that made the
//! file before it asks for the proof would be far off: files here take a while to make, as the
//! shipped ones do.

mod support;

use exchange::names::{InterfaceNo, Side};
use exchange::render::{Render, Unrendered, Values};
use exchange::{Answer, Arrival, Fetch, Line, Output};
use phones::builders::request;
use std::hint::black_box;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};
use support::files::Plain;
use support::tftp::says;
use support::{address, boards, from, own_file, Heard, Office};

/// Handsets of the office, and questions of a kind in a series.
const HANDSETS: u16 = 300;
/// How much longer the slowest kind of question may take than the fastest, in percent.
const LONGER_MAX: u128 = 25;
/// Attempts, of which one has to be within that.
const ATTEMPTS: u8 = 3;

/// Whose file is asked for.
#[derive(Clone, Copy, Debug)]
enum Named {
    /// A handset's.
    Known,
    /// A phone's of the same maker that was never seen.
    Unknown,
    /// That of an address no maker has.
    MadeUp,
}

const ALL: [Named; 3] = [Named::Known, Named::Unknown, Named::MadeUp];

impl Named {
    fn mac(self, no: u16) -> [u8; 6] {
        let [high, low] = no.to_be_bytes();
        match self {
            Named::Known => [0x00, 0x15, 0x65, 0x01, high, low],
            Named::Unknown => [0x00, 0x15, 0x65, 0x02, high, low],
            Named::MadeUp => [0x02, 0x99, 0x99, 0x99, high, low],
        }
    }
}

/// A plain file that takes a while, as a template does.
struct Slow;

impl Render for Slow {
    fn render(&self, template: &str, values: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered> {
        for _ in 0..20 {
            out.clear();
            Plain.render(black_box(template), values, out)?;
        }
        Ok(())
    }

    fn render_own(
        &self,
        template: &str,
        _: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered> {
        self.render(template, values, out)
    }
}

/// One question by one door: how long until all that comes of it is out.
type Door = fn(&mut Office, Arrival, &str) -> Duration;

fn by_http(office: &mut Office, at: Arrival, name: &str) -> Duration {
    let time = office.now();
    let begun = now();
    let fetch = Fetch {
        arrival: at,
        name,
        user_agent: b"curl/8.0",
        upload: None,
        way: exchange::Way::default(),
    };
    let fetched = office.exchange.fetch(time, &fetch);
    while let Some(output) = office.exchange.poll_output() {
        black_box(output);
    }
    let took = begun.elapsed();
    assert!(matches!(fetched.answer, Answer::Forbidden), "{name}");
    took
}

/// From the WAN over TLS, where a secret is wanted and none is shown.
fn from_wan(office: &mut Office, at: Arrival, name: &str) -> Duration {
    let time = office.now();
    let begun = now();
    let fetch = Fetch {
        arrival: at,
        name,
        user_agent: b"Yealink SIP-T46U 108.86.0.20 00:15:65:00:00:01",
        upload: None,
        way: exchange::Way { tls: true, ..exchange::Way::default() },
    };
    let fetched = office.exchange.fetch(time, &fetch);
    while let Some(output) = office.exchange.poll_output() {
        black_box(output);
    }
    let took = begun.elapsed();
    assert!(matches!(fetched.answer, Answer::Unauthorized), "{name}");
    took
}

fn by_tftp(office: &mut Office, at: Arrival, name: &str) -> Duration {
    let packet = request(1, name, "octet", &[]);
    let time = office.now();
    let begun = now();
    office.exchange.datagram(time, at, Line::Tftp, &packet);
    let outputs: Vec<_> = std::iter::from_fn(|| office.exchange.poll_output()).collect();
    let took = begun.elapsed();
    let mut heard = Heard::default();
    heard.sent.extend(outputs.into_iter().filter_map(|output| {
        let Output::Send(departure, after) = output else { return None };
        Some((departure, after))
    }));
    assert_eq!(says(&heard), ["ERROR 2 not for you"], "{name}");
    took
}

#[allow(clippy::disallowed_methods, reason = "how long it takes is what is measured")]
fn now() -> Instant {
    Instant::now()
}

/// An office of handsets that have all fetched their file.
fn furnished() -> Office {
    let mut office = Office::with_render(boards::wide, || Box::new(Slow));
    for no in 0..HANDSETS {
        let mac = Named::Known.mac(no);
        let address = office.boots(mac);
        assert!(office.fetch(from(address, 1), &own_file(mac)).0.starts_with("file"));
    }
    office
}

/// The median time of each kind of question, each asked once for as many phones as there are.
fn medians(office: &mut Office, door: Door, at: Arrival) -> [Duration; 3] {
    let mut times = [const { Vec::new() }; 3];
    // Not the first handset: it is one of the askers.
    for no in 1..HANDSETS {
        office.now_ms += 1_000;
        for turn in 0..ALL.len() {
            let kind = (turn + usize::from(no)) % ALL.len();
            times[kind].push(door(office, at, &own_file(ALL[kind].mac(no))));
        }
    }
    times.map(|mut times| {
        times.sort_unstable();
        times[times.len() / 2]
    })
}

fn are_alike(times: [Duration; 3]) -> bool {
    let times = times.map(|time| time.as_nanos());
    let within = |slow: u128, fast: u128| slow * 100 <= fast * (100 + LONGER_MAX);
    times.iter().all(|slow| times.iter().all(|fast| within(*slow, *fast)))
}

#[track_caller]
fn tells_nothing(door: Door, at: Arrival) {
    let mut seen = Vec::new();
    for _ in 0..ATTEMPTS {
        let mut office = furnished();
        // The first question after a phone's file is written into its story, the next one is not.
        let (first, again) = (medians(&mut office, door, at), medians(&mut office, door, at));
        if are_alike(first) && are_alike(again) {
            return;
        }
        seen.push((first, again));
    }
    panic!("the times of {ALL:?} differ, asked first and again: {seen:?}");
}

/// Somebody at an address that nobody leased.
fn stranger() -> Arrival {
    from(address(200), 1)
}

/// A handset that asks for another's file; it has the first address of the pool.
fn neighbour() -> Arrival {
    from(Ipv4Addr::new(10, 1, 16, 0), 1)
}

#[test]
fn a_stranger_learns_nothing_from_how_long_http_takes_to_refuse() {
    tells_nothing(by_http, stranger());
}

#[test]
fn a_stranger_on_the_wan_learns_nothing_from_how_long_it_takes_to_ask_him_who_he_is() {
    let beyond = Ipv4Addr::new(198, 51, 100, 7);
    tells_nothing(
        from_wan,
        Arrival { side: Side::Wan, interface: InterfaceNo(1), ..from(beyond, 1) },
    );
}

#[test]
fn a_handset_learns_nothing_of_others_from_how_long_http_takes_to_refuse() {
    tells_nothing(by_http, neighbour());
}

#[test]
fn a_stranger_learns_nothing_from_how_long_tftp_takes_to_refuse() {
    tells_nothing(by_tftp, stranger());
}

#[test]
fn a_handset_learns_nothing_of_others_from_how_long_tftp_takes_to_refuse() {
    tells_nothing(by_tftp, neighbour());
}

#[test]
fn times_that_differ_by_half_are_noticed() {
    let ms = Duration::from_millis;
    assert!(are_alike([ms(100), ms(125), ms(110)]));
    assert!(!are_alike([ms(150), ms(100), ms(100)]));
}
