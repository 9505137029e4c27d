//! Settings of the network: tried, kept from the new address, or taken back by themselves; and what
//! is refused beside which field.

mod support;

use exchange::board::Board;
use exchange::command::{By, Command, Flaw, Refusal};
use exchange::limits::NETWORK_CONFIRM_MS;
use exchange::names::Side;
use exchange::network::{check, Domain, Lan, Settings, Wan};
use exchange::note::Note;
use exchange::time::{Instant, MINUTE_MS};
use phones::builders::{discover, request_init_reboot, request_renewing};
use std::net::Ipv4Addr;
use support::{address, boards, dhcp, Heard, Office, PHONE, PHONE_2};

const NEW: Ipv4Addr = Ipv4Addr::new(10, 7, 0, 1);
const ADMIN: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 200);

fn at(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 7, 0, last)
}

/// 10.7.0.1/24, pool .50 to .99.
fn lan() -> Lan {
    Lan {
        address: NEW,
        prefix: 24,
        first: at(50),
        last: at(99),
        router: Some(at(254)),
        dns: [Ipv4Addr::new(9, 9, 9, 9)].into_iter().collect(),
        domain: Domain::try_from("office.example").unwrap_or_default(),
    }
}

fn wan(last: u8, gateway: Option<u8>) -> Wan {
    let at = |last| Ipv4Addr::new(198, 51, 100, last);
    Wan::Fixed { address: at(last), prefix: 24, gateway: gateway.map(at), dns: None }
}

/// The network behind the relay of [`boards::campus`].
fn in_use() -> Lan {
    let at = |last| Ipv4Addr::new(10, 2, 0, last);
    Lan { address: at(1), first: at(10), last: at(20), router: None, ..lan() }
}

/// An office on a box of its own.
fn office() -> Office {
    let mut office = Office::new(boards::plain);
    office.exchange.set_appliance(NETWORK_CONFIRM_MS);
    office
}

/// The power goes and comes, or the daemon is started anew; it is the same.
fn starts_anew(office: &mut Office) {
    office.restart();
    office.exchange.set_appliance(NETWORK_CONFIRM_MS);
}

fn wish(office: &mut Office, command: Command) -> Result<Heard, Refusal> {
    let by = By { side: Side::Lan, source: ADMIN, seen: None };
    let now = office.now();
    office.exchange.command(now, &by, command)?;
    Ok(office.drain())
}

fn keep(office: &mut Office, through: Ipv4Addr) -> Result<Heard, Refusal> {
    wish(office, Command::KeepNetwork { through })
}

/// Where the pages are, and how long what is in force is still on trial.
fn stands(office: &Office) -> (Option<Ipv4Addr>, Option<Instant>) {
    let view = office.exchange.box_view(office.now());
    (view.lan.map(|lan| lan.address), view.trial)
}

fn time_comes(office: &mut Office, at_ms: u64) -> Heard {
    office.now_ms = at_ms;
    let now = office.now();
    office.exchange.tick(now);
    office.drain()
}

const OLD: Option<Ipv4Addr> = Some(Ipv4Addr::new(10, 1, 0, 1));
const DEADLINE: Option<Instant> = Some(Instant(NETWORK_CONFIRM_MS));

#[test]
fn a_new_address_is_recorded_and_tried_after_a_restart_and_stays_if_somebody_keeps_it() {
    let mut office = office();
    let heard = wish(&mut office, Command::ProposeLan(lan())).ok().unwrap();
    assert_eq!((heard.facts(), heard.restarts), (vec!["NetworkProposed"], 1));
    assert_eq!(heard.notes, [Note::NetworkProposed(ADMIN)]);
    assert_eq!(stands(&office), (OLD, None), "until it starts anew");
    starts_anew(&mut office);
    assert_eq!(stands(&office), (Some(NEW), DEADLINE));
    let heard = keep(&mut office, NEW).ok().unwrap();
    assert_eq!((heard.facts(), heard.restarts), (vec!["NetworkKept"], 0));
    assert_eq!(stands(&office), (Some(NEW), None));
    assert!(time_comes(&mut office, 2 * NETWORK_CONFIRM_MS).facts().is_empty());
    starts_anew(&mut office);
    assert_eq!(stands(&office), (Some(NEW), None));
    assert_eq!(keep(&mut office, NEW).err(), Some(Refusal::NothingOnTrial));
}

