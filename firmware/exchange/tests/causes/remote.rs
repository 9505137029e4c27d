//! Causes that have to do with the WAN and with bans.

use super::support::sip::Wish;
use super::support::{address, own_file, Office, PHONE};
use super::{at, fetches, going, office, provisioned, stuck};
use exchange::command::{Command, Rule};
use exchange::names::{InterfaceNo, Side};
use exchange::note::Shown;
use exchange::{Arrival, Revealed, Way};
use wire::Mac;

fn wan() -> Arrival {
    Arrival { side: Side::Wan, interface: InterfaceNo(1), ..at() }
}

fn rule(office: &mut Office, rule: Rule) {
    assert!(office.command(Command::Rule(rule)).is_ok());
}

/// Asks from the WAN over TLS with a password.
fn asks(office: &mut Office, password: &str) -> String {
    let way = Way { tls: true, credentials: Some(("phone", password)), certified: None };
    office.fetch_by(wan(), &own_file(PHONE), "", way).0
}

fn key(office: &mut Office) -> String {
    rule(office, Rule::DrawKey);
    let now = office.now();
    let shown = office.exchange.show(now, address(200), true, Shown::PnpKey);
    office.drain();
    let Revealed::Secret(key) = shown else { panic!("there is no key") };
    key
}

#[test]
pub(super) fn it_asks_from_the_wan() {
    let mut office = office();
    office.boots(PHONE);
    assert_eq!(office.fetch(wan(), &own_file(PHONE)).0, "forbidden");
    let sentence =
        "It asked for its configuration from the WAN without TLS, where none is given out.";
    let next = "Connect the phone to the office network once and let it start there.";
    stuck(&office, sentence, next);
    fetches(&mut office);
}

#[test]
pub(super) fn it_is_banned() {
    let (mut office, account) = provisioned();
    let ban = |banned| Rule::Ban { mac: Mac(PHONE), banned };
    rule(&mut office, ban(true));
    assert_eq!(office.fetch(at(), &own_file(PHONE)).0, "forbidden");
    stuck(&office, "It is banned.", "If it may come back, lift the ban on the Strangers page.");
    assert_eq!(office.registers(at(), &account, Wish::default()), 0);
    rule(&mut office, ban(false));
    fetches(&mut office);
    assert_eq!(office.registers(at(), &account, Wish::default()), 200);
}

#[test]
pub(super) fn it_is_a_handset_of_the_lan() {
    let (mut office, account) = provisioned();
    assert_eq!(office.registers(wan(), &account, Wish::default()), 401);
    let sentence = "It came from the WAN, and is a handset of the LAN only.";
    let next = "If it is to be used from there, switch on Remote phone on its page and let it \
        start once on the LAN.";
    stuck(&office, sentence, next);
    let handset = office.handset(PHONE).handset;
    rule(&mut office, Rule::MarkRemote { handset, remote: true });
    fetches(&mut office);
    assert_eq!(office.registers(wan(), &account, Wish::default()), 200);
    going(&office);
}

#[test]
pub(super) fn it_has_not_the_right_key() {
    let (mut office, _) = provisioned();
    assert_eq!(asks(&mut office, "mistyped"), "unauthorized");
    let sentence = "It came from the WAN without the right secret key.";
    let next =
        "Give the phone the key of the page Servers > VoIP as its provisioning password, or \
        add it by hand as a remote phone.";
    stuck(&office, sentence, next);
    let handset = office.handset(PHONE).handset;
    rule(&mut office, Rule::MarkRemote { handset, remote: true });
    let key = key(&mut office);
    assert!(asks(&mut office, &key).starts_with("file"));
    going(&office);
}

#[test]
pub(super) fn it_has_had_its_file_already() {
    let (mut office, _) = provisioned();
    let handset = office.handset(PHONE).handset;
    rule(&mut office, Rule::MarkRemote { handset, remote: true });
    let key = key(&mut office);
    assert!(asks(&mut office, &key).starts_with("file"));
    office.wait_ms(exchange::limits::KEY_GOOD_MS);
    assert_eq!(asks(&mut office, &key), "unauthorized");
    let sentence =
        "It came from the WAN with the key, and this phone has had its configuration already.";
    let next = "If the phone was reset, let it be claimed anew on its page; if it was not, \
        somebody else uses its MAC address.";
    stuck(&office, sentence, next);
    rule(&mut office, Rule::MarkRemote { handset, remote: true });
    assert!(asks(&mut office, &key).starts_with("file"));
    going(&office);
}
