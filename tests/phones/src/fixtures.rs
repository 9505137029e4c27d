//! Who a phone is: the strings and lists of its maker, each with its origin.
//!
//! The fixtures are compiled in from `tests/golden/phones` and read once. A form is a string with
//! names in braces, such as `{mac}`; [`Identity::expand`] fills it in.

use serde::Deserialize;
use std::sync::OnceLock;

/// A phone maker, or a plain PC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// Yealink.
    Yealink,
    /// Snom.
    Snom,
    /// Polycom and Poly.
    Polycom,
    /// Grandstream.
    Grandstream,
    /// Cisco SPA 300 and 500.
    CiscoSpa,
    /// Linksys SPA 900.
    Linksys,
    /// Aastra with SIP firmware.
    Aastra,
    /// No phone at all.
    Pc,
}

impl std::fmt::Display for Maker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Maker::Yealink => "Yealink",
            Maker::Snom => "Snom",
            Maker::Polycom => "Polycom",
            Maker::Grandstream => "Grandstream",
            Maker::CiscoSpa => "Cisco",
            Maker::Linksys => "Linksys",
            Maker::Aastra => "Aastra",
            Maker::Pc => "PC",
        })
    }
}

/// A maker together with the way its phones are set to find their server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Yealink that asks by multicast first, then reads options 66 and 43.
    YealinkPnp,
    /// A Yealink with multicast switched off.
    YealinkHttp,
    /// A Snom that asks by multicast first, then reads options 43, 66 and 67.
    SnomPnp,
    /// A Snom with multicast switched off.
    SnomHttp,
    /// A Polycom: options 160 and 66.
    Polycom,
    /// A Grandstream that asks by multicast first, then reads option 66.
    GrandstreamPnp,
    /// A Grandstream with multicast switched off.
    Grandstream,
    /// A Cisco SPA: options 66, 160, 159 and 150.
    CiscoSpa,
    /// An old Linksys: option 66, by TFTP when that names a host.
    LinksysTftp,
    /// An Aastra: options 43, 160, 159 and 66.
    Aastra,
    /// A plain PC, which wants an address only and registers nothing.
    Pc,
}

impl Kind {
    /// Every kind that is a phone, in a fixed order.
    pub const PHONES: [Kind; 10] = [
        Kind::YealinkPnp,
        Kind::YealinkHttp,
        Kind::SnomPnp,
        Kind::SnomHttp,
        Kind::Polycom,
        Kind::GrandstreamPnp,
        Kind::Grandstream,
        Kind::CiscoSpa,
        Kind::LinksysTftp,
        Kind::Aastra,
    ];

    /// The maker of this kind.
    pub fn maker(self) -> Maker {
        match self {
            Kind::YealinkPnp | Kind::YealinkHttp => Maker::Yealink,
            Kind::SnomPnp | Kind::SnomHttp => Maker::Snom,
            Kind::Polycom => Maker::Polycom,
            Kind::GrandstreamPnp | Kind::Grandstream => Maker::Grandstream,
            Kind::CiscoSpa => Maker::CiscoSpa,
            Kind::LinksysTftp => Maker::Linksys,
            Kind::Aastra => Maker::Aastra,
            Kind::Pc => Maker::Pc,
        }
    }

    /// Whether this kind asks by SIP multicast before it reads its DHCP options.
    pub fn asks_pnp(self) -> bool {
        match self {
            Kind::YealinkPnp | Kind::SnomPnp | Kind::GrandstreamPnp => true,
            Kind::YealinkHttp
            | Kind::SnomHttp
            | Kind::Polycom
            | Kind::Grandstream
            | Kind::CiscoSpa
            | Kind::LinksysTftp
            | Kind::Aastra
            | Kind::Pc => false,
        }
    }

    /// The upper four of the 24 bits a maker numbers, so that kinds never share a MAC.
    fn block(self) -> u8 {
        match self {
            Kind::YealinkPnp => 0x0,
            Kind::YealinkHttp => 0x1,
            Kind::SnomPnp => 0x2,
            Kind::SnomHttp => 0x3,
            Kind::Polycom => 0x4,
            Kind::GrandstreamPnp => 0x5,
            Kind::Grandstream => 0x6,
            Kind::CiscoSpa => 0x7,
            Kind::LinksysTftp => 0x8,
            Kind::Pc => 0x9,
            Kind::Aastra => 0xA,
        }
    }
}

/// A fixture's value with the place it was learnt from.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    /// Read by people and by the test that none is empty.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "kept so that a field without it is refused")
    )]
    pub(crate) origin: String,
}

/// What a maker's phone puts into its DHCP messages.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DhcpFixture {
    pub(crate) option60: Sourced<String>,
    pub(crate) option55: Sourced<Vec<u8>>,
    pub(crate) client_id: Sourced<bool>,
    pub(crate) reads: Sourced<Vec<u8>>,
}

