//! Random nasty texts in every field of every template: the file keeps its structure, always.
//!
//! The seed is fixed, so a failure comes back; it is printed with the template's name.

use super::office;
use crate::{Form, Templates, SHIPPED};
use exchange::render::{AuthorityValues, Render, SettingValues, Values};

/// Pieces that have broken formats before.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    "\u{ffff}",
    "\u{fffe}",
    "\u{1b}",
    "\u{feff}",
    "\u{202e}",
    "\t",
    " ",
    "",
    "&",
    "&amp;",
    "&#10;",
    "&#x0;",
    "<",
    ">",
    "</config>",
    "]]>",
    "<!--",
    "-->",
    "--",
    "<?xml",
    "\"",
    "'",
    "\" x=\"",
    "{{ 7*7 }}",
    "{% raw %}",
    "{#",
    "#}",
    "%NULL%",
    "#",
    "#!version:1.0.0.1",
    "=",
    " = ",
    "admin=1",
    "\\",
    "$MA",
    "é",
    "😀",
    "a",
    "Anna",
    "../",
    "%s",
    "%0d%0a",
];

/// A small generator of numbers (splitmix64); the tests need variety, not quality.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides as u64) as usize
    }

    fn text(&mut self) -> String {
        (0..self.roll(8)).map(|_| PIECES[self.roll(PIECES.len())]).collect()
    }
}

fn nasty(dice: &mut Dice, lines: u8, zone: &str) -> Values {
    let mut values = office::handset(zone, lines, "Anna");
    values.model = dice.text();
    values.settings = nasty_settings(dice);
    values.screens_url = format!("x{}", dice.text());
    let site = &mut values.site;
    site.ntp_server = format!("x{}", dice.text());
    for field in [
        &mut site.server,
        &mut site.provision_url,
        &mut site.provision_path,
        &mut site.zone.name,
        &mut site.zone.posix,
        &mut site.zone.posix_plain,
        &mut site.zone.offset_text,
        &mut site.zone.offset_hours,
        &mut site.zone.country,
    ] {
        *field = dice.text();
    }
    let mut text = || dice.text();
    let (url, der_url, lines_of) = (text(), text(), vec![text(), text()]);
    site.authority = Some(AuthorityValues { url, der_url, lines: lines_of });
    let handset = values.handset.as_mut().unwrap();
    for field in [
        &mut handset.mac,
        &mut handset.mac_upper,
        &mut handset.mac_colons,
        &mut handset.web_password,
    ] {
        *field = dice.text();
    }
    handset.user_password = format!("x{}", dice.text());
    for line in &mut handset.lines {
        for field in [
            &mut line.login,
            &mut line.password,
            &mut line.extension,
            &mut line.label,
            &mut line.name,
        ] {
            *field = dice.text();
        }
    }
    values
}

/// Everything is set to something nasty; which of a few words it is stays, as only the exchange
/// can say it.
fn nasty_settings(dice: &mut Dice) -> SettingValues {
    let mut settings = office::everything();
    for field in
        [&mut settings.phone_book_url, &mut settings.syslog_server, &mut settings.firmware_url]
    {
        *field = format!("x{}", dice.text());
    }
    for key in &mut settings.keys {
        (key.number, key.label) = (dice.text(), dice.text());
    }
    if let Some(language) = &mut settings.language {
        (language.name, language.own) = (dice.text(), dice.text());
    }
    if let Some(tone) = &mut settings.tone {
        (tone.name, tone.three) = (dice.text(), dice.text());
    }
    settings.dial_plan.iter_mut().for_each(|rule| rule.digits = dice.text());
    settings
}

/// What must not depend on values: the keys of each line, or the elements and attributes.
fn structure(form: Form, text: &str) -> Vec<String> {
    match form {
        Form::Lines | Form::Colons | Form::Quoted => text
            .split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
            .map(|line| line_structure(form, line))
            .collect(),
        Form::Markup => roxmltree::Document::parse(text)
            .unwrap_or_else(|error| panic!("{error} in\n{text}"))
            .descendants()
            .filter(|node| node.is_element() || node.is_comment())
            .map(|node| {
                let names: Vec<&str> = node.attributes().map(|a| a.name()).collect();
                format!("{} {}", node.tag_name().name(), names.join(" "))
            })
            .collect(),
    }
}

/// The key of a line, and whatever makes its value end early.
fn line_structure(form: Form, line: &str) -> String {
    if line.starts_with('#') {
        return "#".into();
    }
    match form {
        Form::Lines | Form::Markup => line.split('=').next().unwrap_or_default().into(),
        Form::Colons => {
            let key = line.split(':').next().unwrap_or_default();
            format!("{key} {}", line.matches('#').count())
        }
        Form::Quoted => {
            let (mut key, mut after) = (line.split('"').next().unwrap_or_default(), "");
            match line.split_once(' ') {
                // `NAME value`, where a value ends with its line.
                Some((name, _)) if !line.contains('"') && name != "SET" => key = name,
                Some(_) | None => after = line.rsplit('"').next().unwrap_or_default(),
            }
            let (quotes, slashes) = (line.matches('"').count(), line.matches('\\').count());
            format!("{key} {quotes} {slashes} {after}")
        }
    }
}

#[test]
fn no_text_in_any_field_changes_the_structure_of_any_file() {
    let templates = Templates::shipped().unwrap();
    for (at, shipped) in SHIPPED.iter().enumerate() {
        for round in 0..200 {
            let seed = (at as u64) << 32 | round;
            let mut dice = Dice(seed);
            let lines = 1 + dice.roll(8) as u8;
            let zone = ["Europe/Berlin", "Asia/Kolkata"][dice.roll(2)];
            let mut values = nasty(&mut dice, lines, zone);
            let mut plain = office::handset(zone, lines, "Anna");
            plain.settings = office::everything();
            plain.site.authority = Some(office::authority());
            plain.screens_url = "http://192.0.2.1/p/screen/".into();
            if let Some(handset) = &mut plain.handset {
                handset.user_password = "user-marker1".into();
            }
            // A model decides between a maker's forms, so both have the same one there.
            let models = office::models(shipped.name);
            if let Some((_, model)) = models.get(dice.roll(models.len() + 1)) {
                values.model = (*model).into();
                plain.model = (*model).into();
            }
            let (mut with_nasty, mut with_plain) = (Vec::new(), Vec::new());
            templates.render(shipped.name, &values, &mut with_nasty).unwrap();
            templates.render(shipped.name, &plain, &mut with_plain).unwrap();
            let with_nasty = String::from_utf8(with_nasty).unwrap();
            let with_plain = String::from_utf8(with_plain).unwrap();
            assert_eq!(
                structure(shipped.form, &with_nasty),
                structure(shipped.form, &with_plain),
                "{} with seed {seed}",
                shipped.name
            );
        }
    }
}
