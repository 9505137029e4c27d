//! Phones on the WAN: who is given a file there, by what he is known afterwards, and what a phone
//! that was lost is still worth.

mod support;

use exchange::cause::Cause;
use exchange::command::{Command, Refusal, Rule, RuleFlaw};
use exchange::layer::Layer;
use exchange::limits::{BANS_MAX, KEY_GOOD_MS};
use exchange::names::{text, Extension, InterfaceNo, Side, Text};
use exchange::note::{Note, RuleNote, Shown};
use exchange::policy::Switch;
use exchange::render::{Render, Unrendered, Values};
use exchange::settings::Setting;
use exchange::view::{Origin, Remote};
use exchange::{Answer, Arrival, Fetch, Revealed, Upload, Way};
use std::net::{Ipv4Addr, SocketAddrV4};
use support::sip::{account, Wish};
use support::{address, boards, files, from_neighbour, own_file, Office, PHONE, PHONE_2};
use wire::Mac;

const AGENT: &str = "Yealink SIP-T46U 108.86.0.20 00:15:65:00:00:01";

fn wan(last: u8) -> Arrival {
    let from = SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, last), 40_000);
    let neighbour = exchange::Neighbour::Unknown;
    Arrival { side: Side::Wan, interface: InterfaceNo(1), from, neighbour }
}

fn lan() -> Arrival {
    from_neighbour(address(200), 5_060, PHONE)
}

fn office() -> Office {
    Office::new(boards::secured)
}

fn rule(office: &mut Office, rule: Rule) {
    assert!(office.command(Command::Rule(rule)).is_ok());
}

fn open_wan(office: &mut Office) -> String {
    rule(office, Rule::SetSwitch { switch: Switch::WanCreates, disabled: false });
    key(office)
}

fn key(office: &mut Office) -> String {
    reveal(office, Shown::PnpKey)
}

fn reveal(office: &mut Office, what: Shown) -> String {
    let now = office.now();
    let shown = office.exchange.show(now, address(200), true, what);
    office.drain();
    let Revealed::Secret(secret) = shown else { panic!("there is nothing to show") };
    secret
}

/// Asks over TLS with this password.
fn with(office: &mut Office, at: Arrival, name: &str, password: &str) -> (String, Vec<u8>) {
    let way = Way { tls: true, credentials: Some(("", password)), certified: None };
    office.fetch_by(at, name, AGENT, way)
}

/// Asks over TLS and shows nothing but what stands in the name.
fn over_tls(office: &mut Office, at: Arrival, name: &str) -> (String, Vec<u8>) {
    office.fetch_by(at, name, AGENT, Way { tls: true, ..Way::default() })
}

/// The token in the address that a file names.
fn token(file: &[u8]) -> String {
    let url = files::value(file, "url").unwrap_or_default();
    let Some(rest) = url.strip_prefix("https://203.0.113.1/prov/") else { panic!("{url}") };
    rest.trim_end_matches('/').to_owned()
}

fn prestage(mac: [u8; 6], remote: bool) -> Rule {
    let (extension, name) = (Extension::parse("204"), text("Ann"));
    Rule::Prestage { mac: Mac(mac), extension, name, make: None, remote, sure: false }
}

#[test]
fn the_key_opens_the_first_fetch_and_the_file_replaces_it_by_a_token() {
    let mut office = office();
    let key = open_wan(&mut office);
    assert_eq!(
        (key.len(), with(&mut office, wan(7), &own_file(PHONE), "no").0.as_str()),
        (16, "unauthorized")
    );
    assert!(!office.knows(PHONE));
    let (answer, file) = with(&mut office, wan(7), &own_file(PHONE), &key);
    assert!(answer.starts_with("file"), "{answer}");
    let device = office.device(PHONE);
    assert_eq!((device.origin, device.remote), (Some(Origin::WanPlugAndPlay), Remote::Awaited));
    let token = token(&file);
    assert_eq!(token.len(), 26);
    let name = format!("prov/{token}/{}", own_file(PHONE));
    let (answer, again) = over_tls(&mut office, wan(8), &name);
    assert!(answer.starts_with("file"), "{answer}");
    assert!(account(&file, 1) == account(&again, 1));
    assert_eq!(office.device(PHONE).remote, Remote::Claimed);
    assert_eq!(with(&mut office, wan(8), &own_file(PHONE), &token).0, answer, "as a password too");
    assert_eq!(with(&mut office, wan(7), &own_file(PHONE), &key).0, "unauthorized");
    assert_eq!(office.cause(PHONE), Some(Cause::ClaimedAlready));
}

