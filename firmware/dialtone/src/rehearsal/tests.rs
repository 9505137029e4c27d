//! Trials that go well, and some that must be stopped; each in the process that a box has for it.

use super::child::{Limits, LIMITS};
use super::*;
use exchange::render::{HandsetValues, LineValues, SettingValues, SiteValues, Values};
use exchange::template::Phone;
use exchange::zone;

const FILE: &str = "yealink/mac.cfg";

fn values() -> Values {
    let line = LineValues {
        number: 1,
        login: "abcdefgh".to_owned(),
        password: "********".to_owned(),
        extension: "204".to_owned(),
        label: "204 Ann".to_owned(),
        name: "Ann".to_owned(),
    };
    let handset = HandsetValues {
        mac: "001565000001".to_owned(),
        mac_upper: "001565000001".to_owned(),
        mac_colons: "00:15:65:00:00:01".to_owned(),
        web_password: "********".to_owned(),
        user_password: "********".to_owned(),
        lines: vec![line],
    };
    let site = SiteValues {
        server: "192.168.1.1".to_owned(),
        sip_port: 5060,
        expires_s: 3600,
        provision_url: "http://192.168.1.1/prov/".to_owned(),
        provision_path: "192.168.1.1/prov".to_owned(),
        ntp_server: "192.168.1.1".to_owned(),
        zone: zone::find("Europe/Berlin").unwrap().values(),
        poll_min: 1_440,
        authority: None,
    };
    Values {
        handset: Some(handset),
        model: "T46U".to_owned(),
        line_count: 1,
        screens_url: String::new(),
        site,
        settings: SettingValues::default(),
    }
}

fn rehearsal(source: &str, phones: usize) -> Rehearsal {
    let phone = |number| Phone {
        label: format!("phone {number}"),
        before: None,
        after: Some(0),
        values: values(),
    };
    Rehearsal {
        template: FILE.to_owned(),
        sources: vec![source.to_owned()],
        phones: (0..phones).map(phone).collect(),
        worst: None,
    }
}

fn stopped(stage: &Rehearsals, source: &str) -> String {
    match stage.try_out(&rehearsal(source, 1)) {
        Ok(_) => panic!("it was taken: {source}"),
        Err(stopped) => stopped.to_string(),
    }
}

#[test]
fn a_good_template_is_tried_for_every_phone() {
    let stage = Rehearsals::start(None).unwrap();
    let rehearsed = stage.try_out(&rehearsal("name = {{ handset.lines[0].name }}\n", 300));
    let Ok(Rehearsed { shown, more, unchanged }) = rehearsed else { panic!("it was refused") };
    assert_eq!((shown.len(), more, unchanged), (8, 292, 0));
    assert!(shown[0].lines.iter().any(|line| line.text == "name = Ann"));
}

#[test]
fn one_that_fails_loops_or_doubles_is_refused_in_words_and_the_next_is_tried() {
    let stage = Rehearsals::start(None).unwrap();
    let said = stopped(&stage, "a\n  {{ site.servr }}\n");
    assert_eq!(
        said,
        "Line 2, column 6: There is no such value: `site.servr` is undefined. (Tried for phone 0.)"
    );
    let loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    assert!(stopped(&stage, loops).starts_with("Line 1, column "), "{}", stopped(&stage, loops));
    assert!(stopped(&stage, loops).contains("It takes more steps than a template may"));
    let doubles = format!("{{% set a = 'xxxxxxxx' %}}{}", "{% set a = a ~ a %}".repeat(40));
    assert!(stopped(&stage, &doubles).contains("a text grows too large"));
    assert!(stage.try_out(&rehearsal("good\n", 1)).is_ok());
}

/// The kernel's limits are the second fence; here a child runs into them without the engine.
#[test]
fn a_trial_that_takes_memory_or_time_beyond_its_limit_is_stopped_and_says_which() {
    let memory = child::tried(LIMITS, || {
        let mut all: Vec<Vec<u8>> = Vec::new();
        while all.len() < 4 * (REHEARSAL_MEMORY_BYTES_MAX >> 20) as usize {
            // As the library does, but without its words, for which it needs memory again.
            let mut piece = Vec::new();
            if piece.try_reserve_exact(1 << 20).is_err() {
                std::process::abort();
            }
            piece.resize(1 << 20, 1);
            all.push(piece);
        }
    });
    assert_eq!(memory, Some(Stopped::Memory));
    let said = Stopped::Memory.to_string();
    assert_eq!(said, "It was stopped when it asked for more than 32 MiB of memory.");
    let busy = || loop {
        std::hint::spin_loop();
    };
    assert_eq!(child::tried(Limits { cpu_s: 1, ..LIMITS }, busy), Some(Stopped::Cpu));
    let idle = || std::thread::sleep(Duration::from_secs(30));
    assert_eq!(child::tried(Limits { wall_s: 1, ..LIMITS }, idle), Some(Stopped::Time));
    let opens = || assert!(std::fs::File::open("/proc/self/status").is_err());
    assert_eq!(child::tried(LIMITS, opens), None);
    let none = || assert!(std::fs::File::open("/proc/self/status").is_ok());
    assert_eq!(child::tried(LIMITS, none), Some(Stopped::Broken));
}

#[test]
fn without_a_stage_nothing_is_taken() {
    let stage = Rehearsals::start(None).unwrap();
    kill(stage.pid(), Signal::SIGKILL).unwrap();
    assert_eq!(stage.try_out(&rehearsal("good\n", 1)).err(), Some(Stopped::NoStage));
    assert_eq!(stage.try_out(&rehearsal("good\n", 1)).err(), Some(Stopped::NoStage));
}
