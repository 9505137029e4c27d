//! Whatever is sent as a form, it is read or refused, and never more is kept than was sent.

use exchange::command::Refusal;
use exchange::layer::Layer;
use exchange::names::HandsetNo;
use pages::form::{self, AddForm, AssignForm, Fields, LanForm};
use pages::form::{SettingForm, Typed, Upload, WanForm};

const ROUNDS: u32 = 1_000_000;

const SEEDS: [&str; 9] = [
    "csrf=5f1d0c2a9b7e4863&mac=00%3A15%3A65%3Aaa%3Abb%3Acc&extension=204&name=Anna+Weber",
    "csrf=5f1d0c2a9b7e4863&seen=9&line=2&extension=204&name=J%C3%BCrgen+O%27Hara",
    "csrf=5f1d0c2a9b7e4863&new=a+quiet+morning&again=a+quiet+morning",
    "csrf=5f1d0c2a9b7e4863&side=lan&open=no",
    "csrf=5f1d0c2a9b7e4863&password=%E2%98%8E%F0%9F%93%9E",
    "csrf=5f1d0c2a9b7e4863&address=10.7.0.1%2F24&first=10.7.0.50&last=10.7.0.99&dns=9.9.9.9",
    "csrf=5f1d0c2a9b7e4863&address=10.7.0.1%2F255.255.255.0&gateway=10.7.0.254&domain=a.example",
    "csrf=5f1d0c2a9b7e4863&maker=snom&model=D785&from=8.9&setting=keys&value=blf+204%0D%0A",
    "&&=&a=&b&c=%00%0d%0a&%=%2&+=+",
];

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }
}

fn mutate(body: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.roll(body.len() + 1);
    match dice.roll(5) {
        0 => body.insert(at, dice.roll(256) as u8),
        1 => body.insert(at, b"&=%+0fF\xc3"[dice.roll(8)]),
        2 => body.truncate(at),
        3 => {
            let other = SEEDS[dice.roll(SEEDS.len())].as_bytes();
            body.extend_from_slice(&other[dice.roll(other.len())..]);
        }
        _ => {
            if let Some(byte) = body.get_mut(at) {
                *byte = dice.roll(256) as u8;
            }
        }
    }
}

fn read_all(body: &[u8], fields: &Fields) {
    let kept = |text: &str| assert!(text.len() <= body.len());
    kept(fields.csrf());
    let _ = (fields.seen(), form::creation(fields), form::password(fields));
    if let Err(form) = form::add(fields) {
        let AddForm { mac, extension, name, .. } = *form;
        [mac, extension, name].iter().for_each(|text| kept(text));
    }
    if let Err(form) = form::assign(fields, HandsetNo(1)) {
        let AssignForm { extension, name, .. } = *form;
        [extension, name].iter().for_each(|text| kept(text));
    }
    let typed = |typed: &Typed| kept(&typed.text);
    if let Err(form) = form::lan(fields) {
        let LanForm { address, first, last, router, dns, domain, .. } = *form;
        [address, first, last, router, dns, domain].iter().for_each(typed);
    }
    if let Err(form) = form::wan(fields) {
        let WanForm { address, gateway, .. } = *form;
        [address, gateway].iter().for_each(typed);
    }
    let _ = (form::place(fields), form::setting(fields, Layer::Site));
    kept(&SettingForm::refused(fields, Refusal::FlashFull).typed);
    if let Ok(password) = form::new_password(fields) {
        assert!(password.chars().count() >= form::PASSWORD_CHARS_MIN);
    }
}

#[test]
fn two_hundred_thousand_mutations_of_forms_are_read_or_refused() {
    let mut dice = Dice(8_147);
    let mut read = 0;
    for _ in 0..ROUNDS {
        let mut body = SEEDS[dice.roll(SEEDS.len())].as_bytes().to_vec();
        for _ in 0..=dice.roll(4) {
            mutate(&mut body, &mut dice);
        }
        if let Ok(fields) = Fields::parse(&body) {
            read += 1;
            read_all(&body, &fields);
        }
    }
    assert!(read > ROUNDS / 10, "only {read} were read: the mutations are too wild to test much");
}

/// A form with a file as a browser sends it.
const UPLOAD: &str = "--x7y\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n5f1d\r\n\
    --x7y\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.txt\"\r\n\
    Content-Type: text/plain\r\n\r\ndialtone-state 1\r\n--x7\r\n\r\n\
    --x7y\r\nContent-Disposition: form-data; name=\"passphrase\"\r\n\r\n\r\n--x7y--\r\n";

#[test]
fn a_million_mutations_of_a_form_with_a_file_are_read_or_refused() {
    let mut dice = Dice(4_711);
    let mut read = 0;
    for _ in 0..ROUNDS {
        let mut body = UPLOAD.as_bytes().to_vec();
        for _ in 0..=dice.roll(3) {
            mutate(&mut body, &mut dice);
        }
        let Ok(upload) = Upload::parse("multipart/form-data; boundary=x7y", &body) else {
            continue;
        };
        read += 1;
        for name in ["csrf", "file", "passphrase"] {
            assert!(upload.bytes(name).is_none_or(|bytes| bytes.len() < body.len()));
            let text = upload.field(name);
            assert_eq!(text.map(str::as_bytes), upload.bytes(name).filter(|_| text.is_some()));
        }
    }
    assert!((ROUNDS / 50..ROUNDS - ROUNDS / 50).contains(&read), "{read} could be read");
}
