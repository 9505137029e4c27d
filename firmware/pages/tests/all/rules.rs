//! The pages of the rules by which phones are taken in, in every state worth looking at.

use crate::office::{away_device, before, registered_device, NOW, VIEWER};
use exchange::cause::Cause;
use exchange::command::{Refusal, RuleFlaw, SeatFlaw};
use exchange::names::{text, Mac, Side};
use exchange::time::{Wall, MINUTE_MS, SECOND_MS};
use exchange::view::{
    DeviceView, PortsUsed, Profile, Remote, RulesView, SetBy, StrangersView, Switch, SwitchRow,
    Transport, TurnedAwayRow,
};
use pages::form::{self, AddForm, Fields, RuleForm};
use pages::Html;
use std::net::Ipv4Addr;

const ADMIN: Ipv4Addr = Ipv4Addr::new(192, 168, 10, 20);

pub(crate) fn rules() -> RulesView {
    let disabled = Profile::Guarded.disabled();
    let by = [
        None,
        Some(SetBy { source: ADMIN, at: Some(Wall(1_741_100_000)) }),
        Some(SetBy { source: ADMIN, at: None }),
    ];
    let switches = [0, 1, 2].map(|place| SwitchRow {
        switch: Switch::ALL[place],
        disabled: disabled[place],
        by: by[place],
    });
    RulesView {
        now: NOW,
        switches,
        profile: Some(Profile::Guarded),
        lan_gate: None,
        wan_gate: Some(NOW.mono.after_ms(12 * MINUTE_MS)),
        has_key: true,
        wan_url: Some("https://203.0.113.2/prov/".to_string()),
        reach: None,
        wan_address: Some(Ipv4Addr::new(203, 0, 113, 2)),
        has_install_pin: true,
        has_wan: true,
        remote: 3,
        read_only: false,
    }
}

fn row(last: u8, side: Side, count: u32, cause: Cause) -> TurnedAwayRow {
    TurnedAwayRow {
        mac: Mac([0, 0x15, 0x65, 0x2f, 9, last]),
        maker: (last != 3).then_some("Yealink"),
        model: text(if last == 3 { "" } else { "T46U" }),
        side,
        address: (last != 3).then_some(Ipv4Addr::new(198, 51, 100, last)),
        count,
        last: before(u64::from(last) * 20 * SECOND_MS),
        cause,
        ignored: last == 3,
    }
}

pub(crate) fn strangers() -> StrangersView {
    StrangersView {
        now: NOW,
        rows: vec![
            row(1, Side::Lan, 1, Cause::CreationClosed(Side::Lan)),
            row(2, Side::Wan, 17, Cause::WrongKey),
            row(3, Side::Lan, 4, Cause::CreationClosed(Side::Lan)),
        ],
        banned: vec![Mac([0x3c, 0x2a, 0xf4, 0x11, 9, 1])],
        read_only: false,
    }
}