#[test]
fn the_key_may_stand_in_the_address_and_is_told_nobody() {
    let mut office = office();
    let key = open_wan(&mut office);
    for (at, secret) in [(1, "abcdefghijkmnpqr"), (2, key.as_str())] {
        over_tls(&mut office, wan(at), &format!("prov/{secret}/{}", own_file(PHONE)));
    }
    assert!(office.knows(PHONE));
    let story = office.story(PHONE).join("\n");
    let notes: Vec<String> =
        office.exchange.view(office.now()).notes.iter().map(|(_, note)| note.to_string()).collect();
    for said in [story, notes.join("\n")] {
        assert!(!said.contains(&key) && !said.contains("abcdefghijkmnpqr"), "{said}");
    }
}

#[test]
fn a_secret_in_the_address_is_told_nobody_on_the_lan_either() {
    let mut office = office();
    office.boots(PHONE);
    let name = format!("prov/abcdefghijkmnpqr/{}", own_file(PHONE));
    assert!(office.fetch(support::from(address(10), 1), &name).0.starts_with("file"));
    let upload = "abcdefghijkmnpqr/001565000001-app.log";
    office.puts(support::from(address(10), 1), upload, b"up\n");
    assert!(!office.story(PHONE).join("\n").contains("abcdefghijkmnpqr"));
}

#[test]
fn not_even_the_right_key_helps_while_the_switch_says_no() {
    let mut office = office();
    let key = open_wan(&mut office);
    rule(&mut office, Rule::SetSwitch { switch: Switch::WanCreates, disabled: true });
    assert_eq!(with(&mut office, wan(7), &own_file(PHONE), &key).0, "forbidden");
    assert_eq!(with(&mut office, wan(7), "y000000000000.cfg", &key).0, "unauthorized");
    assert!(!office.knows(PHONE));
    rule(&mut office, Rule::OpenGate { side: Side::Wan, minutes: 5 });
    let (_, common) = with(&mut office, wan(7), "y000000000000.cfg", &key);
    assert!(!common.is_empty() && files::value(&common, "line 1").is_none());
    assert!(with(&mut office, wan(7), &own_file(PHONE), &key).0.starts_with("file"));
}

#[test]
fn a_new_key_makes_the_old_one_worthless_and_touches_nobody_who_is_enrolled() {
    let mut office = office();
    let old = open_wan(&mut office);
    let (_, file) = with(&mut office, wan(7), &own_file(PHONE), &old);
    rule(&mut office, Rule::DrawKey);
    let new = key(&mut office);
    assert_ne!(old, new);
    assert_eq!(with(&mut office, wan(7), &own_file(PHONE_2), &old).0, "unauthorized");
    let name = format!("prov/{}/{}", token(&file), own_file(PHONE));
    assert!(over_tls(&mut office, wan(7), &name).0.starts_with("file"));
    assert!(with(&mut office, wan(7), &own_file(PHONE_2), &new).0.starts_with("file"));
}