#[test]
fn a_new_address_that_nobody_keeps_returns_by_itself() {
    let mut office = office();
    assert!(wish(&mut office, Command::ProposeLan(lan())).is_ok());
    starts_anew(&mut office);
    assert!(office.exchange.next_deadline(office.now().mono) <= Instant(NETWORK_CONFIRM_MS));
    let early = time_comes(&mut office, NETWORK_CONFIRM_MS - 1);
    assert_eq!((early.facts().len(), early.restarts), (0, 0));
    let due = office.exchange.next_deadline(office.now().mono);
    assert!(due <= Instant(NETWORK_CONFIRM_MS), "the loop wakes for it: {due:?}");
    let heard = time_comes(&mut office, NETWORK_CONFIRM_MS);
    assert_eq!((heard.facts(), heard.restarts), (vec!["NetworkReturned"], 1));
    assert_eq!(heard.notes, [Note::NetworkReturned]);
    assert_eq!(time_comes(&mut office, NETWORK_CONFIRM_MS + 500).restarts, 0, "once");
    assert_eq!(keep(&mut office, NEW).err(), Some(Refusal::NothingOnTrial), "too late");
    starts_anew(&mut office);
    assert_eq!(stands(&office), (OLD, None));
}

#[test]
fn a_power_cut_at_any_step_leaves_the_old_the_trial_or_what_was_kept() {
    let mut office = office();
    assert!(wish(&mut office, Command::ProposeLan(lan())).is_ok());
    starts_anew(&mut office);
    time_comes(&mut office, 4 * MINUTE_MS);
    assert!(keep(&mut office, NEW).is_ok());
    assert!(wish(&mut office, Command::ProposeWan(wan(7, None))).is_ok());
    starts_anew(&mut office);
    time_comes(&mut office, NETWORK_CONFIRM_MS);
    let all = office.facts.clone();
    let wan_of = |office: &Office| office.exchange.durable().network().wan;
    let steps = [
        (OLD, None, None),
        (Some(NEW), DEADLINE, None),
        (Some(NEW), None, None),
        (Some(NEW), DEADLINE, Some(wan(7, None))),
        (Some(NEW), None, None),
    ];
    assert_eq!(all.len() + 1, steps.len());
    for (kept, (address, trial, wan)) in steps.into_iter().enumerate() {
        office.facts = all[..kept].to_vec();
        starts_anew(&mut office);
        assert_eq!((stands(&office), wan_of(&office)), ((address, trial), wan), "{kept} records");
        // A snapshot holds the same, and the trial begins anew after every cut.
        let snapshot: Vec<_> = office.exchange.durable().facts().collect();
        office.facts.clear();
        office.restart_with(&snapshot);
        assert_eq!((stands(&office), wan_of(&office)), ((address, trial), wan), "{kept} records");
    }
}

#[test]
fn what_is_on_trial_is_kept_only_by_its_own_address() {
    let mut office = office();
    assert_eq!(keep(&mut office, address(1)).err(), Some(Refusal::NothingOnTrial));
    assert!(wish(&mut office, Command::ProposeLan(lan())).is_ok());
    assert_eq!(keep(&mut office, NEW).err(), Some(Refusal::NothingOnTrial), "not yet in force");
    starts_anew(&mut office);
    let wan_port = Ipv4Addr::new(203, 0, 113, 1);
    for other in [address(1), wan_port, Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED] {
        assert_eq!(keep(&mut office, other).err(), Some(Refusal::NotByNewAddress), "{other}");
    }
    let by = By { side: Side::Wan, source: ADMIN, seen: None };
    let from_wan = office.command_by(&by, Command::KeepNetwork { through: NEW });
    assert_eq!(from_wan, Err(Refusal::WrongSide));
    assert_eq!(stands(&office).1, DEADLINE);
}

