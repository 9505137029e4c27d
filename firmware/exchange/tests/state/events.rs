//! Each fact that can be written.

use super::*;

/// Each fact that can be written, beside the name of its frozen bytes.
pub(crate) fn every_event() -> Vec<(&'static str, Event)> {
    let handset = HandsetNo(300);
    let contact = "sip:aaaaaaaa@10.1.0.10:5060";
    let contact = ContactText::try_from(contact).unwrap_or_default();
    let hash = PasswordHash::try_from("$argon2id$v=19$m=8192,t=2,p=1$c2FsdA$aGFzaA");
    let mut events = vec![
        ("address-given", Event::AddressGiven { mac: PHONE, address: [10, 1, 0, 10] }),
        ("address-forgotten", Event::AddressForgotten { mac: PHONE }),
        ("handset-created", created()),
        (
            "handset-recognised",
            Event::HandsetRecognised {
                handset,
                family: 1,
                model: text("T46U"),
                firmware: text("108.86.0.20"),
            },
        ),
        ("handset-deleted", Event::HandsetDeleted { handset }),
        ("line-added", line_added()),
        ("line-removed", Event::LineRemoved { handset }),
        (
            "line-assigned",
            Event::LineAssigned {
                handset,
                line: line(2),
                extension: extension("204"),
                name: text("Zoë"),
            },
        ),
        (
            "line-assigned-to-nobody",
            Event::LineAssigned { handset, line: line(1), extension: None, name: text("") },
        ),
        ("contact-learnt", Event::ContactLearnt { handset, line: line(1), contact }),
        ("creation-allowed", Event::CreationAllowed { side: Side::Wan, open: true }),
        ("handsets-numbered", Event::HandsetsNumbered { last: handset }),
        ("admin-password-set", Event::AdminPasswordSet { hash: hash.unwrap_or_default() }),
        ("network-proposed", Event::NetworkProposed { settings: settings() }),
        ("network-proposed-dhcp", Event::NetworkProposed { settings: by_dhcp() }),
        ("network-kept", Event::NetworkKept),
        ("network-returned", Event::NetworkReturned),
        ("backup-key-set", Event::BackupKeySet { key: backup_key() }),
        ("setting-changed", setting(Layer::Site, 9, Some("G722 PCMA"))),
        ("setting-changed-of-family", setting(Layer::Family(Family::Snom), 6, Some("42"))),
        ("setting-changed-of-model", setting(model(), 14, Some("http://10.1.0.1/t46u.rom"))),
        ("setting-changed-of-handset", setting(Layer::Handset(handset), 1, Some("blf 204 Zoë"))),
        ("setting-back", setting(Layer::Site, 9, None)),
        ("template-set", template("yealink/mac.cfg", of_model(), Change::Set(SOURCE.to_owned()))),
        (
            "template-removed",
            template("snom/mac.htm", Layer::Family(Family::Snom), Change::Removed),
        ),
        (
            "template-returned",
            template("yealink/mac.cfg", Layer::Handset(handset), Change::Returned),
        ),
        ("template-forgotten", template("polycom/site.cfg", Layer::Site, Change::Forgotten)),
        ("sign-added-oui", sign(OwnKind::Oui, "805EC01", Some(("T46U", "")))),
        ("sign-added-class", sign(OwnKind::VendorClass, "^Acme Zoë", Some(("X7", "1.2")))),
        ("sign-added-agent", sign(OwnKind::UserAgent, r"^Acme (?P<model>\w+)", Some(("", "")))),
        ("sign-added-file", sign(OwnKind::FileName, "^acme{mac12}$", Some(("", "")))),
        ("sign-removed", sign(OwnKind::Oui, "805EC01", None)),
        ("own-file-kept", own_file_kept(handset, b"lang.gui = German\n")),
        ("own-file-gone", own_file_kept(handset, b"")),
    ];
    events.extend(people_events());
    events.extend(certificates());
    events
}

/// Those about people, and about other DHCP servers.
pub(crate) fn people_events() -> Vec<(&'static str, Event)> {
    let handset = HandsetNo(300);
    vec![
        ("serving-chosen", Event::ServingChosen { serving: Serving::PhonesOnly }),
        ("elder-met", elder_met(0)),
        ("elder-gone", Event::ElderGone { network: [10, 1, 0, 0], server: [10, 1, 0, 254] }),
        ("user-set", user_set(300, "Zoë", "204", "012345")),
        ("user-set-bare", user_set(1, "Ann", "", "4321")),
        ("user-deleted", Event::UserDeleted { user: UserNo(300) }),
        ("line-owned", Event::LineOwned { handset, line: line(2), user: UserNo(300) }),
        ("seat-replaced", Event::SeatChanged { handset, seat: Seat::Replaced }),
        ("seat-later", Event::SeatChanged { handset, seat: Seat::Later }),
        ("seat-via-web", Event::SeatChanged { handset, seat: Seat::ViaWeb }),
        ("handset-replaced", replaced(handset, HandsetNo(7), Some("blf 204 Zoë"))),
        ("handset-replaced-bare", replaced(handset, HandsetNo(7), None)),
        ("install-pin-set", Event::InstallPinSet { pin: Pin::parse("4321") }),
        ("install-pin-gone", Event::InstallPinSet { pin: None }),
    ]
    .into_iter()
    .chain(of_rules(handset))
    .collect()
}

