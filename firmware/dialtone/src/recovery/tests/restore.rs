//! A backup that is sent to a box whose state cannot be used.

use super::{noise, Box, StateFile, CHIP_BYTES};
use crate::chip::Chip;
use crate::flash;
use crate::http::tests::stand::{body, header, status, HOME};
use crate::nor_file::Timing;
use pages::recovery::Problem;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// The form with a backup, as a browser sends it.
fn form_with(code: &str, word: &str, passphrase: &str, text: &str) -> String {
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = [("code", code), ("word", word), ("passphrase", passphrase), ("file", text)];
    let form: String = parts.into_iter().map(|(name, value)| part(name, value)).collect();
    let form = form + "--b--\r\n";
    let (path, length) = (pages::recovery::RESTORE, form.len());
    let kind = "Content-Type: multipart/form-data; boundary=b";
    format!(
        "POST {path} HTTP/1.1\r\nHost: {HOME}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n{form}"
    )
}

async fn send_backup(stand: &Box, code: &str, word: &str, text: &str) -> String {
    stand.say(&form_with(code, word, "", text)).await
}

#[tokio::test]
async fn who_hangs_up_while_his_backup_is_read_leaves_the_page_as_it_was() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    let sealed = "dialtone-state 1\nseal memory-kib=16384 rounds=64 \
                  salt=anbsga2danbsga2danbsga2dan check=5bs8jmu9\n";
    let form = form_with(&stand.code, "erase", "a quiet morning", sealed);
    let mut stream = stand.connect(HOME).await;
    stream.write_all(form.as_bytes()).await.unwrap();
    let mut page = stand.get("/").await;
    for _ in 0..1_000 {
        if body(&page).contains("is being restored") {
            break;
        }
        page = stand.get("/").await;
    }
    assert!(body(&page).contains("is being restored"), "it was read too fast: {page}");
    // It is gone at once, without the usual farewell.
    nix::sys::socket::setsockopt(
        &stream,
        nix::sys::socket::sockopt::Linger,
        &nix::libc::linger { l_onoff: 1, l_linger: 0 },
    )
    .unwrap();
    drop(stream);
    for _ in 0..3_000 {
        if !body(&page).contains("is being restored") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        page = stand.get("/").await;
    }
    assert!(body(&page).contains("No phone is served"), "{page}");
    assert!(state.bytes() == noise(), "nothing was changed");
}

#[tokio::test]
async fn a_backup_takes_the_place_of_noise_only_if_all_of_it_is_good() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    let code = stand.code.clone();
    let good = "dialtone-state 1\naddress mac=00:15:65:12:34:56 ip=10.77.0.50\n\
                lan address=10.77.0.1/24 first=10.77.0.50 last=10.77.0.90\n";
    let bad = format!("{good}address mac=00:15:65:12:34:57 ip=10.77.0.x\n");
    let refused = [
        ("aaaa-aaaa", "erase", good, 403, "This is not the code."),
        (&code, "yes", good, 422, "Type the word"),
        (&code, "erase", &bad, 422, "Line 4: "),
        (&code, "erase", "", 422, "Choose the file"),
        (&code, "erase", "no backup", 422, "its first line would be"),
    ];
    for (code, word, text, expected, words) in refused {
        let answer = send_backup(&stand, code, word, text).await;
        assert_eq!((status(&answer), body(&answer).contains(words)), (expected, true), "{answer}");
    }
    assert!(state.bytes() == noise(), "nothing was changed");
    let granted = send_backup(&stand, &code, "erase", good).await;
    assert_eq!(status(&granted), 200, "{granted}");
    assert!(body(&granted).contains("The backup is being restored"), "{granted}");
    assert!(body(&granted).contains("http://10.77.0.1/") && header(&granted, "refresh").is_none());
    stand.over().await;
    let chip = Chip::open(&state.0, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
    let durable = flash::open(chip).unwrap_or_else(|why| panic!("{why}")).durable;
    let text = exchange::backup::write(&durable, exchange::backup::Secrets::LeftOut);
    assert!(text.contains("address mac=00:15:65:12:34:56 ip=10.77.0.50"), "{text}");
}

#[tokio::test]
async fn a_backup_that_is_larger_than_the_chip_erases_nothing() {
    let state = StateFile::holding(&noise()[..CHIP_BYTES / 4]);
    let stand = Box::up(&state, Problem::Foreign);
    let mut text = "dialtone-state 1\n".to_owned();
    for no in 1..=1_000 {
        let mac = format!("00:15:65:00:{:02x}:{:02x}", no / 250, no % 250);
        let octal = format!("{no:08o}");
        let login: String = octal.bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
        for net in 0..4 {
            let (high, low) = (no / 250, no % 250);
            text += &format!("address mac=00:15:65:{net:02x}:{high:02x}:{low:02x} ");
            text += &format!("ip=10.{net}.{high}.{}\n", low + 1);
        }
        text += &format!("handset number={no} mac={mac} maker=yealink model=\"T46U\"\n");
        text += &format!("line handset={no} place=1 login={login} name=\"Ada Lovelace\"\n");
    }
    let answer = send_backup(&stand, &stand.code, "erase", &text).await;
    let said = body(&answer).contains("of flash, and there are");
    assert_eq!((status(&answer), said), (422, true), "{answer}");
    assert!(state.bytes() == noise()[..CHIP_BYTES / 4]);
    // It can be asked for something else.
    let form = format!("code={}", stand.code);
    assert_eq!(status(&stand.post(pages::recovery::RESTART, &form).await), 200);
}