#[test]
fn a_second_proposal_builds_upon_the_first_and_returns_with_it() {
    let mut office = office();
    assert!(wish(&mut office, Command::ProposeLan(lan())).is_ok());
    starts_anew(&mut office);
    assert!(wish(&mut office, Command::ProposeWan(Wan::Dhcp)).is_ok());
    starts_anew(&mut office);
    let both = Settings { lan: Some(lan()), wan: Some(Wan::Dhcp) };
    assert_eq!(office.exchange.durable().network(), &both);
    assert_eq!(stands(&office), (Some(NEW), DEADLINE));
    time_comes(&mut office, NETWORK_CONFIRM_MS);
    starts_anew(&mut office);
    assert_eq!(office.exchange.durable().network(), &Settings::default());
    assert_eq!(stands(&office), (OLD, None));
}

#[test]
fn after_the_change_phones_get_addresses_of_the_new_network_and_lose_the_old_ones() {
    let mut office = office();
    assert_eq!((office.boots(PHONE), office.boots(PHONE_2)), (address(10), address(11)));
    assert!(wish(&mut office, Command::ProposeLan(lan())).is_ok());
    starts_anew(&mut office);
    office.hears(&request_init_reboot(PHONE, 1, address(10))).answers(["NAK to all"]);
    office.hears(&request_renewing(PHONE_2, 1, address(11))).answers(["NAK to all"]);
    let offer = office.hears(&discover(PHONE, 2));
    let offer: dhcp::Told = offer.reply();
    let dhcproto_says = offer.message.yiaddr();
    assert!((at(50)..=at(99)).contains(&dhcproto_says), "{dhcproto_says}");
    assert_eq!(offer.option(54), Some(&NEW.octets()[..]));
    assert_eq!(offer.option(1), Some(&[255, 255, 255, 0][..]));
    assert_eq!(offer.option(3), Some(&at(254).octets()[..]));
    assert_eq!(offer.option(6), Some(&[9, 9, 9, 9][..]));
}

#[test]
fn what_a_setting_does_not_name_stays_as_the_file_says() {
    let settings = |lan, wan| Settings { lan, wan };
    let board = boards::campus().with_network(&settings(Some(lan()), None));
    let ports: Vec<_> = board.interfaces.iter().map(|port| (port.address, port.prefix)).collect();
    let wan_port = (Ipv4Addr::new(203, 0, 113, 1), 24);
    assert_eq!(ports, [(NEW, 24), wan_port, (Ipv4Addr::new(10, 3, 0, 1), 24)]);
    let networks: Vec<_> = board.subnets.iter().map(|subnet| subnet.network.address()).collect();
    assert_eq!(networks, [at(0), Ipv4Addr::new(10, 3, 0, 0), Ipv4Addr::new(10, 2, 0, 0)]);
    assert_eq!(board.lan(), Some(lan()));
    let board = boards::furnished().with_network(&settings(None, Some(wan(7, Some(1)))));
    assert_eq!(board.lan(), boards::furnished().lan());
    assert_eq!(board.interfaces[1].address, Ipv4Addr::new(198, 51, 100, 7));
    let board = boards::plain().with_network(&settings(None, Some(Wan::Dhcp)));
    assert!(board.interfaces[1].address.is_unspecified());
    // Nor does anything change what the file has made impossible meanwhile.
    let board = boards::campus().with_network(&settings(Some(in_use()), None));
    assert_eq!(board.lan(), boards::campus().lan());
    let kept = boards::reserving().with_network(&settings(Some(lan()), None));
    assert!(kept.subnets[0].reservations.is_empty(), "they were of the old network");
}

