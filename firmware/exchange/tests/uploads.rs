//! What phones store here, and what comes back to them: logs and their own changes.

mod support;

use exchange::command::Command;
use exchange::limits::{
    LOG_BYTES_MAX, OWN_FILE_BYTES_MAX, OWN_FILE_RECORDS_PER_HOUR_OF_HANDSET, UPLOAD_BYTES_MAX,
};
use exchange::time::HOUR_MS;
use exchange::{Arrival, Line};
use phones::builders::{data, request};
use support::tftp::{client, says};
use support::{address, boards, from, own_file, Office, PHONE, PHONE_2};

/// A Polycom's hardware address.
const POLYCOM: [u8; 6] = [0x00, 0x04, 0xf2, 0, 0, 1];
const CHANGES: &[u8] = b"linekey.3.label = Zoe\naccount.1.password = hunter2\nlang.gui = German\n";

/// A phone that is a known handset, and where it is.
fn known(mac: [u8; 6]) -> (Office, Arrival) {
    let mut office = Office::new(boards::plain);
    let at = from(office.boots(mac), 2_000);
    office.fetch(at, &own_file(mac));
    assert!(office.knows(mac));
    (office, at)
}

fn local(mac: [u8; 6]) -> String {
    own_file(mac).replace(".cfg", "-local.cfg")
}

#[test]
fn a_users_own_keys_survive_provisioning_and_a_restart_and_go_back_to_the_phone_alone() {
    let (mut office, at) = known(PHONE);
    let name = local(PHONE);
    assert_eq!(office.fetch(at, &name).0, "not found");
    assert_eq!(office.puts(at, &name, CHANGES), "stored");
    let back = ("file application/octet-stream".to_string(), CHANGES.to_vec());
    assert!(office.fetch(at, &name) == back);
    office.fetch(at, &own_file(PHONE));
    office.restart();
    let at = from(office.boots(PHONE), 2_000);
    assert!(office.fetch(at, &name) == back);
    // Nobody else is told more than of a file that was never stored.
    let other = from(office.boots(PHONE_2), 2_000);
    for arrival in [other, from(address(99), 1)] {
        assert_eq!(office.fetch(arrival, &name), office.fetch(arrival, &local([2, 0, 0, 0, 0, 9])));
    }
    let row = office.device(PHONE).stored.remove(0);
    assert_eq!((&row.name[..], row.bytes, row.at), (&name[..], CHANGES.len() as u64, None));
    assert_eq!((&row.text[..], row.hidden), ("linekey.3.label = Zoe\nlang.gui = German\n", 1));
    // Gone with the handset, or once the phone stores nothing.
    assert_eq!(office.puts(at, &name, b""), "stored");
    assert_eq!(office.fetch(at, &name).0, "not found");
    assert!(office.device(PHONE).stored.is_empty());
}

#[test]
fn only_a_proven_handset_stores_and_only_under_its_own_names() {
    let (mut office, at) = known(PHONE);
    let other = from(office.boots(PHONE_2), 2_000);
    for (arrival, name) in [
        (other, local(PHONE)),
        // It has a lease and is no handset yet.
        (other, local(PHONE_2)),
        (from(address(99), 1), local(PHONE)),
        (at, local(PHONE_2)),
        (at, own_file(PHONE)),
        (at, "y000000000028.cfg".to_string()),
        (at, "boot.log".to_string()),
        (at, "../etc/passwd".to_string()),
        (at, String::new()),
        (at, "x".repeat(300)),
    ] {
        let facts = office.facts.len();
        assert_eq!(office.puts(arrival, &name, CHANGES), "forbidden", "{name}");
        assert_eq!(office.facts.len(), facts, "{name}");
    }
    let told = office.story(PHONE).pop().unwrap_or_default();
    assert!(told.ends_with("storing a file here is not allowed"), "{told}");
    // The same refusal over and over is told once.
    let steps = office.story(PHONE).len();
    for _ in 0..9 {
        office.puts(at, &"x".repeat(300), CHANGES);
    }
    assert_eq!(office.story(PHONE).len(), steps);
}

