//! A board that is a folder and nothing else: any ARMv7, in QEMU's `virt` machine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wrong")]

use image::appliance::Appliance;
use image::can_run;
use image::phone::Phone;

const BOARD: &str = "generic-armv7";

#[test]
fn a_board_that_is_only_a_folder_gives_a_phone_its_dial_tone() {
    if !can_run("a_board_that_is_only_a_folder", BOARD) {
        return;
    }
    let mut appliance = Appliance::new(BOARD);
    appliance.start();
    let phone = Phone::plug(&appliance, "yealink", "00:15:65:11:22:33");
    let lease = phone.boots();
    let account = phone.fetches();
    phone.registers(lease.ip(), &account);
    appliance.power_cut();
    appliance.start();
    phone.registers(lease.ip(), &account);
    assert_eq!(phone.boots().ip(), lease.ip());
    assert_eq!(appliance.unclean(), [""; 0]);
}