/// Those about the rules by which phones are taken in.
pub(crate) fn of_rules(handset: HandsetNo) -> Vec<(&'static str, Event)> {
    vec![
        ("switch-set", switch_set(Switch::AssignAtPhone, true, Some(1_764_528_000))),
        ("switch-set-untimed", switch_set(Switch::WanCreates, false, None)),
        ("pnp-key-drawn", Event::PnpKeyDrawn { key: PnpKey(from_on(0x50)) }),
        ("remote-marked", Event::RemoteMarked { handset, mark: Some(mark(0x60)) }),
        ("remote-unmarked", Event::RemoteMarked { handset, mark: None }),
        ("passwords-drawn", passwords_drawn()),
        ("mac-banned", Event::MacBanned { mac: PHONE, banned: true }),
        ("mac-unbanned", Event::MacBanned { mac: PHONE, banned: false }),
        ("handset-banned", Event::HandsetBanned { handset }),
        ("reach-set", reach_set(Some("phones.example.com"))),
        ("reach-gone", reach_set(None)),
    ]
}

pub(crate) fn switch_set(switch: Switch, disabled: bool, at: Option<u64>) -> Event {
    Event::SwitchSet { switch, disabled, by: [10, 1, 0, 200], at }
}

pub(crate) fn reach_set(host: Option<&str>) -> Event {
    Event::ReachSet { host: host.map(String::from) }
}

/// Bytes that count up.
pub(crate) fn from_on<const N: usize>(first: u8) -> [u8; N] {
    std::array::from_fn(|place| first + place as u8)
}

pub(crate) fn mark(first: u8) -> Remote {
    Remote { token: RemoteToken(from_on(first)), claimed: true }
}

pub(crate) fn passwords_drawn() -> Event {
    let Some(event) = Event::decode(&frozen("passwords-drawn")) else { panic!("cannot be read") };
    event
}

pub(crate) fn certificates() -> [(&'static str, Event); 4] {
    [
        ("certificate-authority", certificate(CertificatePlace::Authority, b"key")),
        ("certificate-installed", certificate(CertificatePlace::Installed, b"key")),
        ("certificate-of-phones", certificate(CertificatePlace::Phones(3), b"")),
        (
            "certificate-gone",
            Event::CertificateChanged { place: CertificatePlace::Installed, becomes: None },
        ),
    ]
}

pub(crate) fn elder_met(network: u8) -> Event {
    let (network, server) = ([10, 1, network, 0], [10, 1, network, 254]);
    Event::ElderMet { network, server, mac: [0x00, 0x0c, 0x42, 1, 2, 3] }
}

pub(crate) fn user_set(user: u16, name: &str, number: &str, pin: &str) -> Event {
    let Some(pin) = Pin::parse(pin) else { panic!("{pin} is no PIN") };
    Event::UserSet { user: UserNo(user), name: text(name), extension: extension(number), pin }
}

pub(crate) fn replaced(old: HandsetNo, new: HandsetNo, keys: Option<&str>) -> Event {
    Event::HandsetReplaced { old, new, keys: keys.map(String::from), templates: keys.is_some() }
}

pub(crate) fn certificate(place: CertificatePlace, key: &[u8]) -> Event {
    let (chain, key) = (b"chain".to_vec(), PrivateKey(key.to_vec()));
    Event::CertificateChanged { place, becomes: Some(Kept { chain, key }) }
}

pub(crate) fn own_file_kept(handset: HandsetNo, content: &[u8]) -> Event {
    let (name, content) = ("001565000001-local.cfg".to_owned(), OwnFile(content.to_vec()));
    Event::OwnFileKept { handset, name, content }
}

pub(crate) fn setting(layer: Layer, setting: u8, value: Option<&str>) -> Event {
    Event::SettingChanged { layer, setting, value: value.map(String::from) }
}

pub(crate) fn model() -> Layer {
    let firmware = Firmware { from: text("84"), to: text("86") };
    Layer::Model { family: Family::Yealink, model: text("T46U"), firmware }
}

const SOURCE: &str = "a = {{ model }}\n";

pub(crate) fn template(name: &str, layer: Layer, change: Change) -> Event {
    Event::TemplateChanged { place: Place { template: text(name), layer }, change }
}

pub(crate) fn sign(kind: OwnKind, pattern: &str, means: Option<(&str, &str)>) -> Event {
    let means = means.map(|(model, version)| Meaning {
        family: Family::Yealink,
        model: text(model),
        version: text(version),
    });
    Event::SignChanged { sign: OwnSign { kind, pattern: pattern.to_owned() }, means }
}

pub(crate) fn of_model() -> Layer {
    let firmware = Firmware { from: text("84"), to: text("86.0") };
    Layer::Model { family: Family::Yealink, model: text("T46U"), firmware }
}

pub(crate) fn backup_key() -> BackupKey {
    let recipe = Recipe { salt: [0x5a; 16], memory_kib: 16_384, rounds: 64 };
    BackupKey { recipe, key: std::array::from_fn(|place| place as u8) }
}

pub(crate) fn settings() -> Settings {
    let dns = [Ipv4Addr::new(9, 9, 9, 9), Ipv4Addr::new(10, 7, 0, 53)].into_iter().collect();
    let lan = Lan {
        address: Ipv4Addr::new(10, 7, 0, 1),
        prefix: 22,
        first: Ipv4Addr::new(10, 7, 1, 0),
        last: Ipv4Addr::new(10, 7, 3, 250),
        router: Some(Ipv4Addr::new(10, 7, 0, 254)),
        dns,
        domain: Domain::try_from("office.example").unwrap_or_default(),
    };
    let gateway = Some(Ipv4Addr::new(203, 0, 113, 9));
    let wan = Wan::Fixed {
        address: Ipv4Addr::new(203, 0, 113, 10),
        prefix: 29,
        gateway,
        dns: Some(Ipv4Addr::new(1, 1, 1, 1)),
    };
    Settings { lan: Some(lan), wan: Some(wan) }
}

pub(crate) fn by_dhcp() -> Settings {
    Settings { lan: None, wan: Some(Wan::Dhcp) }
}