#[test]
fn wrong_keys_are_slowed_by_their_source_and_tokens_never() {
    let mut office = office();
    let key = open_wan(&mut office);
    let (_, file) = with(&mut office, wan(7), &own_file(PHONE), &key);
    for _ in 0..10 {
        assert_eq!(with(&mut office, wan(7), &own_file(PHONE_2), "guess").0, "unauthorized");
    }
    assert_eq!(with(&mut office, wan(7), &own_file(PHONE_2), &key).0, "unauthorized", "slowed");
    let name = format!("prov/{}/{}", token(&file), own_file(PHONE));
    assert!(over_tls(&mut office, wan(7), &name).0.starts_with("file"), "behind the same address");
    office.wait_ms(30_000);
    assert!(with(&mut office, wan(7), &own_file(PHONE_2), &key).0.starts_with("file"));
    assert!(office.count(Note::Rule(RuleNote::WrongKey(Ipv4Addr::UNSPECIFIED))) >= 1);
}

#[test]
fn a_phone_that_polls_by_a_token_of_old_silences_nobody_beside_it() {
    let mut office = office();
    let key = open_wan(&mut office);
    let (_, file) = with(&mut office, wan(7), &own_file(PHONE), &key);
    let handset = office.handset(PHONE).handset;
    rule(&mut office, Rule::DrawPasswords { handset });
    for _ in 0..20 {
        let name = format!("prov/{}/{}", token(&file), own_file(PHONE));
        assert_eq!(over_tls(&mut office, wan(7), &name).0, "unauthorized");
    }
    assert_eq!(office.count(Note::Rule(RuleNote::WrongKey(Ipv4Addr::UNSPECIFIED))), 0);
    assert!(with(&mut office, wan(7), &own_file(PHONE_2), &key).0.starts_with("file"));
}

#[test]
fn a_handset_that_was_added_by_hand_counts_as_known_and_is_claimed_once() {
    let mut office = office();
    rule(&mut office, Rule::SetProfile(exchange::policy::Profile::Locked));
    rule(&mut office, Rule::DrawKey);
    let key = key(&mut office);
    rule(&mut office, prestage(PHONE, true));
    assert_eq!(office.device(PHONE).remote, Remote::Awaited);
    // A phone asks for what is common to its kind first.
    assert!(with(&mut office, wan(7), "y000000000000.cfg", &key).0.starts_with("file"));
    let (answer, file) = with(&mut office, wan(7), &own_file(PHONE), &key);
    assert!(answer.starts_with("file"), "{answer}");
    assert_eq!(files::value(&file, "label"), Some("204 Ann"));
    let name = format!("prov/{}/{}", token(&file), own_file(PHONE));
    assert!(over_tls(&mut office, wan(7), &name).0.starts_with("file"));
    assert_eq!(with(&mut office, wan(7), &own_file(PHONE), &key).0, "unauthorized");
    office.restart();
    assert_eq!(with(&mut office, wan(7), &own_file(PHONE), &key).0, "unauthorized");
    assert!(over_tls(&mut office, wan(7), &name).0.starts_with("file"));
}

#[test]
fn a_maker_whose_phones_have_several_files_of_their_own_comes_up_by_the_key() {
    const POLYCOM: [u8; 6] = [0x00, 0x04, 0xf2, 0, 0, 1];
    let mut office = office();
    let key = open_wan(&mut office);
    let bare = Mac(POLYCOM).bare();
    let asks = |office: &mut Office, name: &str| {
        let way = Way { tls: true, credentials: Some(("", &key)), certified: None };
        office.fetch_by(wan(7), name, "FileTransport PolycomVVX-VVX_410-UA/5.9.0", way)
    };
    let names = [format!("{bare}.cfg"), format!("{bare}-line.cfg"), "site.cfg".to_owned()];
    let given = names.map(|name| asks(&mut office, &name));
    assert!(given.iter().all(|(answer, _)| answer.starts_with("file")), "{given:?}");
    let [_, (_, lines), _] = &given;
    let own = format!("prov/{}/{bare}-line.cfg", token(lines));
    assert!(over_tls(&mut office, wan(7), &own).0.starts_with("file"));
    assert_eq!(asks(&mut office, &format!("{bare}.cfg")).0, "unauthorized");
}