#[test]
fn what_is_kept_of_a_handset_is_bounded_and_the_same_again_writes_nothing() {
    let (mut office, at) = known(PHONE);
    let name = local(PHONE);
    let large = vec![b'x'; OWN_FILE_BYTES_MAX];
    assert_eq!(office.puts(at, &name, &[&large[..], b"y"].concat()), "too large");
    assert_eq!(office.puts(at, &name, &large), "stored");
    let facts = office.facts.len();
    for _ in 0..100 {
        assert_eq!(office.puts(at, &name, &large), "stored");
    }
    assert_eq!(office.facts.len(), facts);
    let all = name.replace("-local", "-all");
    assert_eq!(office.puts(at, &all, b"x"), "too large");
    assert_eq!(office.puts(at, &name, b"a"), "stored");
    assert_eq!(office.puts(at, &all, b"x"), "stored");
}

#[test]
fn a_phone_cannot_wear_the_flash_out() {
    let (mut office, at) = known(PHONE);
    let name = local(PHONE);
    let facts = office.facts.len();
    for no in 0..50_u8 {
        let expected = match u16::from(no) < OWN_FILE_RECORDS_PER_HOUR_OF_HANDSET {
            true => "stored",
            false => "unavailable",
        };
        assert_eq!(office.puts(at, &name, &[b'a', no]), expected, "{no}");
    }
    assert_eq!(office.facts.len() - facts, OWN_FILE_RECORDS_PER_HOUR_OF_HANDSET.into());
    office.wait_ms(HOUR_MS);
    let at = from(office.boots(PHONE), 2_000);
    assert_eq!(office.puts(at, &name, b"later"), "stored");
}

#[test]
fn logs_are_kept_in_memory_by_their_end_and_the_newest_only() {
    let (mut office, at) = known(POLYCOM);
    let name = |kind: &str| own_file(POLYCOM).replace(".cfg", &format!("-{kind}.log"));
    let facts = office.facts.len();
    let long: Vec<u8> = (0..40_000).map(|at| b'a' + (at / 80 % 26) as u8).collect();
    assert_eq!(office.puts(at, &name("app"), &long), "stored");
    assert_eq!(office.puts(at, &name("boot"), b"0101|cfg|password is 456\n0102|so|up\n"), "stored");
    assert_eq!(office.puts(at, &name("app"), &vec![b'x'; UPLOAD_BYTES_MAX + 1]), "too large");
    let rows = office.device(POLYCOM).stored;
    // The long one had to make room.
    let [boot] = &rows[..] else { panic!("{} rows", rows.len()) };
    assert_eq!((&boot.name[..], boot.hidden), (&name("boot")[..], 1));
    assert_eq!(boot.text, "0102|so|up\n");
    office.puts(at, &name("app"), &long[..LOG_BYTES_MAX - 100]);
    assert_eq!(office.device(POLYCOM).stored.len(), 2);
    assert_eq!(office.fetch(at, &name("app")).0, "not found", "logs go back to nobody");
    assert_eq!(office.facts.len(), facts, "and are no facts");
    office.restart();
    office.boots(POLYCOM);
    assert!(office.device(POLYCOM).stored.is_empty());
}

#[test]
fn a_polycom_keeps_its_overrides_and_they_die_with_the_handset() {
    let (mut office, at) = known(POLYCOM);
    let name = own_file(POLYCOM).replace(".cfg", "-phone.cfg");
    assert_eq!(office.puts(at, &name, b"<PHONE_CONFIG/>"), "stored");
    assert_eq!(office.fetch(at, &name).1, b"<PHONE_CONFIG/>");
    let handset = office.handset(POLYCOM).handset;
    assert!(office.command(Command::DeleteHandset { handset }).is_ok());
    assert_eq!(office.puts(at, &name, b"<PHONE_CONFIG/>"), "forbidden");
    office.fetch(at, &own_file(POLYCOM));
    assert_eq!(office.fetch(at, &name).0, "not found");
}