/// A LAN that differs from [`lan`] in one thing.
fn odd(change: impl Fn(&mut Lan)) -> Lan {
    let mut odd = lan();
    change(&mut odd);
    odd
}

#[test]
fn every_lan_that_makes_no_sense_is_refused_beside_its_field() {
    let ip = |text: &str| -> Ipv4Addr { text.parse().unwrap() };
    let table = [
        (odd(|lan| lan.address = Ipv4Addr::new(127, 0, 0, 1)), Flaw::LanAddress),
        (odd(|lan| lan.address = Ipv4Addr::new(224, 0, 1, 75)), Flaw::LanAddress),
        (odd(|lan| lan.address = Ipv4Addr::UNSPECIFIED), Flaw::LanAddress),
        (odd(|lan| lan.address = Ipv4Addr::new(169, 254, 1, 1)), Flaw::LanAddress),
        (odd(|lan| lan.prefix = 7), Flaw::LanPrefix),
        (odd(|lan| lan.prefix = 31), Flaw::LanPrefix),
        (odd(|lan| lan.prefix = 255), Flaw::LanPrefix),
        (odd(|lan| lan.address = at(0)), Flaw::LanEnds),
        (odd(|lan| lan.address = at(255)), Flaw::LanEnds),
        (odd(|lan| lan.first = address(50)), Flaw::FirstOutside),
        (odd(|lan| lan.last = Ipv4Addr::new(10, 7, 1, 9)), Flaw::LastOutside),
        (odd(|lan| lan.last = at(49)), Flaw::Backwards),
        (
            odd(|lan| {
                (lan.prefix, lan.first, lan.last) = (8, ip("10.99.0.0"), ip("10.99.16.0"));
            }),
            Flaw::PoolTooLarge,
        ),
        (odd(|lan| (lan.first, lan.last) = (at(0), at(1))), Flaw::PoolEmpty),
        (odd(|lan| (lan.first, lan.last) = (at(254), at(255))), Flaw::PoolEmpty),
        (odd(|lan| lan.router = Some(address(254))), Flaw::RouterOutside),
        (odd(|lan| lan.router = Some(at(255))), Flaw::RouterOutside),
        (odd(|lan| lan.dns[0] = ip("255.255.255.255")), Flaw::Dns(ip("255.255.255.255"))),
        (odd(|lan| lan.domain = Domain::try_from("a b").unwrap()), Flaw::Domain),
    ];
    let mut office = office();
    for (lan, flaw) in table {
        let refused = wish(&mut office, Command::ProposeLan(lan)).err();
        assert_eq!(refused, Some(Refusal::Network(flaw)));
        assert!(flaw.to_string().ends_with('.'));
    }
    assert!(office.facts.is_empty());
    let same = boards::plain().lan().unwrap();
    assert_eq!(wish(&mut office, Command::ProposeLan(same)).err(), Some(Refusal::Unchanged));
    // Both ends of a network may be in the pool; they are not given out.
    let whole = odd(|lan| (lan.first, lan.last) = (at(0), at(255)));
    assert!(wish(&mut office, Command::ProposeLan(whole)).is_ok());
}

