//! Every maker's phone reaches its dial tone by its own road.

use super::office::{Office, PHONE};
use crate::{Complaint, Kind, Reason};

const YEALINK: &str = "#!version:1.0.0.1\naccount.1.enable = 1\naccount.1.label = 201\n\
account.1.display_name = Anna\naccount.1.auth_name = a201\naccount.1.user_name = a201\n\
account.1.password = secret\naccount.1.sip_server.1.address = 192.168.1.1\n\
account.1.sip_server.1.port = 5060\naccount.1.sip_server.1.transport_type = 0\n\
account.1.sip_server.1.expires = 3600\nlocal_time.time_zone = +1\n";

const SNOM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<settings><phone-settings>
 <user_active idx="1" perm="R">on</user_active>
 <user_name idx="1" perm="R">201</user_name><user_pname idx="1" perm="R">a201</user_pname>
 <user_pass idx="1" perm="R">secret</user_pass><user_realname idx="1" perm="R">Anna</user_realname>
 <user_host idx="1" perm="R">192.168.1.1</user_host>
 <user_outbound idx="1" perm="R">192.168.1.1:5060;transport=udp</user_outbound>
 <user_expiry idx="1" perm="R">3600</user_expiry>
</phone-settings></settings>"#;

const POLYCOM: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<config device.set="1"
 reg.1.address="201" reg.1.auth.userId="a201" reg.1.auth.password="secret"
 reg.1.displayName="Anna" reg.1.label="201" reg.1.server.1.address="192.168.1.1"
 reg.1.server.1.port="5060" reg.1.server.1.transport="UDPOnly" reg.1.server.1.expires="3600"/>"#;

const SPA: &str = "<flat-profile><Line_Enable_1_>Yes</Line_Enable_1_>\
<Proxy_1_>192.168.1.1:5060</Proxy_1_><Register_1_>Yes</Register_1_>\
<Register_Expires_1_>3600</Register_Expires_1_><User_ID_1_>201</User_ID_1_>\
<Use_Auth_ID_1_>Yes</Use_Auth_ID_1_><Auth_ID_1_>a201</Auth_ID_1_><Password_1_>secret</Password_1_>\
<Display_Name_1_>Anna</Display_Name_1_><SIP_Transport_1_>UDP</SIP_Transport_1_></flat-profile>";

fn grandstream(mac: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><gs_provision version=\"1\"><mac>{mac}</mac><config version=\"1\">\
         <P271>1</P271><P270>Label</P270><P47>192.168.1.1</P47><P35>201</P35><P36>a201</P36>\
         <P34>secret</P34><P3>Anna</P3><P32>60</P32><P130>0</P130><P31>1</P31></config>\
         </gs_provision>"
    )
}

/// The phone is registered once and has nothing to complain about.
fn rings(mut office: Office) -> Office {
    office.boot(20_000);
    assert_eq!(office.failures, [], "asked {:?}", office.asked);
    assert_eq!(office.phone.complaints(), []);
    assert!(office.phone.is_registered(), "asked {:?}", office.asked);
    assert_eq!(office.registered, 1);
    assert_eq!(office.phone.ip(), Some(PHONE));
    office
}

#[test]
fn a_yealink_walks_from_its_boot_file_to_its_own_file() {
    let boot = "#!version:1.0.0.1\ninclude:config \"805ec0100000.cfg\"\noverwrite_mode = 1\n";
    let office = rings(
        Office::new(Kind::YealinkHttp)
            .option(66, "http://192.168.1.1:8080")
            .file("/y000000000000.boot", boot)
            .file("/805ec0100000.cfg", YEALINK),
    );
    assert_eq!(office.asked, ["/805ec0100000.boot", "/y000000000000.boot", "/805ec0100000.cfg"]);
    let agent = "Yealink SIP-T46U 108.86.0.20 80:5e:c0:10:00:00";
    assert!(office.agents.iter().all(|have| have == agent));
    let line = office.phone.lines().pop().expect("a line");
    assert_eq!((line.number, line.user.as_str()), (1, "a201"));
}

#[test]
fn a_yealink_without_boot_files_asks_for_the_common_file_and_its_own() {
    let office = rings(
        Office::new(Kind::YealinkHttp)
            .option(66, "http://192.168.1.1/p/")
            .file("/p/805ec0100000.cfg", YEALINK),
    );
    let tail: Vec<_> = office.asked.iter().skip(2).collect();
    assert_eq!(tail, ["/p/y000000000108.cfg", "/p/805ec0100000.cfg"]);
}