#[test]
fn a_phone_whose_file_was_lost_on_the_way_gets_it_again_by_the_key_for_an_hour() {
    let mut office = office();
    let key = open_wan(&mut office);
    let asks = |office: &mut Office| with(office, wan(7), &own_file(PHONE), &key).0;
    for _ in 0..3 {
        assert!(asks(&mut office).starts_with("file"));
        office.wait_ms(KEY_GOOD_MS / 3);
    }
    let before = office.facts.len();
    assert_eq!(asks(&mut office), "unauthorized", "whoever has the key may be another by now");
    assert_eq!(asks(&mut office), "unauthorized");
    assert_eq!((office.facts.len(), office.device(PHONE).remote), (before + 1, Remote::Claimed));
    office.restart();
    assert_eq!(asks(&mut office), "unauthorized");
    let handset = office.handset(PHONE).handset;
    rule(&mut office, Rule::MarkRemote { handset, remote: true });
    assert!(asks(&mut office).starts_with("file"), "an admin let it be claimed anew");
}

#[test]
fn what_a_phone_fetches_by_the_key_before_its_own_file_leaves_it_on_its_way() {
    let mut office = office();
    let key = open_wan(&mut office);
    let common = "y000000000000.cfg";
    let url = |file: &[u8]| files::value(file, "url").unwrap_or_default().to_owned();
    let (_, file) = with(&mut office, wan(7), common, &key);
    assert_eq!(url(&file), "https://203.0.113.1/prov/", "the password is in the phone");
    let (_, file) = over_tls(&mut office, wan(7), &format!("prov/{key}/{common}"));
    assert_eq!(url(&file), format!("https://203.0.113.1/prov/{key}/"));
    let (_, file) = with(&mut office, wan(7), &format!("prov/abcdefghijkmnpqr/{common}"), &key);
    assert_eq!(url(&file), "https://203.0.113.1/prov/", "what is no key is not repeated");
    assert_eq!(url(&office.fetch(lan(), common).1), "http://10.1.0.1/prov/");
}

#[test]
fn without_https_a_remote_phone_is_told_the_address_on_the_wan_and_fetches_on_the_lan() {
    let mut office = Office::with_render(boards::plain, || Box::new(Told));
    rule(&mut office, prestage(PHONE, true));
    let told = office.fetch(lan(), &own_file(PHONE)).1;
    assert_eq!(String::from_utf8_lossy(&told), "203.0.113.1 http://10.1.0.1/prov/ time ");
}

#[test]
fn a_remote_phone_is_told_no_time_server_that_is_closed() {
    let mut office = Office::with_render(boards::plain, || Box::new(Told));
    let told = |office: &mut Office| {
        let (_, told) = office.fetch(lan(), &own_file(PHONE));
        String::from_utf8_lossy(&told).split("time ").last().unwrap_or_default().to_owned()
    };
    let shown = |office: &Office| {
        let rows = office.device(PHONE).settings;
        let row = rows.into_iter().find(|row| row.setting == Setting::NtpServer);
        row.and_then(|row| row.value)
    };
    rule(&mut office, prestage(PHONE, false));
    assert_eq!(
        (told(&mut office).as_str(), shown(&office).as_deref()),
        ("10.1.0.1", Some("this box"))
    );
    let handset = office.handset(PHONE).handset;
    rule(&mut office, Rule::MarkRemote { handset, remote: true });
    assert_eq!((told(&mut office).as_str(), shown(&office)), ("", None));
    let value = Some("time.example.com".to_owned());
    let (layer, setting) = (Layer::Site, Setting::NtpServer);
    office.command(Command::ChangeSetting { layer, setting, value }).unwrap();
    assert_eq!(told(&mut office), "time.example.com");
}

/// Where the box is, where the files are, and who tells the time.
struct Told;