#[test]
fn every_wan_that_makes_no_sense_is_refused_beside_its_field() {
    let fixed = |text: &str, prefix| Wan::Fixed {
        address: text.parse().unwrap(),
        prefix,
        gateway: None,
        dns: None,
    };
    let table = [
        (fixed("0.0.0.0", 24), Flaw::WanAddress),
        (fixed("255.255.255.255", 24), Flaw::WanAddress),
        (fixed("198.51.100.7", 31), Flaw::WanPrefix),
        (fixed("198.51.100.0", 24), Flaw::WanEnds),
        (fixed("10.1.0.77", 24), Flaw::WanMeetsLan),
        (fixed("10.77.0.77", 8), Flaw::WanMeetsLan),
        (wan(7, Some(7)), Flaw::Gateway),
        (wan(7, Some(255)), Flaw::Gateway),
    ];
    let mut office = office();
    for (wan, flaw) in table {
        let refused = wish(&mut office, Command::ProposeWan(wan)).err();
        assert_eq!(refused, Some(Refusal::Network(flaw)), "{wan:?}");
    }
    assert!(wish(&mut office, Command::ProposeWan(wan(7, Some(1)))).is_ok());
    let mut without = boards::plain();
    without.interfaces.truncate(1);
    let settings = Settings { lan: None, wan: Some(Wan::Dhcp) };
    assert_eq!(check(&without, &settings), Err(Flaw::NoWan));
}

#[test]
fn networks_that_meet_are_refused_whoever_comes_second() {
    let in_wan = Lan { address: Ipv4Addr::new(203, 0, 113, 77), ..lan() };
    let in_wan = Lan {
        first: Ipv4Addr::new(203, 0, 113, 80),
        last: Ipv4Addr::new(203, 0, 113, 90),
        router: None,
        ..in_wan
    };
    let of = |lan: &Lan, wan| Settings { lan: Some(lan.clone()), wan };
    assert_eq!(check(&boards::plain(), &of(&in_wan, None)), Err(Flaw::LanMeetsWan));
    assert_eq!(check(&boards::plain(), &of(&in_wan, Some(Wan::Dhcp))), Ok(()));
    let meets = Wan::Fixed { address: at(200), prefix: 24, gateway: None, dns: None };
    assert_eq!(check(&boards::plain(), &of(&lan(), Some(meets))), Err(Flaw::LanMeetsWan));
    for (third, flaw) in [(2, Flaw::LanTaken), (3, Flaw::LanTaken), (1, Flaw::LanTaken)] {
        let at = |last| Ipv4Addr::new(10, third, 0, last);
        let (address, first, last) = (at(1), at(10), at(20));
        let taken = Lan { address, first, last, router: None, ..lan() };
        let expected = if third == 1 { Ok(()) } else { Err(flaw) };
        assert_eq!(check(&boards::campus(), &of(&taken, None)), expected, "10.{third}.0.0");
    }
}

#[test]
fn a_box_that_is_somebody_elses_changes_nothing_and_starts_nothing_anew() {
    let loopback = || -> Board {
        let mut board = boards::plain();
        board.interfaces[0].address = Ipv4Addr::LOCALHOST;
        board
    };
    for (board, refusal) in [
        (boards::plain as fn() -> Board, Refusal::NotAppliance),
        (loopback, Refusal::Demonstration),
    ] {
        let mut office = Office::new(board);
        for command in
            [Command::ProposeLan(lan()), Command::ProposeWan(Wan::Dhcp), Command::Restart]
        {
            assert_eq!(wish(&mut office, command).err(), Some(refusal));
        }
        assert!(office.facts.is_empty() && refusal.to_string().ends_with('.'));
        assert_eq!(office.exchange.box_view(office.now()).hindrance, Some(refusal));
    }
}

#[test]
fn a_box_whose_flash_is_damaged_restarts_but_changes_nothing() {
    let mut office = office();
    assert!(wish(&mut office, Command::ProposeLan(lan())).is_ok());
    starts_anew(&mut office);
    office.exchange.set_read_only();
    assert_eq!(keep(&mut office, NEW).err(), Some(Refusal::NotStored));
    let heard = time_comes(&mut office, NETWORK_CONFIRM_MS);
    assert_eq!((heard.facts().len(), heard.restarts), (0, 0));
    let heard = wish(&mut office, Command::Restart).ok().unwrap();
    assert_eq!((heard.facts().len(), heard.restarts), (0, 1));
    assert_eq!(heard.notes, [Note::Restarting(ADMIN)]);
}