#[test]
fn a_yealink_that_is_given_a_host_fetches_by_tftp() {
    let office = rings(
        Office::new(Kind::YealinkHttp).option(66, "192.168.1.1").file("805ec0100000.cfg", YEALINK),
    );
    assert_eq!(office.asked.len(), 4);
    assert!(office.agents.is_empty());
}

#[test]
fn a_yealink_that_asks_by_multicast_follows_the_url_it_is_told() {
    let mut office = Office::new(Kind::YealinkPnp).file("/x/805ec0000000.cfg", YEALINK);
    office.pnp_url = Some("http://192.168.1.1:8080/x/".to_owned());
    rings(office);
}

#[test]
fn a_phone_whose_multicast_stays_unanswered_reads_its_options() {
    let office = Office::new(Kind::GrandstreamPnp)
        .option(66, "http://192.168.1.1/Grandstream")
        .file("/Grandstream/cfg000b82500000.xml", &grandstream("000b82500000"));
    let office = rings(office);
    assert!(office.phone.tally().sip_resent >= 3);
}

#[test]
fn an_aastra_reads_its_server_inside_option_43_and_the_last_file_wins() {
    let common = "# common\nsip line1 password: old\nsip registration period: 3600\n";
    let own = "sip line1 user name: 201\n^sip line1 user name: 201\nsip line1 auth name: a201\n\
               sip line1 password: secret # its own\nsip line1 registrar ip: 192.168.1.1\n\
               sip line1 registrar port: 5060\nsip transport protocol: 1\n\
               ^sip line2 registrar ip: 0.0.0.0\n^sip line2 password:\n";
    let office = rings(
        Office::new(Kind::Aastra)
            .option(43, "\u{2}\u{14}http://192.168.1.1/a\u{3}\u{1}\0")
            .option(66, "http://192.168.1.9/wrong")
            .file("/a/aastra.cfg", common)
            .file("/a/00085DA00000.cfg", own),
    );
    assert_eq!(office.asked, ["/a/aastra.cfg", "/a/6731i.cfg", "/a/00085DA00000.cfg"]);
    let agent = "Aastra6731i MAC:00-08-5D-A0-00-00 V:3.2.0.70-SIP";
    assert!(office.agents.iter().all(|have| have == agent));
}

#[test]
fn a_snom_joins_options_66_and_67_and_follows_setting_files() {
    let list = "<?xml version=\"1.0\"?><setting-files>\
                <file url=\"http://192.168.1.1/{mac}.xml\"/></setting-files>";
    let office = rings(
        Office::new(Kind::SnomHttp)
            .option(66, "http://192.168.1.1")
            .option(67, "/snom/{mac}.htm")
            .file("/snom/000413300000.htm", list)
            .file("/000413300000.xml", SNOM),
    );
    assert_eq!(office.asked, ["/snom/000413300000.htm", "/000413300000.xml"]);
}

#[test]
fn a_snom_prefers_what_option_43_encapsulates() {
    let mut office = Office::new(Kind::SnomHttp)
        .option(66, "http://192.168.1.9")
        .file("/s/snomD785-000413300000.htm", SNOM);
    let mut value = vec![66, 19];
    value.extend(b"http://192.168.1.1\0");
    value.extend([67, 4]);
    value.extend(b"/s/\0");
    office.options.push((43, value));
    let office = rings(office);
    assert_eq!(office.asked, ["/s/snomD785.htm", "/s/snomD785-000413300000.htm"]);
}

#[test]
fn a_snom_told_a_whole_url_by_multicast_reads_the_old_text_form_too() {
    let text =
        "user_name1!: 201\nuser_pname1!: a201\nuser_pass1!: secret\nuser_host1!: 192.168.1.1\n";
    let mut office = Office::new(Kind::SnomPnp).file("/f/000413200000", text);
    office.pnp_url = Some("http://192.168.1.1/f/{mac}".to_owned());
    rings(office);
}

#[test]
fn a_polycom_reads_160_before_66_and_follows_its_master_file() {
    let master = "<?xml version=\"1.0\"?><APPLICATION APP_FILE_PATH=\"\" \
                  CONFIG_FILES=\"[PHONE_MAC_ADDRESS]-user.cfg, common.cfg\"/>";
    let common = "<c reg.1.auth.password=\"wrong\"/>";
    let office = rings(
        Office::new(Kind::Polycom)
            .option(66, "http://192.168.1.9/")
            .option(160, "http://192.168.1.1/p/")
            .file("/p/0004f2400000.cfg", master)
            .file("/p/0004f2400000-user.cfg", POLYCOM)
            .file("/p/common.cfg", common),
    );
    assert_eq!(office.asked.first().map(String::as_str), Some("/p/0004f2400000.cfg"));
    assert_eq!(office.asked.last().map(String::as_str), Some("/p/000000000000-directory.xml"));
}

