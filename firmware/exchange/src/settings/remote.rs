//! What a handset that is used from the WAN gets of its own where nobody has set anything: ports
//! that no other handset has, how often it keeps its way open, and TLS.
//!
//! Several phones may be behind one address, whose router can forward a port to one of them only.
//! The ports follow from the handset's number, which stays for its life: they need no table and
//! differ at whatever site it is plugged in. Handset `n` has SIP port 5059 + n and the ten ports
//! for voice from 16374 + 10 n on, so that the first has those that installers know: 5060, and
//! 16384 to 16393. Past number 1024 they begin anew. Where a maker's phones have a SIP port for
//! each line, the templates give the second one 1024 more, and so on.
//!
//! Its lines reach the box by TLS where the box speaks it, the maker's files can say it and the
//! model is known to come to trust the box; else by UDP.

use super::values::values;
use super::{Ports, Setting, Transport};
use crate::catalog::Family;
use crate::layer::Whom;
use crate::limits::{HANDSETS_MAX, LINES_MAX};
use crate::names::HandsetNo;
use crate::office::Office;
use crate::render::SettingValues;
use crate::view::PortsUsed;
use alloc::string::{String, ToString};
use wire::Mac;

/// How many handsets have ports of their own.
const PLANS: u16 = 1_024;
/// How far the SIP ports of two lines are apart, as templates reckon them.
const LINES_APART: u16 = PLANS;
const SIP_FIRST: u16 = 5_060;
const RTP_FIRST: u16 = 16_384;
/// Ports for voice of one phone: two for each of five calls.
const RTP_EACH: u16 = 10;
/// Less than the 30 s after which many a router forgets (RFC 4787 section 4.3), in seconds.
const KEEP_ALIVE_S: u16 = 25;

const _: () = assert!(PLANS as usize >= HANDSETS_MAX);
const _: () = assert!(SIP_FIRST + LINES_APART * LINES_MAX as u16 <= RTP_FIRST);
const _: () = assert!(RTP_FIRST as u32 + PLANS as u32 * RTP_EACH as u32 <= u16::MAX as u32);

/// The settings in force for somebody, but for passwords and what was of the site before.
pub(crate) fn in_force(office: &Office, whom: Whom<'_>) -> SettingValues {
    let mut settings = values(office.durable.settings(), whom);
    if let Some(handset) = remote(office, whom) {
        fill(&mut settings, handset);
    }
    settings.transport = transport(office, whom);
    settings
}

/// What a setting is for somebody where no layer says anything; `None` where the phone stays as it
/// is.
pub(super) fn shown(office: &Office, whom: Whom<'_>, setting: Setting) -> Option<String> {
    let mut own = SettingValues::default();
    if let Some(handset) = remote(office, whom) {
        fill(&mut own, handset);
    }
    let all = [
        (Setting::SipPort, own.sip_port.map(|port| port.to_string())),
        (Setting::RtpPorts, own.rtp.map(|ports| ports.to_string())),
        (Setting::KeepAlive, own.keep_alive_s.map(|seconds| seconds.to_string())),
        (Setting::Transport, Some(transport(office, whom).word().to_string())),
    ];
    all.into_iter().find(|(of, _)| *of == setting).and_then(|(_, value)| value)
}

/// Which ports a handset uses at its site; `None` for one that is kept to the LAN.
pub(crate) fn ports_used(office: &Office, mac: Mac) -> Option<PortsUsed> {
    let known = office.known(mac);
    let whom = known.whom();
    remote(office, whom)?;
    let settings = in_force(office, whom);
    let said = |setting: Setting, part| is_said(office, whom, setting, part);
    let whole = |setting: Setting| said(setting, setting.id());
    let last = |ports: Ports| said(Setting::RtpPorts, "last_rtp_port").then_some(ports.last);
    let voice = settings.rtp.map(|ports| (ports.first, last(ports)));
    Some(PortsUsed {
        transport: settings.transport,
        sip: settings.sip_port.filter(|_| whole(Setting::SipPort)),
        keep_alive_s: settings.keep_alive_s.filter(|_| whole(Setting::KeepAlive)),
        voice: voice.filter(|_| whole(Setting::RtpPorts)),
    })
}

