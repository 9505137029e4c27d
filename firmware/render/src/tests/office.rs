//! Values for tests: one site, and handsets with as many lines as wanted.

use exchange::render::{
    AuthorityValues, HandsetValues, KeyValues, LanguageValues, LineValues, RuleValues,
    SettingValues, SiteValues, ToneValues, Values,
};
use exchange::seat::CLAIM_RULE;
use exchange::settings::{Ports, Transport};
use exchange::zone;

/// Cases and models of a template that writes another form for them.
pub(super) fn models(template: &str) -> &'static [(&'static str, &'static str)] {
    match template {
        "gigaset/mac.xml" => &[("maxwell", "Maxwell 3"), ("n510", "N510 IP PRO")],
        _ => &[],
    }
}

/// How many accounts a template's phones have at most.
pub(super) fn accounts(template: &str) -> u8 {
    match template {
        "alcatel/sipconfig.txt" | "avaya/mac.txt" | "avaya/mac12.cfg" => 1,
        _ => 8,
    }
}

/// What is common to the phones of a site in this time zone.
pub(super) fn site(zone_name: &str) -> SiteValues {
    SiteValues {
        server: "192.168.1.1".into(),
        sip_port: 5060,
        expires_s: 3600,
        provision_url: "http://192.168.1.1:8667/p/".into(),
        provision_path: "192.168.1.1:8667/p".into(),
        ntp_server: "192.168.1.1".into(),
        zone: zone::find(zone_name).expect("a zone of the table").values(),
        poll_min: 1440,
        authority: None,
    }
}

/// Values of a file common to all phones.
pub(super) fn common(zone_name: &str) -> Values {
    let settings = SettingValues::default();
    Values {
        handset: None,
        model: "T46U".into(),
        line_count: 0,
        screens_url: String::new(),
        site: site(zone_name),
        settings,
    }
}

/// Values of a handset; `name` is who sits there, or empty while nobody does.
pub(super) fn handset(zone_name: &str, lines: u8, name: &str) -> Values {
    let handset = HandsetValues {
        mac: "805ec0abcdef".into(),
        mac_upper: "805EC0ABCDEF".into(),
        mac_colons: "80:5e:c0:ab:cd:ef".into(),
        web_password: "web-7Hq2mKp9xW".into(),
        user_password: "web-7Hq2mKp9xW".into(),
        lines: (1..=lines).map(|number| line(number, name)).collect(),
    };
    Values { handset: Some(handset), line_count: lines, ..common(zone_name) }
}

/// Everything that can be set, each thing with a value that is found again.
pub(super) fn everything() -> SettingValues {
    let keys = [
        ("line", "2", "Marker Line"),
        ("blf", "2204", "Marker Blf"),
        ("speed", "030123456", "Marker Speed"),
        ("park", "7070", "Marker Park"),
    ];
    SettingValues {
        keys: keys.map(|(kind, number, label)| key(kind, number, label)).into(),
        phone_book_url: "http://book.marker.example/b.xml".into(),
        vlan_id: Some(4077),
        vlan_priority: Some(5),
        pc_vlan_id: Some(4078),
        codecs: ["G722", "PCMA", "PCMU", "G729", "OPUS"].map(String::from).into(),
        syslog_server: "log.marker.example".into(),
        firmware_url: "http://firmware.marker.example/f".into(),
        language: Some(LanguageValues {
            code: "pl".into(),
            name: "Polish".into(),
            own: "Polski".into(),
        }),
        tone: Some(ToneValues { code: "fr".into(), three: "FRA".into(), name: "France".into() }),
        dial_plan: vec![
            RuleValues { digits: "[1-9]xx".into(), open: false },
            RuleValues { digits: "0x".into(), open: true },
            // As the exchange ends every plan.
            RuleValues { digits: CLAIM_RULE.into(), open: false },
        ],
        sip_port: Some(5_987),
        rtp: Some(Ports { first: 17_654, last: 17_663 }),
        keep_alive_s: Some(593),
        transport: Transport::Tls,
    }
}

/// The authority of a box, which is no real one.
pub(super) fn authority() -> AuthorityValues {
    AuthorityValues {
        url: "http://192.168.1.1:8667/p/dialtone-ca.crt".into(),
        der_url: "http://192.168.1.1:8667/p/dialtone-ca.der".into(),
        lines: ["TWFya2VyIG9m/GFu+GF1dGhvcml0eSwgdGhlIGZpcnN0IGxpbmUgb2YgaXQh", "bGFzdA=="]
            .map(String::from)
            .into(),
    }
}

/// A handset that is used from the WAN, as the exchange fills it in.
pub(super) fn remote(lines: u8) -> Values {
    let mut values = handset("Europe/Berlin", lines, "Anna Schmidt");
    let path = "203.0.113.1/p/abcdefghijkmnpqrstuvwxyz23";
    values.site.server = "203.0.113.1".into();
    values.site.sip_port = 5061;
    values.site.provision_url = format!("https://{path}/");
    values.site.provision_path = path.into();
    values.site.authority = Some(authority());
    values.settings.sip_port = Some(5_061);
    values.settings.rtp = Some(Ports { first: 16_394, last: 16_403 });
    values.settings.keep_alive_s = Some(25);
    values.settings.transport = Transport::Tls;
    values
}

/// A handset of which everything is set.
pub(super) fn everything_set(lines: u8) -> Values {
    let mut values = handset("Europe/Berlin", lines, "Anna Schmidt");
    values.settings = everything();
    values.site.ntp_server = "time.marker.example".into();
    values.site.poll_min = 4_321;
    if let Some(handset) = &mut values.handset {
        handset.user_password = "user-marker1".into();
    }
    values
}

/// A handset that nobody has, and that asks at its display who does.
pub(super) fn asking(lines: u8) -> Values {
    let mut values = handset("Europe/Berlin", lines, "");
    values.screens_url = "http://192.168.1.1:8667/p/screen/".into();
    values
}

/// One key.
pub(super) fn key(kind: &str, number: &str, label: &str) -> KeyValues {
    let place = ["line", "blf", "speed", "park"].iter().position(|it| *it == kind);
    KeyValues {
        place: place.map_or(1, |at| at as u8 + 1),
        kind: kind.into(),
        number: number.into(),
        label: label.into(),
    }
}

/// As many keys as there can be, for what a file costs at most.
pub(super) fn all_keys() -> Vec<KeyValues> {
    let each = |at: usize| KeyValues {
        place: at as u8 + 1,
        ..key(["blf", "speed", "park"][at % 3], "2204", "Anna Schmidt")
    };
    (0..exchange::limits::KEYS_MAX).map(each).collect()
}

fn line(number: u8, name: &str) -> LineValues {
    let extension = if name.is_empty() { String::new() } else { format!("20{number}") };
    LineValues {
        number,
        login: format!("h7k2m9q4-{number}"),
        password: format!("secret-{number}-Zt8vR3nLq6Wd"),
        label: if name.is_empty() { "abcdef".into() } else { format!("{extension} {name}") },
        extension,
        name: name.into(),
    }
}