/// Writes by TFTP and returns the answers.
fn writes(
    office: &mut Office,
    at: Arrival,
    name: &str,
    options: &[(&str, &str)],
    bytes: &[u8],
) -> Vec<String> {
    let mut heard = office.datagram(at, Line::Tftp, &request(2, name, "octet", options));
    let mut answers = says(&heard);
    let size = options
        .iter()
        .find(|(name, _)| *name == "blksize")
        .map_or(512, |(_, n)| n.parse().unwrap_or(0));
    let Some(line) = heard.sent.first().map(|(departure, _)| departure.line) else {
        return answers;
    };
    for block in 0..=bytes.len() / size {
        if !heard.closed.is_empty() {
            break;
        }
        let part = &bytes[block * size..bytes.len().min((block + 1) * size)];
        heard = office.datagram(at, line, &data(block as u16 + 1, part));
        answers.extend(says(&heard));
    }
    answers
}

#[test]
fn tftp_writes_the_same_files() {
    let (mut office, _) = known(PHONE);
    let at = client(10, 2_001);
    let name = local(PHONE);
    assert_eq!(writes(&mut office, at, &name, &[], CHANGES), ["ACK 0", "ACK 1"]);
    assert!(office.fetch(at, &name).1 == CHANGES);
    let options = [("blksize", "1000"), ("tsize", "2000"), ("windowsize", "4")];
    let two = vec![b'z'; 2_000];
    let said = writes(&mut office, client(10, 2_002), &name, &options, &two);
    assert_eq!(said, ["OACK blksize 1000 tsize 2000", "ACK 1", "ACK 2", "ACK 3"]);
    assert!(office.fetch(at, &name).1 == two);
    let large = vec![b'x'; OWN_FILE_BYTES_MAX + 1];
    let said = writes(&mut office, client(10, 2_003), &name, &[], &large);
    assert_eq!(said[said.len() - 2..], ["ERROR 3 too large", "closed"]);
    let told = [("tsize", "4097")];
    let said = writes(&mut office, client(10, 2_004), &name, &told, &large);
    assert_eq!(said, ["ERROR 3 too large", "closed"]);
    assert!(office.fetch(at, &name).1 == two, "what was there stays");
    for (name, mode, said) in [
        (own_file(PHONE), "octet", "ERROR 2 this server takes no files"),
        (local(PHONE_2), "octet", "ERROR 2 this server takes no files"),
        (name, "netascii", "ERROR 4 send it in octet mode"),
    ] {
        let heard = office.datagram(client(10, 2_005), Line::Tftp, &request(2, &name, mode, &[]));
        assert_eq!(says(&heard), [said, "closed"]);
    }
}

#[test]
fn a_block_that_comes_again_is_acknowledged_again_and_a_silent_writer_is_given_up() {
    let (mut office, _) = known(PHONE);
    let at = client(10, 2_001);
    let name = local(PHONE);
    let begun = office.datagram(at, Line::Tftp, &request(2, &name, "octet", &[]));
    let line = begun.sent[0].0.line;
    let sends = |office: &mut Office, block: u16, bytes: &[u8]| {
        says(&office.datagram(at, line, &data(block, bytes)))
    };
    assert_eq!(sends(&mut office, 2, &[1; 512]), Vec::<String>::new(), "not yet");
    assert_eq!(sends(&mut office, 1, &[1; 513]), Vec::<String>::new(), "no block");
    assert_eq!(sends(&mut office, 1, &[1; 512]), ["ACK 1"]);
    assert_eq!(sends(&mut office, 1, &[2; 512]), ["ACK 1"]);
    assert_eq!(says(&office.after_ms(1_000)), ["ACK 1"], "in case it was lost");
    assert_eq!(sends(&mut office, 2, &[3; 5]), ["ACK 2"]);
    assert_eq!(sends(&mut office, 2, &[3; 5]), ["ACK 2"], "the last one was lost");
    assert_eq!(says(&office.after_ms(10_000)), ["closed"]);
    assert!(office.fetch(at, &name).1 == [&[1; 512][..], &[3; 5]].concat());
    office.datagram(at, Line::Tftp, &request(2, &name, "octet", &[]));
    let mut heard = Vec::new();
    for _ in 0..9 {
        heard.extend(says(&office.after_ms(10_000)));
    }
    assert_eq!(heard.last().map(String::as_str), Some("closed"));
    assert_eq!(office.fetch(at, &name).1.len(), 517, "half a file is none");
}
