//! Questions of an installer, and what he is told.

use super::*;

fn said(words: &[&str]) -> String {
    Asker::read(words).unwrap().answer(None).unwrap()
}

#[test]
fn a_yealink_is_told_where_its_files_are_and_every_option_says_why() {
    let told = said(&[
        "--mac",
        "00:15:65:12:34:56",
        "--vendor-class",
        "yealink",
        "--request-list",
        "1,3,6,66,43,12",
    ]);
    assert!(told.starts_with("00:15:65:12:34:56 is taken for Yealink by"), "{told}");
    assert!(told.contains(" 66 TFTP server name\n      hex  687474703a2f2f"), "{told}");
    assert!(told.contains("text \"http://192.168.10.1/prov/\""), "{told}");
    assert!(told.contains(" 51 lease time\n      hex  00093a80\n      text 604800 s\n"), "{told}");
    assert!(told.contains("Not sent:\n") && told.contains(" 12 host name\n"), "{told}");
    let options = told.split("Not sent:").next().unwrap_or_default();
    let (hex, why) =
        (options.matches("      hex  ").count(), options.matches("      why  ").count());
    assert!(hex == why && hex >= 8, "{told}");
}

#[test]
fn what_has_no_room_is_said_to_have_none() {
    let long = Asker::read(&["--mac", "001565123456", "--max-size", "576"]).unwrap();
    let mut board = board_of_no_box();
    let texts = [(200, vec![b'x'; 200]), (201, vec![b'y'; 200])];
    board.subnets[0].options = texts.to_vec();
    let told = long.answer(Some(board)).unwrap();
    let (sent, not) = told.split_once("Not sent:").unwrap();
    assert!(sent.contains("\n200 ") && sent.contains("Set for this network"), "{told}");
    assert!(not.contains("there is no room for it"), "{told}");
}

#[test]
fn a_user_agent_tells_the_maker_where_nothing_else_does() {
    let words = ["--mac", "02:00:00:00:00:01", "--user-agent", "Yealink SIP-T46S 66.86.0.15"];
    assert!(said(&words).contains("is taken for Yealink T46S by"), "{}", said(&words));
    assert!(said(&words).contains("http://192.168.10.1/prov/"), "{}", said(&words));
    assert!(said(&words[..2]).contains("is taken for no phone"), "{}", said(&words[..2]));
}

#[test]
fn words_that_cannot_be_meant_are_refused_with_what_is_wanted() {
    for (words, why) in [
        (&["--vendor-class", "x"][..], "options wants --mac MAC"),
        (&["--mac", "12"], "--mac wants an address such as 00:15:65:12:34:56"),
        (&["--mac"], "--mac wants a value"),
        (&["--request-list", "1,300"], "--request-list wants numbers of options"),
        (&["--vendor-class", ""], "--vendor-class wants 1 to 255 bytes"),
        (&["--vendor-class", "hex:1"], "--vendor-class wants pairs of hex digits"),
        (&["--max-size", "3"], "--max-size wants 576 to 65535 bytes"),
        (&["--frob"], "`--frob` is not understood"),
    ] {
        let said = Asker::read(words).err().unwrap();
        assert!(said.starts_with(why), "{said}");
    }
}
