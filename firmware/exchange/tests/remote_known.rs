//! Phones on the WAN: what certificates and tokens prove, who hears what, and under which name the
//! box is told.

mod remote_support;
mod support;

use exchange::command::{Command, Refusal, Rule, RuleFlaw};
use exchange::limits::BANS_MAX;
use exchange::names::Text;
use exchange::note::{Note, RuleNote, Shown};
use exchange::policy::Switch;
use exchange::{Answer, Fetch, Revealed, Upload, Way};
use remote_support::{lan, office, open_wan, over_tls, prestage, rule, token, wan, with};
use std::net::Ipv4Addr;
use support::sip::{account, Wish};
use support::{address, boards, files, from_neighbour, own_file, Office, PHONE, PHONE_2};
use wire::Mac;

#[test]
fn whoever_proves_nothing_hears_the_same_whatever_he_asks_for() {
    let mut office = office();
    open_wan(&mut office);
    rule(&mut office, prestage(PHONE, true));
    let names = [own_file(PHONE), own_file(PHONE_2), "y000000000000.cfg".into(), "none".into()];
    for name in names {
        assert_eq!(over_tls(&mut office, wan(7), &name).0, "unauthorized", "{name}");
        assert_eq!(office.fetch(wan(7), &name).0, "forbidden", "{name}");
    }
}

/// Stores something over TLS with this in front of its name; the answer in short.
fn puts(office: &mut Office, secret: &str, name: &str) -> &'static str {
    let now = office.now();
    let (name, upload) = (format!("prov/{secret}{name}"), Some(Upload { end: b"up", bytes: 2 }));
    let way = Way { tls: true, ..Way::default() };
    let fetch = Fetch { arrival: wan(7), name: &name, user_agent: b"", upload, way };
    let answer = office.exchange.fetch(now, &fetch).answer;
    office.drain();
    match answer {
        Answer::Unauthorized => "unauthorized",
        Answer::Forbidden => "forbidden",
        Answer::File { .. }
        | Answer::Book { .. }
        | Answer::Kept { .. }
        | Answer::NotFound
        | Answer::BadName
        | Answer::Unavailable
        | Answer::Stored
        | Answer::TooLarge => "else",
    }
}

#[test]
fn whoever_has_shown_his_token_is_asked_for_no_password_whatever_there_is_not() {
    let mut office = office();
    let key = open_wan(&mut office);
    let (_, file) = with(&mut office, wan(7), &own_file(PHONE), &key);
    let token = format!("{}/", token(&file));
    let bare = Mac(PHONE).bare();
    for (name, hears) in [
        (format!("{bare}.boot"), "not found"),
        (format!("{bare}-local.cfg"), "not found"),
        ("none".to_owned(), "not found"),
        ("screen/menu".to_owned(), "forbidden"),
    ] {
        let way = format!("prov/{token}{name}");
        assert_eq!(over_tls(&mut office, wan(7), &way).0, hears, "{name}");
        assert_eq!(over_tls(&mut office, wan(7), &format!("prov/{name}")).0, "unauthorized");
    }
    let log = format!("{bare}-app.log");
    assert_eq!(puts(&mut office, &token, &log), "forbidden");
    assert_eq!(puts(&mut office, "", &log), "unauthorized");
}

#[test]
fn a_token_fetches_the_file_of_its_own_handset_only() {
    let mut office = office();
    let key = open_wan(&mut office);
    let (_, file) = with(&mut office, wan(7), &own_file(PHONE), &key);
    with(&mut office, wan(7), &own_file(PHONE_2), &key);
    let name = format!("prov/{}/{}", token(&file), own_file(PHONE_2));
    assert_eq!(over_tls(&mut office, wan(7), &name).0, "forbidden");
}

