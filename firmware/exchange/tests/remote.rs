//! Phones on the WAN: who is given a file there, by what he is known afterwards, and what a phone
//! that was lost is still worth.

mod remote_support;
mod support;

use exchange::cause::Cause;
use exchange::command::{Command, Rule};
use exchange::layer::Layer;
use exchange::limits::KEY_GOOD_MS;
use exchange::names::Side;
use exchange::note::{Note, RuleNote, Shown};
use exchange::policy::Switch;
use exchange::render::{Render, Unrendered, Values};
use exchange::settings::Setting;
use exchange::view::{Origin, Remote};
use exchange::Way;
use remote_support::{
    key, lan, office, open_wan, over_tls, prestage, reveal, rule, token, wan, with,
};
use std::net::Ipv4Addr;
use support::sip::{account, Wish};
use support::{address, boards, files, own_file, Office, PHONE, PHONE_2};
use wire::Mac;

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
    let with_key = format!("https://203.0.113.1/prov/{key}/");
    assert_eq!(url(&file), with_key, "the file has the phone forget its password");
    let (_, file) = over_tls(&mut office, wan(7), &format!("prov/{key}/{common}"));
    assert_eq!(url(&file), with_key);
    let (_, file) = with(&mut office, wan(7), &format!("prov/abcdefghijkmnpqr/{common}"), &key);
    assert_eq!(url(&file), with_key, "what is no key is not repeated");
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
