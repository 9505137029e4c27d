//! Worlds made by hand, each about one thing.

use phones::Kind;
use sim::{run_swarm, Place, Report, Swarm};

fn kept(seed: u64, swarm: &Swarm) -> Report {
    run_swarm(seed, swarm).unwrap_or_else(|failure| panic!("{failure}"))
}

fn phones(count: usize) -> Vec<(Kind, Place)> {
    (0..count).map(|at| (Kind::PHONES[at % Kind::PHONES.len()], Place::Link)).collect()
}

#[test]
fn one_phone_of_any_maker_is_registered_within_a_simulated_second() {
    for kind in Kind::PHONES {
        let mut swarm = Swarm::calm(vec![(kind, Place::Link)]);
        swarm.delay_ms = 1;
        swarm.flush_ms = 5;
        // A second is all there is before the trouble is said to be over.
        let report = kept(1, &swarm);
        assert_eq!(report.healed_after_ms, 0, "{kind:?}");
    }
}

#[test]
fn a_box_that_loses_power_while_an_address_is_written_keeps_what_it_promised() {
    let mut boots = 0;
    for seed in 0..60 {
        let mut swarm = Swarm::calm(phones(3));
        (swarm.flush_ms, swarm.delay_ms, swarm.storm_ms, swarm.cuts) = (5, 20, 6_000, 3);
        boots += kept(seed, &swarm).boots;
    }
    assert!(boots > 120, "only {boots} starts");
}

#[test]
fn forty_phones_come_up_through_a_restart_in_the_middle() {
    let mut swarm = Swarm::calm(phones(40));
    (swarm.flush_ms, swarm.delay_ms, swarm.storm_ms, swarm.cuts) = (3, 5, 4_000, 1);
    for seed in 1..4 {
        let report = kept(seed, &swarm);
        assert!(report.healed_after_ms < 10 * 60_000, "{} ms", report.healed_after_ms);
    }
}

#[test]
fn phones_misled_by_another_dhcp_server_come_back_once_it_is_gone() {
    let mut swarm = Swarm::calm(phones(12));
    (swarm.rogue, swarm.storm_ms, swarm.delay_ms) = (true, 180_000, 5);
    kept(1, &swarm);
}

#[test]
fn a_server_that_was_there_first_serves_the_others_on_and_phones_come_up() {
    let mut hosts = phones(9);
    hosts.extend([(Kind::Pc, Place::Link); 2]);
    let mut swarm = Swarm::calm(hosts);
    (swarm.rogue, swarm.looks, swarm.storm_ms, swarm.delay_ms) = (true, true, 180_000, 5);
    // It is remembered over a power cut.
    swarm.cuts = 1;
    for seed in 1..4 {
        let report = kept(seed, &swarm);
        assert_eq!((report.elders, report.served), (1, 0));
    }
}

#[test]
fn a_server_that_comes_later_changes_nothing_of_whom_the_box_serves() {
    let mut hosts = phones(9);
    hosts.extend([(Kind::Pc, Place::Link); 2]);
    let mut swarm = Swarm::calm(hosts);
    (swarm.rogue, swarm.looks, swarm.storm_ms, swarm.delay_ms) = (true, true, 180_000, 5);
    (swarm.rogue_from_ms, swarm.cuts) = (60_000, 1);
    for seed in 1..4 {
        let report = kept(seed, &swarm);
        assert_eq!((report.elders, report.served), (0, 2));
    }
}

#[test]
fn phones_behind_a_relay_come_up_like_the_others() {
    let mut swarm = Swarm::calm(phones(18));
    for (at, (_, place)) in swarm.hosts.iter_mut().enumerate() {
        *place = if at % 2 == 0 { Place::Relayed } else { Place::Link };
    }
    (swarm.loss_permille, swarm.storm_ms, swarm.delay_ms) = (100, 60_000, 50);
    kept(1, &swarm);
}

#[test]
fn an_address_that_a_pc_took_for_itself_is_given_to_nobody() {
    let mut swarm = Swarm::calm(phones(9));
    swarm.fixed_pc = true;
    kept(1, &swarm);
}

#[test]
fn a_quiet_week_writes_no_flash() {
    let mut hosts = phones(9);
    hosts.push((Kind::Pc, Place::Link));
    let mut swarm = Swarm::calm(hosts);
    swarm.quiet_hours = 7 * 24;
    kept(1, &swarm);
}

#[test]
fn pcs_that_come_and_go_leave_room_for_phones() {
    let mut hosts = phones(9);
    hosts.extend([(Kind::Pc, Place::Link); 3]);
    let mut swarm = Swarm::calm(hosts);
    (swarm.changing_pcs, swarm.storm_ms, swarm.plug_in_ms) = (200, 600_000, 500_000);
    kept(1, &swarm);
}

#[test]
fn some_who_may_are_registered_from_the_wan_and_the_others_never() {
    let mut bound = 0;
    for seed in 0..12 {
        let mut swarm = Swarm::calm(phones(3));
        (swarm.outside, swarm.storm_ms, swarm.delay_ms, swarm.cuts) = (200, 120_000, 5, 1);
        bound += kept(seed, &swarm).bound_outside;
    }
    assert!(bound > 10, "only {bound}");
}
