//! Who is let in: challenges, answers, and what a guesser learns.

mod sip_support;

use exchange::cause::Cause;
use exchange::names::Side;
use exchange::note::Note;
use exchange::story::Step;
use sha2::{Digest, Sha256};
use sip_support::{md5_hex, Phone, SmallOffice, BOX, REALM};
use std::net::{Ipv4Addr, SocketAddrV4};
use wire::Mac;

const URI: &str = "sip:192.168.7.1";

/// A stranger who has no file and so invents his account.
fn guesser(login: &str) -> Phone {
    let address = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 66), 5_060);
    let mut guesser = Phone::new(Mac([2, 0, 0, 0, 0, 66]), address);
    guesser.side = Side::Wan;
    guesser.accounts = vec![(login.to_string(), "guess".to_string())];
    guesser
}

/// An answer without what differs from one to the next by chance.
fn plain(text: &str, nonce: &str) -> String {
    let tag = text.split(";tag=").nth(2).map(|rest| &rest[..8]).unwrap_or("-");
    text.replace(nonce, "NONCE").replace(tag, "TAG")
}

#[test]
fn an_unknown_login_and_a_wrong_password_are_answered_alike() {
    let mut said = Vec::new();
    for known in [true, false] {
        let mut office = SmallOffice::default();
        let phone = office.phone(20);
        let login = if known { phone.login().to_string() } else { "zzzzzzzz".to_string() };
        let mut guesser = guesser(&login);
        let mut texts = Vec::new();
        let message = guesser.says(&[], "");
        let outcome = office.hears(guesser.arrival(), guesser.line, message.as_bytes());
        let nonce = outcome.answer().challenge("nonce");
        texts.push(plain(&outcome.answer().text, &nonce));
        for _ in 0..12 {
            let message = guesser.answers(&nonce, &["<sip:x@198.51.100.66>"]);
            let outcome = office.hears(guesser.arrival(), guesser.line, message.as_bytes());
            assert!(outcome.records.is_empty());
            let answer = outcome.sent.first();
            texts.push(answer.map_or("silence".to_string(), |answer| {
                assert_eq!(answer.code(), 401);
                plain(&answer.text, &answer.challenge("nonce"))
            }));
        }
        assert!(!office.is_registered(&phone));
        said.push(texts.into_iter().map(|it| it.replace(&login, "LOGIN")).collect::<Vec<_>>());
    }
    assert_eq!(said[0], said[1]);
    assert_eq!(said[0].iter().filter(|it| *it == "silence").count(), 2);
}

#[test]
fn one_md5_challenge_with_qop_is_made() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let message = phone.says(&[], "");
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    let challenges = outcome.answer().all("WWW-Authenticate");
    let nonce = outcome.answer().challenge("nonce");
    assert_eq!(
        challenges,
        [format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"")]
    );
}

#[test]
fn a_phone_may_answer_without_qop_but_only_once() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let nonce = office.challenge(&mut phone);
    let ha1 = md5_hex(&format!("{}:{REALM}:{}", phone.login(), phone.password()));
    let response = md5_hex(&format!("{ha1}:{nonce}:{}", md5_hex(&format!("REGISTER:{URI}"))));
    let header = format!(
        "Authorization: Digest username=\"{}\",realm=\"{REALM}\",nonce=\"{nonce}\",uri=\"{URI}\",\
         response=\"{response}\"\r\n",
        phone.login()
    );
    let contact = phone.contact();
    let message = phone.says(&[&contact], &header);
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 200);
    let message = phone.says(&[&contact], &header);
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 401);
    assert!(outcome.answer().header("WWW-Authenticate").ends_with(", stale=true"));
}

#[test]
fn a_nonce_count_is_taken_once_and_a_higher_one_again() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let contact = phone.contact();
    let nonce = office.challenge(&mut phone);
    for (count, code) in [(1, 200), (1, 401), (3, 200), (2, 401), (4, 200)] {
        let header = phone.authorization(&nonce, URI, count);
        let message = phone.says(&[&contact], &header);
        let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
        assert_eq!(outcome.answer().code(), code, "{count}");
        let stale = outcome.answer().text.contains("stale=true");
        assert_eq!(stale, code == 401);
    }
}

#[test]
fn an_old_nonce_is_stale_for_him_who_knows_the_password_only() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let nonce = office.challenge(&mut phone);
    office.wait(5 * 60_000 + 1);
    let message = phone.answers(&nonce, &[]);
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert!(outcome.answer().text.contains("stale=true"));
    let fresh = outcome.answer().challenge("nonce");
    let message = phone.answers(&fresh, &[]);
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 200);
    phone.accounts[0].1 = "wrong".into();
    let message = phone.answers(&nonce, &[]);
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 401);
    assert!(!outcome.answer().text.contains("stale"));
}

#[test]
fn a_nonce_of_another_start_is_stale_too() {
    let mut before = SmallOffice::default();
    let mut phone = before.phone(20);
    let nonce = before.challenge(&mut phone);
    let mut after = SmallOffice::with(exchange::state::Durable::default(), 2);
    let mut same = after.phone(20);
    let message = same.answers(&nonce, &[]);
    let outcome = after.hears(same.arrival(), same.line, message.as_bytes());
    assert!(outcome.answer().text.contains("stale=true"));
}

#[test]
fn the_uri_that_was_hashed_must_lead_to_the_same_host() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let good = [URI, "sip:192.168.7.1:5060", "sip:192.168.7.1;transport=udp"];
    for (uri, code) in good.map(|uri| (uri, 200)).into_iter().chain([
        ("sip:voip.example", 400),
        ("sip:x@192.168.7.1", 400),
        ("", 400),
    ]) {
        let nonce = office.challenge(&mut phone);
        let header = phone.authorization(&nonce, uri, 1);
        let message = phone.says(&[], &header);
        let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
        assert_eq!(outcome.answer().code(), code, "{uri}");
    }
}