#[test]
fn a_polycom_given_a_file_takes_it_as_its_master_file() {
    let master = "<APPLICATION CONFIG_FILES=\"[PHONE_MODEL]-[PHONE_MAC_ADDRESS].cfg\"/>";
    rings(
        Office::new(Kind::Polycom)
            .option(66, "http://192.168.1.1/000000000000.cfg")
            .file("/000000000000.cfg", master)
            .file("/VVX450-0004f2400000.cfg", POLYCOM),
    );
}

#[test]
fn a_grandstream_takes_the_first_file_it_finds() {
    let office = rings(
        Office::new(Kind::Grandstream)
            .option(66, "http://192.168.1.1")
            .file("/cfg000b82600000.xml", &grandstream("000b82600000")),
    );
    assert_eq!(office.asked, ["/cfg000b82600000", "/cfg000b82600000.xml"]);
}

#[test]
fn a_grandstream_leaves_another_phones_file_alone() {
    let mut office = Office::new(Kind::Grandstream)
        .option(66, "http://192.168.1.1")
        .file("/cfg000b82600000.xml", &grandstream("000b82999999"));
    office.boot(1_000);
    assert_eq!(office.failures, [Reason::NoAccount]);
    assert!(matches!(office.phone.complaints(), [Complaint::File(..)]));
}

#[test]
fn a_cisco_spa_follows_the_profile_rule_in_its_first_file() {
    let first =
        "<flat-profile><Profile_Rule>http://192.168.1.1/c/$MA.xml</Profile_Rule></flat-profile>";
    let office = rings(
        Office::new(Kind::CiscoSpa)
            .option(66, "http://192.168.1.1:8080/spa$PSN.cfg")
            .file("/spa504G.cfg", first)
            .file("/c/002699700000.xml", SPA),
    );
    assert_eq!(office.asked, ["/spa504G.cfg", "/c/002699700000.xml"]);
}

#[test]
fn a_cisco_spa_with_option_150_alone_uses_tftp() {
    let mut office = Office::new(Kind::CiscoSpa).file("/spa504G.cfg", SPA);
    office.options.push((150, vec![192, 168, 1, 1]));
    rings(office);
}

#[test]
fn an_old_linksys_fetches_a_long_file_by_tftp() {
    let long = format!("{SPA}<!-- {} -->", "x".repeat(12_000));
    let office =
        rings(Office::new(Kind::LinksysTftp).option(66, "192.168.1.1").file("/spa942.cfg", &long));
    assert_eq!(office.asked, ["/spa942.cfg"]);
}

#[test]
fn a_refused_file_is_the_reason_and_the_phone_tries_again_later() {
    let mut office = Office::new(Kind::YealinkHttp).option(66, "http://192.168.1.1");
    office.files.insert("/805ec0100000.cfg".to_owned(), Err(403));
    office.boot(1_000);
    let refused = Reason::FileRefused("/805ec0100000.cfg".to_owned(), 403);
    assert_eq!(office.failures, [refused]);
    office.files.insert("/805ec0100000.cfg".to_owned(), Ok(YEALINK.to_owned()));
    office.run(60_000);
    assert!(office.phone.is_registered());
}

#[test]
fn a_server_given_by_name_or_not_at_all_is_said_so() {
    let mut office = Office::new(Kind::SnomHttp).option(66, "http://pbx.example");
    office.boot(1_000);
    assert_eq!(office.failures, [Reason::UnusableServer("http://pbx.example".to_owned())]);
    let mut office = Office::new(Kind::Polycom);
    office.boot(1_000);
    assert_eq!(office.failures, [Reason::NoServer]);
}

#[test]
fn files_of_any_shape_are_survived() {
    let mut rng = crate::rng::Rng::new(3);
    let forms = [(Kind::YealinkHttp, YEALINK), (Kind::SnomHttp, SNOM), (Kind::Polycom, POLYCOM)];
    for (kind, text) in forms.into_iter().chain([(Kind::CiscoSpa, SPA)]) {
        for _ in 0..200 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..3 {
                let at = usize::try_from(rng.below(bytes.len() as u64)).expect("small");
                bytes[at] = b"<>\"&;=/ \0#'-!"[usize::try_from(rng.below(13)).expect("small")];
            }
            bytes.truncate(usize::try_from(rng.below(2_000)).expect("small"));
            let text = String::from_utf8_lossy(&bytes);
            let mut office = Office::new(kind).option(66, "http://192.168.1.1/f.cfg");
            office = office.file("/f.cfg", &text);
            office.boot(100);
            assert!(office.phone.lines().len() <= 8);
        }
    }
}