#[test]
fn a_wrong_password_shows_nothing_and_is_slowed_like_a_log_in() {
    let mut office = office();
    rule(&mut office, Rule::DrawKey);
    let now = office.now();
    for _ in 0..3 {
        let shown = office.exchange.show(now, address(200), false, Shown::PnpKey);
        assert!(matches!(shown, Revealed::Wrong));
    }
    assert!(office.exchange.may_log_in(now, address(200)).is_err());
    let nothing = office.exchange.show(now, address(200), true, Shown::WebPassword(Mac(PHONE)));
    assert!(matches!(nothing, Revealed::Nothing));
    office.drain();
    assert_eq!(office.count(Note::Rule(RuleNote::SecretShown(address(200), Shown::PnpKey))), 0);
}

#[test]
fn who_set_a_switch_and_when_is_kept_over_a_restart() {
    let mut office = office();
    office.wall = Some(exchange::time::Wall(1_764_528_000));
    rule(&mut office, Rule::SetSwitch { switch: Switch::AssignAtPhone, disabled: true });
    office.restart();
    let durable = office.exchange.durable();
    let by = durable.rules().set_by(Switch::AssignAtPhone).unwrap();
    assert_eq!((by.source, by.at), (address(200), Some(exchange::time::Wall(1_764_528_000))));
    assert!(!durable.assigns_at_phone() && durable.rules().set_by(Switch::LanCreates).is_none());
}

#[test]
fn a_box_without_a_port_to_the_wan_has_no_remote_phones() {
    let mut office = Office::new(|| {
        let mut board = boards::plain();
        board.interfaces.truncate(1);
        board
    });
    let wish = Command::Rule(prestage(PHONE, true));
    assert_eq!(
        office.command(wish),
        Err(exchange::command::Refusal::Rule(exchange::command::RuleFlaw::NoWan))
    );
    assert!(office.facts.is_empty());
    let name = Text::new();
    office.command(Command::AddHandset { mac: Mac(PHONE), extension: None, name }).unwrap();
}

#[test]
fn a_handset_that_is_deleted_and_banned_is_neither_on_any_side() {
    let mut office = office();
    let key = open_wan(&mut office);
    let (_, file) = with(&mut office, wan(7), &own_file(PHONE), &key);
    let (own, handset) = (account(&file, 1), office.handset(PHONE).handset);
    assert_eq!(office.registers(wan(7), &own, Wish::default()), 200);
    office.command(Command::Rule(Rule::DeleteAndBan { handset })).unwrap();
    let before = office.facts.len();
    for _ in 0..2 {
        assert!(!office.knows(PHONE));
        assert!(office.exchange.durable().rules().bans(Mac(PHONE)));
        assert_eq!(office.registers(wan(7), &own, Wish::default()), 401);
        assert_eq!(office.registers(lan(), &own, Wish::default()), 0, "on the LAN not a word");
        assert_eq!(with(&mut office, wan(7), &own_file(PHONE), &key).0, "forbidden");
        let name = format!("prov/{}/{}", token(&file), own_file(PHONE));
        assert_eq!(over_tls(&mut office, wan(7), &name).0, "unauthorized");
        assert_eq!(office.fetch(lan(), &own_file(PHONE)).0, "forbidden");
        assert!(office.hears(&phones::builders::discover(PHONE, 1)).sent.is_empty());
        assert!(!office.knows(PHONE));
        office.restart();
    }
    assert_eq!(office.facts.len(), before, "what it tries costs no flash");
    let refused = office.command(Command::Rule(prestage(PHONE, true)));
    assert_eq!(refused, Err(Refusal::Rule(RuleFlaw::MacBanned)));
    rule(&mut office, Rule::Ban { mac: Mac(PHONE), banned: false });
    assert!(with(&mut office, wan(7), &own_file(PHONE), &key).0.starts_with("file"), "as new");
}

#[test]
fn to_delete_and_ban_is_one_fact_and_is_refused_whole() {
    let mut office = office();
    rule(&mut office, prestage(PHONE, false));
    let handset = office.handset(PHONE).handset;
    for last in 0..BANS_MAX as u16 {
        let [high, low] = last.to_be_bytes();
        rule(&mut office, Rule::Ban { mac: Mac([0, 0x0b, 0x82, 1, high, low]), banned: true });
    }
    let wish = || Command::Rule(Rule::DeleteAndBan { handset });
    assert_eq!(office.command(wish()), Err(Refusal::Rule(RuleFlaw::BansFull)));
    assert!(office.knows(PHONE) && !office.exchange.durable().rules().bans(Mac(PHONE)));
    rule(&mut office, Rule::Ban { mac: Mac([0, 0x0b, 0x82, 1, 0, 0]), banned: false });
    let before = office.facts.len();
    office.command(wish()).unwrap();
    assert_eq!(office.facts.len(), before + 1, "no power cut leaves one half");
    assert_eq!(office.command(wish()), Err(Refusal::NoSuchHandset));
}

