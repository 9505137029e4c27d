//! Values for tests: one site, and handsets with as many lines as wanted.

use exchange::render::{HandsetValues, LineValues, SiteValues, Values};
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
        "alcatel/sipconfig.txt" | "avaya/mac.txt" => 1,
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
    }
}

/// Values of a file common to all phones.
pub(super) fn common(zone_name: &str) -> Values {
    Values { handset: None, model: "T46U".into(), site: site(zone_name) }
}

/// Values of a handset; `name` is who sits there, or empty while nobody does.
pub(super) fn handset(zone_name: &str, lines: u8, name: &str) -> Values {
    let handset = HandsetValues {
        mac: "805ec0abcdef".into(),
        mac_upper: "805EC0ABCDEF".into(),
        mac_colons: "80:5e:c0:ab:cd:ef".into(),
        web_password: "web-7Hq2mKp9xW".into(),
        lines: (1..=lines).map(|number| line(number, name)).collect(),
    };
    Values { handset: Some(handset), ..common(zone_name) }
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
