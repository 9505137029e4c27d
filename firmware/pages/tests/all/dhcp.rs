//! The page DHCP, in every state worth looking at.

use crate::office::{before, NOW, VIEWER};
use exchange::board::Network;
use exchange::catalog::{Elsewhere, Family};
use exchange::names::Mac;
use exchange::view::{DhcpView, LanServed, OtherServer, Serving, Whom};
use pages::form::{self, Fields};
use pages::{Html, Wanted};
use std::net::Ipv4Addr;

const ELDER: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 9);

fn other(elder: bool, mac: bool) -> OtherServer {
    OtherServer {
        server: ELDER,
        mac: mac.then_some(Mac([0, 0x0c, 0x42, 1, 2, 3])),
        maker: mac.then_some("MikroTik"),
        elder,
        since: before(3_600_000),
        last: before(4_000),
    }
}

pub(crate) fn view(serving: Serving, whom: Whom, others: Vec<OtherServer>) -> DhcpView {
    let first = Ipv4Addr::new(192, 168, 10, 50);
    DhcpView {
        now: NOW,
        serving,
        lans: vec![LanServed {
            network: Network::new(first, 24).unwrap(),
            relayed: false,
            first,
            last: Ipv4Addr::new(192, 168, 10, 250),
            server: Some(Ipv4Addr::new(192, 168, 10, 1)),
            whom,
            elder: others.iter().find(|it| it.elder).map(|it| it.server),
            looks: true,
        }],
        others,
        read_only: false,
        http_port: 80,
        directory: "prov".to_string(),
        makers: vec![Family::Snom, Family::Yealink],
    }
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let page = |view: &DhcpView, wanted| pages::dhcp(view, &VIEWER, wanted, None);
    let plain = |serving, whom, others| page(&view(serving, whom, others), Wanted::default());
    let lines = Wanted { server: Some(Elsewhere::Dnsmasq), maker: None };
    let kea = Wanted { server: Some(Elsewhere::Kea), maker: Some(Family::Polycom) };
    let off = view(Serving::Off, Whom::Nobody, vec![other(false, true)]);
    let nobody = DhcpView {
        makers: Vec::new(),
        read_only: true,
        ..view(Serving::All, Whom::Everybody, Vec::new())
    };
    let refused = pages::dhcp(&off, &VIEWER, Wanted::default(), Some("The flash memory is full."));
    vec![
        ("dhcp", plain(Serving::Automatic, Whom::Everybody, Vec::new())),
        ("dhcp-looking", plain(Serving::Automatic, Whom::Known, Vec::new())),
        ("dhcp-elder", plain(Serving::Automatic, Whom::Phones, vec![other(true, true)])),
        ("dhcp-later", plain(Serving::Automatic, Whom::Everybody, vec![other(false, false)])),
        ("dhcp-phones-only", plain(Serving::PhonesOnly, Whom::Phones, vec![other(false, true)])),
        ("dhcp-off", page(&off, lines)),
        ("dhcp-kea", page(&off, kea)),
        ("dhcp-nobody", page(&nobody, lines)),
        ("dhcp-refused", refused),
    ]
}

fn fields(body: &str) -> Fields {
    Fields::parse(body.as_bytes()).unwrap()
}

#[test]
fn what_happens_now_is_said_with_its_reason() {
    let said = |name: &str| all().into_iter().find(|(it, _)| *it == name).unwrap().1;
    assert!(said("dhcp").contains("Everybody is answered: no other DHCP server was heard."));
    assert!(said("dhcp-looking").contains("the box looks for some seconds whether another"));
    let elder =
        "Only phones are answered: the server 192.168.10.9 was here before the box gave its \
        first address, so it goes on serving everybody else.";
    assert!(said("dhcp-elder").contains(elder));
    assert!(said("dhcp-elder").contains("192.168.10.9 (MikroTik, MAC 00:0c:42:01:02:03)"));
    assert!(said("dhcp-later").contains("although another server answers too: it came after"));
    assert!(said("dhcp-later").contains("So far only a client has named it."));
    assert!(said("dhcp-off").contains("told where their configuration is all the same"));
}

#[test]
fn a_choice_is_one_of_four_and_nothing_else() {
    for serving in Serving::ALL {
        assert!(form::serving(&fields(&format!("serve={}", serving.id()))).is_some());
    }
    for body in ["", "serve=", "serve=All", "serve=none", "other=all"] {
        assert!(form::serving(&fields(body)).is_none(), "{body}");
    }
    let wanted = form::lines(&fields("for=kea&maker=snom"));
    assert_eq!((wanted.server, wanted.maker), (Some(Elsewhere::Kea), Some(Family::Snom)));
    let wanted = form::lines(&fields("for=bind&maker=acme"));
    assert_eq!((wanted.server, wanted.maker), (None, None));
}
