//! Everything that the policy keeps, and who sits where, in a text.

use super::*;
use crate::backup::certificates::tests::some as certificates;
use crate::certificates::CertificatePlace;
use crate::policy::Switch;
use crate::secret::{PnpKey, Remote, RemoteToken};

const GUEST: [u8; 6] = [0x00, 0x15, 0x65, 0x12, 0x34, 9];
const APP: [u8; 6] = [0x03, 0x53, 1, 2, 3, 4];

fn created(handset: u16, mac: [u8; 6], seed: u8) -> Event {
    Event::HandsetCreated {
        handset: HandsetNo(handset),
        mac,
        origin: 2,
        family: 0,
        model: names::text("Front \"door\""),
        firmware: names::text(""),
        web: WebSecret([seed; 10]),
        login: LoginId([seed; 5]),
        secret: LineSecret([seed; 15]),
    }
}

/// Every event of the policy, in an order in which each leaves something.
fn everything() -> Vec<Event> {
    let mark = |handset, seed, claimed| {
        let mark = Some(Remote { token: RemoteToken([seed; 16]), claimed });
        Event::RemoteMarked { handset: HandsetNo(handset), mark }
    };
    let switch =
        |switch, disabled, at| Event::SwitchSet { switch, disabled, by: [10, 1, 0, 200], at };
    let ban = |last, banned| Event::MacBanned { mac: [0, 0x0b, 0x82, 0, 0, last], banned };
    let mut facts = vec![
        switch(Switch::LanCreates, true, Some(1_764_528_000)),
        switch(Switch::WanCreates, false, None),
        switch(Switch::AssignAtPhone, true, Some(7)),
        Event::PnpKeyDrawn { key: PnpKey([0x5a; 10]) },
        ban(1, true),
        ban(2, true),
        ban(2, false),
        Event::ReachSet { host: Some("phones.example.com".to_string()) },
        created(1, [0x00, 0x15, 0x65, 0x12, 0x34, 1], 0x11),
        mark(1, 0x61, true),
        created(2, [0x00, 0x15, 0x65, 0x12, 0x34, 2], 0x12),
        mark(2, 0x62, false),
        created(3, APP, 0x13),
        mark(3, 0x63, true),
        created(4, GUEST, 0x14),
        Event::HandsetBanned { handset: HandsetNo(4) },
        Event::PasswordsDrawn {
            handset: HandsetNo(1),
            web: WebSecret([0x71; 10]),
            lines: vec![LineSecret([0x72; 15])],
        },
    ];
    facts.extend(people::some(HandsetNo(2)));
    facts.extend(certificates());
    facts.push(Event::BackupKeySet { key: key() });
    facts
}

/// What of it is secret, as it stands in a clear text.
fn secrets(state: &Durable) -> Vec<String> {
    let mut all = vec![crate::secret::spell(&[0x5a; 10]), "90817263".to_string()];
    all.push("706050".to_string());
    for (_, handset) in state.handsets() {
        all.push(handset.web.text());
        all.extend(handset.lines.iter().map(|line| line.secret.text()));
        all.extend(handset.remote.map(|remote| remote.token.text()));
    }
    all.push(crate::secret::spell(b"the authority's key"));
    all
}

#[test]
fn all_of_the_policy_comes_back_sealed_and_in_clear() {
    let state = state_of(&everything());
    let blank = Durable::default();
    for how in [Secrets::Clear, Secrets::Sealed(&key())] {
        let text = write(&state, how);
        let read = read_onto(&text, Some(&key()), &blank).unwrap_or_else(|it| panic!("{it:?}"));
        let mut again = state_of(&read.facts);
        // A clear text says no passphrase.
        again.apply(&Event::BackupKeySet { key: key() });
        assert!(facts_of(&again) == facts_of(&state), "{text}");
        assert_eq!(read.changes.drawn, 0);
        let clear = matches!(how, Secrets::Clear);
        for secret in secrets(&state) {
            assert_eq!(text.contains(&secret), clear, "{secret}");
        }
    }
    // What the facts left: who is banned, and who is not; what has no hardware address.
    let bans: Vec<String> = state.rules().banned().map(|mac| mac.to_string()).collect();
    assert_eq!(bans, ["00:0b:82:00:00:01", "00:15:65:12:34:09"]);
    let app = state.handset_of(wire::Mac(APP)).map(|(_, known)| known);
    assert!(app.is_some_and(|app| app.is_generic() && app.is_remote()));
    assert!(state.certificates().get(CertificatePlace::Installed).is_some());
}

#[test]
fn what_is_left_out_of_the_policy_stays_as_the_box_has_it() {
    let state = state_of(&everything());
    let text = write(&state, Secrets::LeftOut);
    assert!(secrets(&state).iter().all(|secret| !text.contains(secret)));
    let read = read_onto(&text, None, &state).unwrap_or_else(|it| panic!("{it:?}"));
    assert!(facts_of(&state_of(&read.facts)) == facts_of(&state), "{text}");
    assert_eq!(read.changes.drawn, 0);
    // A box that knows nothing of it draws passwords and tokens, and has no key until it is asked.
    let read = read_onto(&text, None, &Durable::default()).unwrap_or_else(|it| panic!("{it:?}"));
    let other = state_of(&read.facts);
    assert_eq!(read.changes.drawn, 3);
    assert!(other.rules().key().is_none() && other.has_install_pin());
    assert_eq!(other.reach(), Some("phones.example.com"));
    let tokens = |state: &Durable| {
        let remote = state.handsets().filter_map(|(_, handset)| handset.remote);
        remote.map(|remote| remote.token.text()).collect::<Vec<_>>()
    };
    assert_eq!(tokens(&other).len(), 3);
    assert!(tokens(&state).iter().all(|token| !tokens(&other).contains(token)));
}

#[test]
fn what_is_wrong_with_the_policy_is_told_with_its_line() {
    let text = "dialtone-state 1\n\
        reach host=phones.example.com\n\
        reach host=other.example.com\n\
        reach host=127.0.0.1\n\
        reach host=a_b\n\
        ban mac=03:53:00:00:00:01\n\
        handset number=1 mac=01:00:5e:00:00:01 maker=generic\n\
        handset number=2 mac=03:53:00:00:00:01 maker=generic\n\
        line handset=2 place=1 login=aebagbaf\n";
    let host = "has to be an IP address or a name such as phones.example.com.";
    let mac = "has to be a MAC address such as 00:15:65:12:34:56.";
    let expected = format!(
        "line 3: `reach` is in line 2 already.\n\
        line 4: `host` {host}\n\
        line 5: `host` {host}\n\
        line 6: `mac` {mac}\n\
        line 7: `mac` {mac}\n"
    );
    assert_eq!(wrong(text), expected);
}