#[test]
fn another_scheme_or_realm_counts_as_no_answer() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let nonce = office.challenge(&mut phone);
    let ours = phone.authorization(&nonce, URI, 1);
    let basic = "Authorization: Basic YTpi\r\n".to_string();
    let foreign = ours.replace(REALM, "elsewhere");
    for header in [basic.clone(), foreign.clone()] {
        let message = phone.says(&[], &header);
        let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
        assert_eq!(outcome.answer().code(), 401);
        assert!(outcome.notes.is_empty(), "nothing was guessed");
    }
    let message = phone.says(&[], &format!("{basic}{foreign}{ours}"));
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 200, "ours is found among others");
    let broken = ours.replace(", nc=", ", nc=00000002, nc=");
    let message = phone.says(&[], &broken);
    let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
    assert_eq!(outcome.answer().code(), 400);
}

#[test]
fn a_wrong_password_is_told_once_in_the_story_of_whose_it_is() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let other = office.phone(21);
    phone.accounts[0].1 = "wrong".into();
    for _ in 0..3 {
        assert_eq!(office.register(&mut phone, &[]).answer().code(), 401);
    }
    let wrong = Step::RegisterRefused(Cause::WrongPassword);
    assert_eq!(office.story(&phone), [Step::Challenged, wrong]);
    phone.accounts = other.accounts.clone();
    phone.accounts[0].1 = "wrong".into();
    office.register(&mut phone, &[]);
    let unknown = Step::RegisterRefused(Cause::UnknownAccount);
    assert_eq!(office.story(&phone).last(), Some(&unknown));
    assert!(office.story(&other).is_empty(), "the other phone did nothing");
}

#[test]
fn a_guesser_gets_silence_and_the_phone_beside_him_does_not() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    office.send_away(&mut phone, SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 66), 40_000));
    let mut guesser = guesser(phone.login());
    let nonce = office.challenge(&mut guesser);
    let mut notes = Vec::new();
    let mut answered = 0;
    for _ in 0..30 {
        let message = guesser.answers(&nonce, &[]);
        let outcome = office.hears(guesser.arrival(), guesser.line, message.as_bytes());
        answered += outcome.sent.len();
        notes.extend(outcome.notes);
    }
    assert_eq!(answered, 10);
    assert_eq!(notes, [Note::RegisterRefused(*guesser.address.ip())]);
    let contact = phone.contact();
    assert_eq!(office.register(&mut phone, &[&contact]).answer().code(), 200);
    office.wait(30_000);
    let message = guesser.answers(&nonce, &[]);
    let outcome = office.hears(guesser.arrival(), guesser.line, message.as_bytes());
    assert_eq!(outcome.sent.len(), 1, "he may go on after half a minute");
}

#[test]
fn a_new_password_ends_with_the_deletion_of_the_old_one() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    let handset = office.handset(&phone);
    office.command(exchange::command::Command::DeleteHandset { handset });
    assert_eq!(office.register(&mut phone, &[]).answer().code(), 401);
    office.fetch(&mut phone);
    assert_eq!(office.register(&mut phone, &[]).answer().code(), 200);
    assert_eq!(URI, format!("sip:{BOX}"));
}

/// An agent of which it is known that it copes is offered SHA-256 beside MD5 (RFC 8760), may answer
/// by either, and is not let in by an answer that is right for the other one.
#[test]
fn an_agent_that_copes_is_let_in_by_sha_256_too() {
    let mut office = SmallOffice::default();
    let mut phone = office.phone(20);
    phone.extra = "User-Agent: Linphonec/5.1.65\r\n".to_string();
    let nonce = office.challenge(&mut phone);
    let asked = phone.says(&[], "");
    let outcome = office.hears(phone.arrival(), phone.line, asked.as_bytes());
    let algorithms = |challenge: &str| challenge.split("algorithm=").nth(1).map(str::to_string);
    let offered: Vec<_> =
        outcome.answer().all("WWW-Authenticate").into_iter().map(algorithms).collect();
    let expected = ["SHA-256, qop=\"auth\"", "MD5, qop=\"auth\""].map(|it| Some(it.to_string()));
    assert_eq!(offered, expected);
    for (no, (hash, named, code)) in [
        (sha256_hex as fn(&str) -> String, "SHA-256", 200),
        (md5_hex, "MD5", 200),
        (md5_hex, "SHA-256", 401),
        (sha256_hex, "MD5", 401),
        (sha256_hex, "SHA-512-256", 401),
    ]
    .into_iter()
    .enumerate()
    {
        let count = no as u32 + 1;
        let (login, password) = (phone.login(), phone.password());
        let ha1 = hash(&format!("{login}:{REALM}:{password}"));
        let ha2 = hash(&format!("REGISTER:{URI}"));
        let response = hash(&format!("{ha1}:{nonce}:{count:08x}:0a4f113b:auth:{ha2}"));
        let answer = format!(
            "Authorization:  Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm={named}, \
             username=\"{login}\",  uri=\"{URI}\", response=\"{response}\", \
             cnonce=\"0a4f113b\", nc={count:08x}, qop=auth\r\n"
        );
        let contact = phone.contact();
        let message = phone.says(&[&contact], &answer);
        let outcome = office.hears(phone.arrival(), phone.line, message.as_bytes());
        assert_eq!(outcome.answer().code(), code, "{named}, {no}");
    }
}

fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