#[test]
fn remote_phones_are_told_the_name_that_the_box_has_behind_somebody_elses_router() {
    let mut office = office();
    let key = open_wan(&mut office);
    rule(&mut office, prestage(PHONE, true));
    let told = |office: &mut Office| {
        let (_, file) = office.fetch(lan(), &own_file(PHONE));
        let value = |name| files::value(&file, name).unwrap_or_default().to_owned();
        (value("server"), value("url"))
    };
    let (server, url) = told(&mut office);
    assert_eq!(server, "203.0.113.1");
    assert!(url.starts_with("https://203.0.113.1/prov/"), "{url}");
    for host in ["phones.example.com", "198.51.100.9"] {
        rule(&mut office, Rule::SetReach { host: host.into() });
        let (server, url) = told(&mut office);
        assert_eq!(server, host);
        assert!(url.starts_with(&format!("https://{host}/prov/")), "{url}");
        let view = office.exchange.rules_view(office.now());
        assert_eq!(view.wan_url, Some(format!("https://{host}/prov/")));
        let leaf = office.exchange.certificates_wanted(office.now(), &[], None).leaf.unwrap();
        let named = leaf.names.iter().any(|name| name == host);
        let addressed = leaf.addresses.iter().any(|address| address.to_string() == host);
        assert!(named != addressed, "{leaf:?}");
    }
    // One of the LAN is told the LAN's, and one that comes from the WAN the name too.
    let (_, file) = office.fetch(from_neighbour(address(201), 1, PHONE_2), &own_file(PHONE_2));
    assert_eq!(files::value(&file, "server"), Some("10.1.0.1"));
    office.restart();
    let (_, file) = with(&mut office, wan(7), &own_file([0, 0x15, 0x65, 0, 0, 3]), &key);
    assert_eq!(files::value(&file, "server"), Some("198.51.100.9"));
    rule(&mut office, Rule::SetReach { host: " ".into() });
    assert_eq!(told(&mut office).0, "203.0.113.1");
}

#[test]
fn what_cannot_be_a_name_or_an_address_of_the_box_is_refused() {
    let mut office = office();
    let set = |host: &str| Command::Rule(Rule::SetReach { host: host.into() });
    let long = "x".repeat(65);
    let bad = ["a_b", "a..b", "-a.example", "1.2.3", "300.1.1.1", "0.0.0.0", "127.0.0.1"];
    let more = ["224.0.0.1", "255.255.255.255", "http://a.example", "a.example:5060", "é", &long];
    for host in bad.into_iter().chain(more) {
        let refused = office.command(set(host));
        assert_eq!(refused, Err(Refusal::Rule(RuleFlaw::BadReach)), "{host}");
    }
    assert_eq!(office.command(set("")), Err(Refusal::Unchanged));
    assert!(office.facts.is_empty());
}

#[test]
fn a_port_that_gets_its_address_later_is_told_by_that() {
    let mut office = Office::new(|| {
        let mut board = boards::secured();
        board.interfaces[1].address = Ipv4Addr::UNSPECIFIED;
        board
    });
    rule(&mut office, prestage(PHONE, true));
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    let url = files::value(&file, "url").unwrap();
    assert!(url.starts_with("http://10.1.0.1/"), "nobody knows the way yet: {url}");
    let found = [Ipv4Addr::new(10, 1, 0, 77), Ipv4Addr::new(203, 0, 113, 9)];
    office.exchange.ports_have(&found);
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    let url = files::value(&file, "url").unwrap();
    assert!(url.starts_with("https://203.0.113.9/prov/"), "{url}");
}
