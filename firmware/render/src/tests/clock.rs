//! A phone on the WAN has no time server but one that an admin has set: its files name none, so
//! that it keeps the one it has by itself.

use super::office;
use crate::{Templates, SHIPPED};
use exchange::render::{Render, Values};

const SERVER: &str = "time.marker.example";

fn text(templates: &Templates, name: &str, values: &Values) -> String {
    let mut file = Vec::new();
    templates.render(name, values, &mut file).unwrap();
    String::from_utf8(file).unwrap()
}

#[test]
fn without_a_time_server_no_file_has_an_empty_place_for_one() {
    let templates = Templates::shipped().unwrap();
    let mut told = 0;
    for model in ["", "N670", "N510", "Maxwell"] {
        let mut with = office::everything_set(2);
        with.model = model.into();
        let mut without = with.clone();
        without.site.ntp_server = String::new();
        for shipped in SHIPPED {
            let (with, without) =
                (text(&templates, shipped.name, &with), text(&templates, shipped.name, &without));
            let named = with.lines().filter(|line| line.contains(SERVER));
            for line in named.map(|line| line.replace(SERVER, "")) {
                told += 1;
                let empty = without.lines().any(|other| other == line);
                assert!(!empty, "{} still has {line}", shipped.name);
            }
        }
    }
    assert!(told > 20, "{told}");
}
