//! What hands on the reference board can do: its button, its power switch, its serial console.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use image::appliance::{Appliance, SERVES, STARTS};
use image::can_run;
use image::phone::Phone;
use lan::admin::{Admin, PASSWORD};
use lan::until;
use serde_json::json;
use std::time::Duration;

const BOARD: &str = "ast2600-evb";

/// The line that `board/ast2600-evb/dialtone.toml` calls the button, as the emulator knows it.
const BUTTON: (&str, &str) = ("/machine/soc/gpio", "gpioA5");

/// Longer than the button has to be held to claim the box, and to erase it.
const CLAIMS: Duration = Duration::from_secs(5);

/// How long erasing the chip and the start behind it may take.
const ERASES: Duration = Duration::from_secs(240);

/// Pushes the button down, or lets it go.
fn button(appliance: &Appliance, down: bool) {
    appliance.hands().set(BUTTON.0, BUTTON.1, json!(down)).unwrap();
}

/// Starts a new box; gives its admin, who has chosen [`PASSWORD`].
fn starts_owned(appliance: &mut Appliance) -> Admin {
    appliance.start();
    let first = appliance.first_password().expect("the console shows a password");
    let admin = Admin::at_desk(appliance.lan());
    let page = admin.log_in(&first);
    let page = admin.post("/password", &[("new", PASSWORD), ("again", PASSWORD)], &page);
    assert!(page.url.contains("/handsets"), "{} {}\n{}", page.status, page.url, page.text());
    admin
}

#[test]
fn a_lost_password_is_replaced_by_whoever_holds_the_button_and_nothing_else_is() {
    if !can_run("a_lost_password_is_replaced", BOARD) {
        return;
    }
    let mut appliance = Appliance::new(BOARD);
    let admin = starts_owned(&mut appliance);
    let phone = Phone::plug(&appliance, "yealink", "00:15:65:11:22:33");
    let lease = phone.boots();
    let account = phone.fetches();
    admin.forget();
    let page = admin.get("/login/claim");
    assert!(page.html.contains("Hold its button for 3 seconds"), "{}", page.text());

    button(&appliance, true);
    std::thread::sleep(CLAIMS);
    button(&appliance, false);
    let page = admin.get("/login/claim");
    let another = "six grey cranes in the rain";
    let page = admin.post("/login/claim", &[("new", another), ("again", another)], &page);
    assert!(page.html.contains("The new password is in force."), "{}", page.text());
    admin.forget();
    assert!(admin.log_in(PASSWORD).html.contains("This is not the password"));
    let page = admin.log_in(another);
    assert_eq!(page.rows(), 1, "{}", page.text());
    phone.registers(lease.ip(), &account);
    assert_eq!(appliance.unclean(), [""; 0]);
}

#[test]
fn the_button_held_at_the_start_and_let_go_erases_all_and_a_stuck_one_nothing() {
    if !can_run("the_button_held_at_the_start", BOARD) {
        return;
    }
    let mut appliance = Appliance::new(BOARD);
    starts_owned(&mut appliance);

    // Down all the time: the box starts as if nobody had touched it.
    appliance.power_on();
    button(&appliance, true);
    let served = appliance.console().wait_for(SERVES, STARTS);
    assert!(served.is_some(), "a stuck button keeps the box from serving");
    assert_eq!(appliance.first_password(), None, "a stuck button has erased the state");

    appliance.power_on();
    button(&appliance, true);
    let script = appliance.console().wait_for("The kernel and the drivers took", STARTS);
    assert!(script.is_some(), "the box does not start");
    std::thread::sleep(Duration::from_secs(14));
    button(&appliance, false);
    let erased = appliance.console().wait_for("All is erased; the box starts anew.", ERASES);
    assert!(erased.is_some(), "nothing was erased");
    assert!(appliance.restarts_within(STARTS), "the box did not start anew");
    assert!(appliance.chip().read("state").iter().all(|byte| *byte == 0xff));
    appliance.start();
    assert!(appliance.first_password().is_some(), "the password is still known");
}

#[test]
fn the_console_erases_all_once_it_is_told_so_in_a_word() {
    if !can_run("the_console_erases_all", BOARD) {
        return;
    }
    let mut appliance = Appliance::new(BOARD);
    let admin = starts_owned(&mut appliance);
    let said = appliance.console().shell("echo yes | dialtone-reset");
    assert!(said.contains("Nothing was erased."), "{said}");
    assert_eq!(admin.get("/handsets").status, 200);
    appliance.console().press("echo ERASE | dialtone-reset\n");
    assert!(appliance.restarts_within(ERASES), "{}", appliance.console().text());
    assert!(appliance.chip().read("state").iter().all(|byte| *byte == 0xff));
    appliance.start();
    assert!(appliance.first_password().is_some(), "the password is still known");
}

#[test]
fn a_box_whose_first_slot_is_damaged_starts_from_the_second_and_says_so() {
    if !can_run("a_box_whose_first_slot_is_damaged", BOARD) {
        return;
    }
    let mut appliance = Appliance::new(BOARD);
    appliance.chip().spoil("root-a", 70_000, &[0]);
    appliance.start();
    assert!(appliance.console().text().contains("Slot root-a is empty or damaged."));
    let version = appliance.console().shell("dialtone --version");
    assert!(version.contains("root-b") && version.contains(BOARD), "{version}");
    let phone = Phone::plug(&appliance, "yealink", "00:15:65:11:22:33");
    let lease = phone.boots();
    phone.registers(lease.ip(), &phone.fetches());
    appliance.power_cut();
    appliance.chip().spoil("root-b", 70_000, &[0]);
    appliance.power_on();
    let none = "No slot holds a root file system";
    assert!(until(STARTS, || appliance.console().wait_for(none, Duration::ZERO)).is_some());
}