/// A form of a User-Agent header.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct AgentFixture {
    pub(crate) user_agent: Sourced<String>,
}

/// The options of a maker's TFTP read request.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TftpFixture {
    pub(crate) options: Sourced<Vec<(String, String)>>,
}

/// The file names a maker's phone asks for, in its order.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FilesFixture {
    pub(crate) names: Sourced<Vec<String>>,
}

/// A maker's multicast request.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PnpFixture {
    pub(crate) port: Sourced<u16>,
    pub(crate) subscribe: Sourced<String>,
}

/// One model of a maker.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Model {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) short: String,
    #[serde(default)]
    pub(crate) psn: String,
    #[serde(default)]
    pub(crate) code: String,
    pub(crate) version: String,
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "kept so that a model without it is refused")
    )]
    pub(crate) origin: String,
}

/// Everything that is known about how a maker's phones speak.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    #[serde(rename = "maker")]
    pub(crate) name: String,
    pub(crate) oui: Sourced<Vec<String>>,
    pub(crate) dhcp: DhcpFixture,
    pub(crate) http: AgentFixture,
    pub(crate) sip: AgentFixture,
    pub(crate) tftp: TftpFixture,
    pub(crate) files: FilesFixture,
    pub(crate) pnp: Option<PnpFixture>,
    pub(crate) model: Vec<Model>,
}

/// The fixture of a maker.
pub(crate) fn fixture(maker: Maker) -> &'static Fixture {
    static YEALINK: OnceLock<Fixture> = OnceLock::new();
    static SNOM: OnceLock<Fixture> = OnceLock::new();
    static POLYCOM: OnceLock<Fixture> = OnceLock::new();
    static GRANDSTREAM: OnceLock<Fixture> = OnceLock::new();
    static CISCO_SPA: OnceLock<Fixture> = OnceLock::new();
    static LINKSYS: OnceLock<Fixture> = OnceLock::new();
    static AASTRA: OnceLock<Fixture> = OnceLock::new();
    static PC: OnceLock<Fixture> = OnceLock::new();
    let cell = match maker {
        Maker::Yealink => &YEALINK,
        Maker::Snom => &SNOM,
        Maker::Polycom => &POLYCOM,
        Maker::Grandstream => &GRANDSTREAM,
        Maker::CiscoSpa => &CISCO_SPA,
        Maker::Linksys => &LINKSYS,
        Maker::Aastra => &AASTRA,
        Maker::Pc => &PC,
    };
    // The text is compiled in and a test reads every one, so the default is never seen.
    cell.get_or_init(|| toml::from_str(text(maker)).unwrap_or_default())
}

fn text(maker: Maker) -> &'static str {
    match maker {
        Maker::Yealink => include_str!("../../golden/phones/yealink.toml"),
        Maker::Snom => include_str!("../../golden/phones/snom.toml"),
        Maker::Polycom => include_str!("../../golden/phones/polycom.toml"),
        Maker::Grandstream => include_str!("../../golden/phones/grandstream.toml"),
        Maker::CiscoSpa => include_str!("../../golden/phones/cisco_spa.toml"),
        Maker::Linksys => include_str!("../../golden/phones/linksys.toml"),
        Maker::Aastra => include_str!("../../golden/phones/aastra.toml"),
        Maker::Pc => include_str!("../../golden/phones/pc.toml"),
    }
}

/// Who one phone is, with the strings it sends over and over made once.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) kind: Kind,
    pub(crate) fixture: &'static Fixture,
    pub(crate) model: &'static Model,
    pub(crate) mac: [u8; 6],
    pub(crate) mac_lower: String,
    pub(crate) mac_upper: String,
    pub(crate) option60: String,
    pub(crate) http_agent: String,
    pub(crate) sip_agent: String,
}

impl Identity {
    /// The phone number `index` of `kind`: the low 20 bits of `index` end its MAC, and models and
    /// OUIs take turns.
    pub(crate) fn new(kind: Kind, index: u32) -> Self {
        static NO_MODEL: Model = Model {
            name: String::new(),
            short: String::new(),
            psn: String::new(),
            code: String::new(),
            version: String::new(),
            origin: String::new(),
        };
        let fixture = fixture(kind.maker());
        let turn = usize::try_from(index).unwrap_or(0);
        let model = pick(&fixture.model, turn).unwrap_or(&NO_MODEL);
        let oui = pick(&fixture.oui.value, turn).map_or(0, |hex| hex_u32(hex));
        let [_, o1, o2, o3] = oui.to_be_bytes();
        let [_, n1, n2, n3] = (index & 0x000F_FFFF).to_be_bytes();
        let mac = [o1, o2, o3, (kind.block() << 4) | n1, n2, n3];
        let mac_lower: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut identity = Identity {
            kind,
            fixture,
            model,
            mac,
            mac_upper: mac_lower.to_uppercase(),
            mac_lower,
            option60: String::new(),
            http_agent: String::new(),
            sip_agent: String::new(),
        };
        identity.option60 = identity.expand(&fixture.dhcp.option60.value, &[]);
        identity.http_agent = identity.expand(&fixture.http.user_agent.value, &[]);
        identity.sip_agent = identity.expand(&fixture.sip.user_agent.value, &[]);
        identity
    }

