//! The admin's pages in a real browser, while the demo's phones boot.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use lan::admin::PASSWORD;
use lan::browser::Browser;
use lan::daemon::program;
use lan::net::{Host, Lan, Running};
use lan::{between, can_run, until};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Starts the demo; gives it, and the first password.
fn demo(host: &Host, phones: &str) -> (Running, String) {
    let mut command = host.command(program());
    command.args(["demo", "--phones", phones, "--web", "127.0.0.1:8080", "--state", "flash"]);
    let running = host.spawn("demo", &mut command);
    let password = until(Duration::from_secs(15), || {
        let said = host.said("demo", "out");
        Some(between(&said, "Password:", "(")?.trim().to_owned())
    });
    (running, password.expect("the demo did not start"))
}

/// Where pictures go: `tests/artefacts`, which is not committed.
fn artefact(name: &str, width: u32) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../artefacts");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}-{width}.png"))
}

/// Pictures of a page on a telephone and on a desk; nothing may stick out at the side.
fn pictures(browser: &mut Browser, name: &str) {
    for width in [400, 1400] {
        let wide = browser.picture(width, &artefact(name, width));
        assert!(wide <= u64::from(width), "{name} is {wide} wide at {width}");
    }
}

#[test]
fn an_admin_logs_in_sees_the_phones_assigns_an_extension_and_deletes_a_handset() {
    if !can_run("an_admin_logs_in", &["ip", "chromium"]) {
        return;
    }
    let lan = Lan::new();
    let host = lan.plug("demo", "02:00:00:00:00:01");
    let (mut running, password) = demo(&host, "6");
    let mut browser = Browser::start(&host);
    log_in(&mut browser, &password);
    let registered = "document.querySelectorAll('#handsets .mark.ok').length";
    browser.wait(&format!("{registered} === 6"));
    pictures(&mut browser, "handsets");

    let first = "#handsets tbody th a";
    let address = browser.value(&format!("document.querySelector('{first}').pathname"));
    browser.click(first);
    browser.wait_for("Boot story");
    browser.wait_for("Registered line 1 for");
    assign(&mut browser);
    pictures(&mut browser, "handset");
    browser.open("http://127.0.0.1:8080/system/backup");
    browser.wait_for("Restore a backup");
    pictures(&mut browser, "backup");

    browser.open("http://127.0.0.1:8080/handsets");
    browser.wait_for("Anna Weber");
    browser.open(&format!("http://127.0.0.1:8080{}", address.as_str().unwrap()));
    browser.click("details summary");
    browser.click("details button.risk");
    browser.wait("location.pathname === '/handsets' && document.readyState === 'complete'");
    let text = browser.value("document.querySelector('#handsets').innerText");
    assert!(!text.as_str().unwrap().contains("Anna Weber"), "{text}");
    // The wrong password and the wrong extension were refused; nothing else was.
    let refusals = ["(Forbidden)", "(Unprocessable Entity)"];
    let complaints = browser.complaints().iter();
    let complaints = complaints.filter(|it| !refusals.iter().any(|refusal| it.contains(refusal)));
    assert_eq!(complaints.collect::<Vec<_>>(), [""; 0]);

    // The open page notices by itself that nobody answers.
    running.kill();
    browser.wait("!document.querySelector('#offline').hidden");
}

fn log_in(browser: &mut Browser, first_password: &str) {
    browser.open("http://127.0.0.1:8080/");
    browser.wait("location.pathname === '/login'");
    pictures(browser, "login");
    browser.fill("#password", "not the password");
    browser.click("button.main");
    browser.wait_for("This is not the password.");
    browser.fill("#password", first_password);
    browser.click("button.main");
    browser.wait_for("Choose a password");
    browser.fill("#new", PASSWORD);
    browser.fill("#again", PASSWORD);
    pictures(browser, "password");
    browser.click("button.main");
    browser.wait("location.pathname === '/handsets'");
}

fn assign(browser: &mut Browser) {
    browser.fill("#extension-1", "0");
    browser.click("button[aria-label='Save line 1']");
    browser.wait_for("An extension has 2 to 6 digits and does not begin with 0.");
    assert_eq!(browser.value("document.querySelector('#extension-1').value"), json!("0"));
    browser.fill("#extension-1", "204");
    browser.fill("#name-1", "Anna Weber");
    browser.click("button[aria-label='Save line 1']");
    browser.wait("document.querySelector('h1').innerText === '204 Anna Weber'");
}