fn typed(body: &str) -> Fields {
    Fields::parse(body.as_bytes()).unwrap()
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let voip = |view: &RulesView, echo| pages::voip(view, &VIEWER, echo);
    let shown = RuleForm { shown: Some("abcdefghijkmnpqr".to_string()), ..RuleForm::default() };
    let wrong = RuleForm {
        password_error: Some("This is not your password.".to_string()),
        ..RuleForm::default()
    };
    let own = RulesView { profile: None, wan_gate: None, ..rules() };
    let bare = RulesView {
        has_wan: false,
        has_key: false,
        wan_url: None,
        wan_address: None,
        has_install_pin: false,
        lan_gate: Some(NOW.mono.after_ms(40 * SECOND_MS)),
        ..rules()
    };
    let fixed = RulesView { read_only: true, ..rules() };
    let behind = Some(Ipv4Addr::new(192, 168, 1, 7));
    let behind = RulesView { wan_address: behind, has_install_pin: false, ..rules() };
    let named = Some("phones.example.com".to_string());
    let named = RulesView { reach: named, wan_address: None, ..rules() };
    let unreachable = RuleFlaw::BadReach;
    let unreachable = RuleForm::refused_field(&typed("reach=a_b+%3C"), Refusal::Rule(unreachable));
    let bad_pin = RuleForm::refused_field(&typed("pin=12"), Refusal::Seat(SeatFlaw::BadPin));
    let too_long = RuleForm::refused(Refusal::Rule(RuleFlaw::GateTooLong));
    let none = StrangersView { rows: Vec::new(), banned: Vec::new(), ..strangers() };
    let read_only = StrangersView { read_only: true, ..strangers() };
    let full = RuleForm::refused(Refusal::Rule(RuleFlaw::BansFull));
    let near = RuleFlaw::NearStranger(Mac([0, 0x15, 0x65, 0x2f, 9, 1]));
    let near = AddForm::refused(
        &typed("mac=0015652f0901&maker=yealink&model=T46U&remote=yes"),
        Refusal::Rule(near),
    );
    let bad = *form::add(&typed("mac=0015652f0901&maker=acme&model=X")).err().unwrap();
    let add = |form: &AddForm| pages::handsets(&crate::office::quiet_office(), &VIEWER, Some(form));
    vec![
        ("voip", voip(&rules(), None)),
        ("voip-own", voip(&own, Some(&too_long))),
        ("voip-bare", voip(&bare, None)),
        ("voip-shown", voip(&rules(), Some(&shown))),
        ("voip-wrong", voip(&rules(), Some(&wrong))),
        ("voip-read-only", voip(&fixed, None)),
        ("voip-behind", voip(&behind, None)),
        ("voip-named", voip(&named, None)),
        ("voip-unreachable", voip(&named, Some(&unreachable))),
        ("voip-bad-pin", voip(&rules(), Some(&bad_pin))),
        ("strangers", pages::strangers(&strangers(), &VIEWER, None)),
        ("strangers-none", pages::strangers(&none, &VIEWER, None)),
        ("strangers-full", pages::strangers(&strangers(), &VIEWER, Some(&full))),
        ("strangers-read-only", pages::strangers(&read_only, &VIEWER, None)),
        ("handsets-near", add(&near)),
        ("handsets-bad-make", add(&bad)),
    ]
}

/// Pages of handsets that are used from the WAN.
pub(crate) fn remote() -> Vec<(&'static str, Html)> {
    let ports = PortsUsed {
        transport: Transport::Udp,
        sip: Some(5_061),
        keep_alive_s: Some(25),
        voice: Some((16_394, Some(16_403))),
    };
    let of = |remote, ports, view| DeviceView { remote, ports: Some(ports), ..view };
    let remote = |remote, view: DeviceView| of(remote, ports, view);
    let by_tls = PortsUsed { transport: Transport::Tls, voice: Some((16_394, None)), ..ports };
    let unsaid = PortsUsed { sip: None, keep_alive_s: None, voice: None, ..ports };
    let forwarded = PortsUsed { keep_alive_s: None, ..ports };
    let at = |ports| pages::device(&of(Remote::Claimed, ports, registered_device()), &VIEWER, None);
    vec![
        (
            "device-remote",
            pages::device(&remote(Remote::Claimed, registered_device()), &VIEWER, None),
        ),
        ("device-by-tls", at(by_tls)),
        ("device-ports-unsaid", at(unsaid)),
        ("device-forwarded", at(forwarded)),
        ("device-awaited", pages::device(&remote(Remote::Awaited, away_device()), &VIEWER, None)),
        ("device-shown", pages::device_shown(&registered_device(), &VIEWER, "abcdefghijkmnpqr")),
    ]
}

#[test]
fn the_switches_are_called_as_installers_know_them() {
    let page = pages::voip(&rules(), &VIEWER, None);
    for label in [
        "Disable Phone Creates via LAN Plug-and-Play",
        "Disable Phone Creates via WAN (Remote Phone) Plug-and-Play",
        "Disable Assign User at Phone",
    ] {
        assert!(page.contains(label), "{label}");
    }
    assert!(page.contains("even when it brings the right secret key"));
}

#[test]
fn what_is_wrong_with_the_install_pin_stands_beside_it_and_is_not_shown_again() {
    let form = RuleForm::refused_field(&typed("pin=12"), Refusal::Seat(SeatFlaw::BadPin));
    let page = pages::voip(&rules(), &VIEWER, Some(&form));
    assert!(page.contains("A PIN has 4 to 8 digits and nothing else."));
    assert!(!page.contains("value=\"12\""));
}
