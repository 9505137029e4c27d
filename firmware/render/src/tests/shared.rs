//! Parts that are made once are what they would be if they were made for each file.

use super::office;
use crate::own::Own;
use crate::{fill_in, shipped, Templates, SHIPPED};
use exchange::render::{Render, Values};
use minijinja::value::{Serde, Value};

/// A file whose parts are all made anew, where they stand.
fn anew(name: &str, values: &Values) -> Vec<u8> {
    let shipped = shipped::find(name).unwrap();
    let own = Own::compile(shipped, shipped.source).unwrap();
    let mut file = Vec::new();
    fill_in(&own.environment, name, Value::from(Serde(values)), &mut file).unwrap();
    file
}

#[test]
fn a_file_with_kept_parts_is_the_file_with_its_parts_made_anew() {
    let templates = Templates::shipped().unwrap();
    let mut wet = office::everything_set(3);
    wet.site.ntp_server = "<a> & \"b\" # \\".into();
    let all = [
        office::handset("Europe/Berlin", 1, "Anna"),
        office::handset("Asia/Tokyo", 8, ""),
        office::everything_set(8),
        office::common("Europe/Berlin"),
        office::asking(2),
        wet,
    ];
    // Twice, so that the second time everything is kept.
    for values in all.iter().chain(&all) {
        for shipped in SHIPPED.iter().filter(|it| !it.handset || values.handset.is_some()) {
            let mut file = Vec::new();
            templates.render(shipped.name, values, &mut file).unwrap();
            assert!(file == anew(shipped.name, values), "{}", shipped.name);
        }
    }
    assert_eq!(templates.shared.borrow().len(), all.len());
}

#[test]
fn whatever_a_part_reads_makes_it_another_one() {
    let templates = Templates::shipped().unwrap();
    let plain = office::handset("Europe/Berlin", 2, "Anna");
    let (mut settings, mut site, mut model, mut lines, mut asking) =
        (plain.clone(), plain.clone(), plain.clone(), plain.clone(), plain.clone());
    asking.screens_url = "http://192.0.2.1/p/screen/".into();
    settings.settings.syslog_server = "log.example.com".into();
    site.site.ntp_server = "time.example.com".into();
    model.model = "T58A".into();
    lines.line_count = 1;
    for (at, values) in [plain, settings, site, model, lines, asking].iter().enumerate() {
        templates.render("yealink/mac.cfg", values, &mut Vec::new()).unwrap();
        assert_eq!(templates.shared.borrow().len(), at + 1);
    }
    for port in 1_000..1_100 {
        let mut values = office::handset("Europe/Berlin", 2, "Anna");
        values.site.sip_port = port;
        templates.render("yealink/mac.cfg", &values, &mut Vec::new()).unwrap();
    }
    assert_eq!(templates.shared.borrow().len(), 16);
}