impl Render for Told {
    fn render(&self, _: &str, values: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered> {
        let site = &values.site;
        let told = format!("{} {} time {}", site.server, site.provision_url, site.ntp_server);
        out.extend_from_slice(told.as_bytes());
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

#[test]
fn a_remote_handset_is_staged_once_on_the_lan() {
    let mut office = office();
    rule(&mut office, prestage(PHONE, true));
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    let name = format!("prov/{}/{}", token(&file), own_file(PHONE));
    assert_eq!(office.device(PHONE).remote, Remote::Claimed);
    assert!(over_tls(&mut office, wan(7), &name).0.starts_with("file"));
    let own = account(&file, 1);
    assert_eq!(office.registers(wan(7), &own, Wish::default()), 200);
    let handset = office.handset(PHONE).handset;
    rule(&mut office, Rule::MarkRemote { handset, remote: false });
    assert_eq!(over_tls(&mut office, wan(7), &name).0, "unauthorized");
    assert_eq!(office.registers(wan(7), &own, Wish::default()), 401);
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    assert_eq!(files::value(&file, "url"), Some("http://10.1.0.1/prov/"));
}

#[test]
fn what_a_lost_phone_knows_is_worth_nothing() {
    let mut office = office();
    let key = open_wan(&mut office);
    let (_, file) = with(&mut office, wan(7), &own_file(PHONE), &key);
    let (own, handset) = (account(&file, 1), office.handset(PHONE).handset);
    assert_eq!(office.registers(wan(7), &own, Wish::default()), 200);
    let web = reveal(&mut office, Shown::WebPassword(Mac(PHONE)));
    rule(&mut office, Rule::DrawPasswords { handset });
    assert!(office.handset(PHONE).lines.iter().all(|line| line.registered_until.is_none()));
    assert_eq!(office.registers(wan(7), &own, Wish::default()), 401);
    let name = format!("prov/{}/{}", token(&file), own_file(PHONE));
    assert_eq!(over_tls(&mut office, wan(7), &name).0, "unauthorized");
    assert_eq!(with(&mut office, wan(7), &own_file(PHONE), &key).0, "unauthorized");
    let built_in = Way { tls: true, credentials: None, certified: Some(Mac(PHONE)) };
    assert_eq!(office.fetch_by(wan(7), &own_file(PHONE), "", built_in).0, "forbidden");
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    assert!(own != account(&file, 1) && files::value(&file, "web") != Some(web.as_str()));
    assert_ne!(office.registers(wan(7), &account(&file, 1), Wish::default()), 200);
    rule(&mut office, Rule::MarkRemote { handset, remote: true });
    assert_eq!(office.registers(wan(7), &account(&file, 1), Wish::default()), 200);
    office.restart();
    assert_eq!(office.registers(wan(7), &account(&file, 1), Wish::default()), 200);
}

#[test]
fn a_certificate_proves_the_device_that_it_names() {
    let mut office = office();
    rule(&mut office, prestage(PHONE, true));
    let certified = |mac: [u8; 6]| Way { tls: true, credentials: None, certified: Some(Mac(mac)) };
    let (answer, _) = office.fetch_by(wan(7), &own_file(PHONE), "", certified(PHONE));
    assert!(answer.starts_with("file"), "{answer}");
    let (answer, _) = office.fetch_by(wan(7), &own_file(PHONE), "", certified(PHONE_2));
    assert_eq!(answer, "forbidden", "another's");
    rule(&mut office, Rule::SetSwitch { switch: Switch::WanCreates, disabled: false });
    let (answer, _) = office.fetch_by(wan(7), &own_file(PHONE_2), "", certified(PHONE_2));
    assert_eq!((answer.as_str(), office.knows(PHONE_2)), ("forbidden", false), "without the key");
    let clear = Way { tls: false, ..certified(PHONE) };
    assert_eq!(office.fetch_by(wan(7), &own_file(PHONE), "", clear).0, "forbidden");
}

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
    assert!(url.starts_with("http://192.168.10.1/"), "nobody knows the way yet: {url}");
    let found = [Ipv4Addr::new(192, 168, 10, 77), Ipv4Addr::new(203, 0, 113, 9)];
    office.exchange.ports_have(&found);
    let (_, file) = office.fetch(lan(), &own_file(PHONE));
    let url = files::value(&file, "url").unwrap();
    assert!(url.starts_with("https://203.0.113.9/prov/"), "{url}");
}