/// Whether the files of somebody's maker can say a setting, or this part of one.
fn is_said(office: &Office, whom: Whom<'_>, setting: Setting, part: &str) -> bool {
    let family = whom.family.unwrap_or(Family::Generic);
    let cannot = office.catalog.cannot(family, whom.model);
    !cannot.contains(&setting.id()) && !cannot.contains(&part)
}

/// The handset's number, if it is used from the WAN.
fn remote(office: &Office, whom: Whom<'_>) -> Option<HandsetNo> {
    let handset = whom.handset?;
    office.durable.handset(handset)?.remote.map(|_| handset)
}

/// Fills in what nobody has set for this handset.
fn fill(settings: &mut SettingValues, handset: HandsetNo) {
    let plan = handset.0.wrapping_sub(1) % PLANS;
    let first = RTP_FIRST + plan * RTP_EACH;
    settings.sip_port.get_or_insert(SIP_FIRST + plan);
    settings.rtp.get_or_insert(Ports { first, last: first + RTP_EACH - 1 });
    settings.keep_alive_s.get_or_insert(KEEP_ALIVE_S);
}

/// By what somebody's lines reach the box: what is set, or shipped, as far as it is possible.
fn transport(office: &Office, whom: Whom<'_>) -> Transport {
    let set = office.durable.settings().resolve(whom, Setting::Transport).0;
    let trusts = || {
        let known = whom.family.is_some_and(|family| office.catalog.trusts(family, whom.model));
        (known && remote(office, whom).is_some()).then_some(Transport::Tls)
    };
    let wanted = set.and_then(Transport::read).or_else(trusts).unwrap_or_default();
    let said = |part| is_said(office, whom, Setting::Transport, part);
    let possible = match wanted {
        Transport::Udp => true,
        Transport::Tcp => said("transport_tcp"),
        Transport::Tls => office.board.sips_port.is_some() && said("transport_tls"),
    };
    if possible {
        wanted
    } else {
        Transport::Udp
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;

    fn plan(number: u16) -> SettingValues {
        let mut settings = SettingValues::default();
        fill(&mut settings, HandsetNo(number));
        settings
    }

    #[test]
    fn the_first_two_phones_have_the_ports_that_installers_know() {
        let of = |number| {
            let it = plan(number);
            (it.sip_port, it.rtp.map(|ports| ports.to_string()), it.keep_alive_s)
        };
        assert_eq!(of(1), (Some(5_060), Some("16384-16393".to_string()), Some(25)));
        assert_eq!(of(2), (Some(5_061), Some("16394-16403".to_string()), Some(25)));
    }

    #[test]
    fn no_two_of_a_thousand_phones_share_a_port_whatever_lines_they_have() {
        let mut taken = BTreeSet::new();
        for number in 1..=PLANS {
            let it = plan(number);
            let ports = it.rtp.unwrap();
            assert_eq!(Setting::RtpPorts.read(&ports.to_string()), Ok(ports.to_string()));
            let lines = (0..LINES_MAX as u16).map(|line| line * LINES_APART);
            let sip = lines.map(|more| it.sip_port.unwrap() + more);
            let all = (ports.first..=ports.last).chain(sip);
            all.for_each(|port| assert!(taken.insert(port), "{number} {port}"));
        }
        for number in [0, PLANS + 1, u16::MAX] {
            assert!(plan(number).sip_port.is_some_and(|port| port >= SIP_FIRST), "{number}");
        }
    }

    #[test]
    fn what_an_admin_has_set_stays() {
        let ports = Ports { first: 20_000, last: 20_009 };
        let mut settings =
            SettingValues { sip_port: Some(7_000), rtp: Some(ports), ..SettingValues::default() };
        fill(&mut settings, HandsetNo(9));
        assert_eq!((settings.sip_port, settings.rtp), (Some(7_000), Some(ports)));
        assert_eq!(settings.keep_alive_s, Some(25));
    }
}
