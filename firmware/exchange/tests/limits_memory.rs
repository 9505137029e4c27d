//! Memory stays flat under a flood. Alone in its file, as the whole process is measured.

mod support;

use exchange::Line;
use phones::builders::{discover, request};
use std::net::Ipv4Addr;
use support::{boards, from, own_file, Dice, Office};

/// Resident memory of this process in KiB, where the system tells.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn flood(office: &mut Office, dice: &mut Dice, rounds: usize) {
    for round in 0..rounds {
        let [a, b, c, d, e, f] = dice.bytes::<6>();
        let mac = [2, a, b, c, d, e];
        let class = [a, b, c, d, e, f].repeat(20);
        let long = vec![f; 1 + dice.below(250)];
        let draft = discover(mac, 1).option(60, &class).option(12, &long).option(61, &long);
        office.hears(&draft);
        let source = Ipv4Addr::new(10, 1, 0, b);
        let at = from(source, u16::from_be_bytes([c, d]));
        office.datagram(at, Line::Tftp, &request(1, &own_file(mac), "octet", &[]));
        office.datagram(at, Line::Tftp, &request(1, "y000000000000.cfg", "octet", &[]));
        let register = format!(
            "REGISTER sip:10.1.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {source}:5060;branch=z9hG4bK{a}{b}{c}{d}\r\n\
             From: <sip:{a}@10.1.0.1>;tag={e}\r\nTo: <sip:{a}@10.1.0.1>\r\nCall-ID: {c}{d}{e}{f}\r\n\
             CSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        office.datagram(at, Line::Sip, register.as_bytes());
        if round % 50 == 0 {
            office.after_ms(50);
        }
    }
}

#[test]
fn memory_is_flat_once_the_tables_are_full() {
    let mut office = Office::new(boards::plain);
    let mut dice = Dice(3);
    flood(&mut office, &mut dice, 5_000);
    let Some(before) = resident_kib() else { panic!("the system does not tell") };
    flood(&mut office, &mut dice, 10_000);
    let after = resident_kib().unwrap_or(u64::MAX);
    assert!(after < before + 4_096, "grew from {before} to {after} KiB");
}