    /// Fills the names in braces of `form`; `extra` gives names of the moment. An unknown name
    /// stays as it is.
    pub(crate) fn expand(&self, form: &str, extra: &[(&str, &str)]) -> String {
        let mut out = String::with_capacity(form.len() + 32);
        let mut rest = form;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((name, tail)) = after.split_once('}') else {
                out.push('{');
                rest = after;
                continue;
            };
            match extra.iter().find(|(key, _)| *key == name) {
                Some((_, value)) => out.push_str(value),
                None => self.fill(name, &mut out),
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn fill(&self, name: &str, out: &mut String) {
        match name {
            "mac" => out.push_str(&self.mac_lower),
            "MAC" => out.push_str(&self.mac_upper),
            "mac:" => out.push_str(&self.mac_colons()),
            "MAC-" => out.push_str(&self.mac_colons().to_uppercase().replace(':', "-")),
            "model" => out.push_str(&self.model.name),
            "model_lower" => out.push_str(&self.model.name.to_lowercase()),
            "short" => out.push_str(&self.model.short),
            "psn" => out.push_str(&self.model.psn),
            "code" => out.push_str(&self.model.code),
            "version" => out.push_str(&self.model.version),
            "serial" => {
                out.push_str("CBT");
                out.push_str(self.mac_upper.get(4..).unwrap_or(""));
            }
            unknown => {
                out.push('{');
                out.push_str(unknown);
                out.push('}');
            }
        }
    }

    /// The MAC as `00:15:65:00:00:01`.
    pub(crate) fn mac_colons(&self) -> String {
        let [a, b, c, d, e, f] = self.mac;
        format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

fn pick<T>(items: &[T], turn: usize) -> Option<&T> {
    items.get(turn.checked_rem(items.len()).unwrap_or(0))
}

fn hex_u32(hex: &str) -> u32 {
    u32::from_str_radix(hex, 16).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAKERS: [Maker; 8] = [
        Maker::Yealink,
        Maker::Snom,
        Maker::Polycom,
        Maker::Grandstream,
        Maker::CiscoSpa,
        Maker::Linksys,
        Maker::Aastra,
        Maker::Pc,
    ];

    #[test]
    fn every_fixture_is_read_and_every_field_names_its_origin() {
        for maker in MAKERS {
            let read: Fixture = toml::from_str(text(maker)).expect("the fixture is TOML");
            assert!(!read.name.is_empty() && !read.model.is_empty(), "{maker:?}");
            let mut origins: Vec<&str> = read.model.iter().map(|m| m.origin.as_str()).collect();
            origins.extend([read.oui.origin.as_str(), read.dhcp.option60.origin.as_str()]);
            origins.extend([&read.dhcp.option55.origin, &read.dhcp.client_id.origin].map(|s| &**s));
            origins.extend([&read.dhcp.reads.origin, &read.http.user_agent.origin].map(|s| &**s));
            origins.extend([&read.sip.user_agent.origin, &read.tftp.options.origin].map(|s| &**s));
            origins.push(&read.files.names.origin);
            if let Some(pnp) = &read.pnp {
                origins.extend([pnp.port.origin.as_str(), pnp.subscribe.origin.as_str()]);
            }
            assert!(origins.iter().all(|origin| origin.len() >= 4), "{maker:?}: {origins:?}");
        }
    }

    #[test]
    fn no_two_kinds_share_a_mac_and_no_form_keeps_a_brace() {
        let mut seen = std::collections::BTreeSet::new();
        for kind in Kind::PHONES {
            for index in 0..8 {
                let who = Identity::new(kind, index);
                assert!(seen.insert(who.mac), "{kind:?} {index}");
                for text in [&who.option60, &who.http_agent, &who.sip_agent] {
                    assert!(!text.is_empty() && !text.contains('{'), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_yealink_names_itself_as_in_its_fixture() {
        let who = Identity::new(Kind::YealinkHttp, 1);
        assert_eq!(who.http_agent, "Yealink SIP-T31G 124.85.257.55 00:15:65:10:00:01");
        assert_eq!(who.option60, "yealink");
        assert_eq!(Identity::new(Kind::Polycom, 0).option60, "Polycom-VVX450");
    }
}
