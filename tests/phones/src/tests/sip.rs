//! Registration: challenges, refusals, refreshes, and what a phone says about a sloppy registrar.

use super::office::Office;
use crate::{AlgorithmPolicy, Complaint, Kind, Phone, Reason, Settings};

const FILE: &str = "<flat-profile><Proxy_1_>192.168.1.1</Proxy_1_><User_ID_1_>201</User_ID_1_>\
<Auth_ID_1_>a201</Auth_ID_1_><Password_1_>secret</Password_1_>\
<Register_Expires_1_>600</Register_Expires_1_></flat-profile>";

type Spoil = fn(String) -> String;

fn office() -> Office {
    Office::new(Kind::CiscoSpa).option(66, "http://192.168.1.1/f.cfg").file("/f.cfg", FILE)
}

#[test]
fn a_line_registers_again_at_half_the_expiry_with_the_same_nonce() {
    let mut office = office();
    office.boot(1_000);
    assert_eq!(office.phone.tally().sip_sent, 2);
    office.run(300_000);
    assert_eq!(office.phone.tally().sip_sent, 3);
    assert!(office.phone.is_registered());
    assert_eq!((office.registered, office.phone.complaints()), (1, &[][..]));
}

#[test]
fn a_wrong_password_is_noticed_and_not_repeated_at_once() {
    let mut office = office();
    office.password = "other";
    office.boot(10_000);
    assert_eq!(office.failures, [Reason::CredentialsRefused(1)]);
    assert_eq!(office.phone.tally().sip_sent, 2);
    office.password = "secret";
    office.run(60_000);
    assert!(office.phone.is_registered());
}

#[test]
fn sha_256_is_answered_only_by_a_phone_that_knows_it() {
    let mut old = office();
    old.challenge = "algorithm=SHA-256, qop=\"auth\"";
    old.boot(1_000);
    assert_eq!(old.failures, [Reason::ChallengeUnusable(1)]);
    let mut new = office();
    new.challenge = "algorithm=SHA-256, qop=\"auth\"";
    let settings = Settings { algorithms: AlgorithmPolicy::PreferSha256, ..Settings::default() };
    new.phone = Phone::with(Kind::CiscoSpa, 0, 7, settings);
    new.boot(1_000);
    assert!(new.phone.is_registered());
}

#[test]
fn a_challenge_without_qop_is_answered_in_the_old_way() {
    let mut office = office();
    office.challenge = "algorithm=MD5";
    office.boot(1_000);
    assert!(office.phone.is_registered());
}

#[test]
fn too_brief_an_expiry_is_lengthened() {
    let mut office = office();
    office.min_expires = 1_800;
    office.boot(1_000);
    assert!(office.phone.is_registered());
    assert_eq!((office.failures.len(), office.phone.complaints()), (0, &[][..]));
}

#[test]
fn a_403_fails_the_line_until_it_is_tried_again() {
    let mut office = office();
    office.spoil_sip = |text| text.replace("200 OK", "403 Forbidden");
    office.boot(10_000);
    assert_eq!(office.failures, [Reason::RegistrationRefused(1, 403)]);
    office.spoil_sip = |text| text;
    office.run(60_000);
    assert!(office.phone.is_registered());
}

#[test]
fn a_silent_registrar_is_asked_for_32_seconds() {
    let mut office = office();
    office.spoil_sip = |_| String::new();
    office.boot(31_900);
    assert_eq!((office.failures.len(), office.phone.tally().sip_sent), (0, 11));
    office.run(300);
    assert_eq!(office.failures, [Reason::RegistrarUnanswered(1)]);
}

#[test]
fn a_sloppy_registrar_is_complained_about() {
    let rows: [(Spoil, &str); 6] = [
        (|t| t.replace(";received=192.168.1.50", ""), "the answer has rport without received"),
        (
            |t| t.replace("rport=5060", "rport=5061"),
            "the answer's rport is not the port it came from",
        ),
        (|t| t.replace(";tag=box", ""), "the answer has no To tag"),
        (|t| t.replace("z9hG4bK", "z9hG4bX"), "the answer's branch was changed"),
        (|t| t.replace("Contact:", "X:"), "the 200 does not list the phone's contact"),
        (|t| t.replace("expires=600", "expires=900"), "the expiry is longer than asked"),
    ];
    for (spoil, expected) in rows {
        let mut office = office();
        office.spoil_sip = spoil;
        office.boot(1_000);
        let found = office.phone.complaints();
        assert!(found.contains(&Complaint::Sip(expected)), "{expected}: {found:?}");
    }
}

#[test]
fn check_sync_makes_the_phone_fetch_its_files_and_keep_its_registration() {
    let mut office = office();
    office.boot(1_000);
    let sent = office.phone.tally().sip_sent;
    office.sip_to(
        5060,
        "NOTIFY sip:201@192.168.1.50:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.1;branch=z9hG4bKx\r\n\
         From: <sip:box>;tag=1\r\nTo: <sip:201>\r\nCall-ID: c\r\nCSeq: 1 NOTIFY\r\n\
         Event: check-sync;reboot=false\r\n\r\n",
    );
    office.run(1_000);
    assert_eq!(office.asked, ["/f.cfg", "/f.cfg"]);
    assert_eq!(office.phone.tally().sip_sent, sent);
    assert!(office.phone.is_registered());
}

#[test]
fn the_same_seed_says_the_same_bytes() {
    let story = || {
        let mut phone = Phone::new(Kind::SnomPnp, 5, 42);
        phone.start(0);
        for at in 0..40 {
            phone.tick(at * 500);
        }
        std::iter::from_fn(move || phone.poll_output()).collect::<Vec<_>>()
    };
    assert_eq!(story(), story());
}

#[test]
fn datagrams_of_any_shape_are_survived() {
    let mut rng = crate::rng::Rng::new(5);
    let good =
        "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP 192.168.1.50:5060;branch=z9hG4bKx;rport\r\n\
                From: <sip:201@x>;tag=1\r\nTo: <sip:201@x>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n\
                WWW-Authenticate: Digest realm=\"a\", nonce=\"b\", qop=\"auth\"\r\n\r\n";
    for kind in Kind::PHONES {
        let mut office = Office::new(kind).option(66, "192.168.1.1");
        office.boot(10);
        for _ in 0..500 {
            let mut bytes = good.as_bytes().to_vec();
            for _ in 0..4 {
                let at = usize::try_from(rng.below(bytes.len() as u64)).expect("small");
                bytes[at] = rng.next_u32().to_le_bytes()[0];
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for port in [5059, 5060, 5080] {
                office.sip_to(port, &text);
            }
        }
        office.run(1_000);
    }
}
