//! What each maker is sent by DHCP, which files it is answered, and how signs are weighed.

use exchange::catalog::{
    boot_options, lease_s, pnp_url, Absence, Answer, BoxAddresses, Catalog, Family, Guess,
    OptionList, Sign, SignKind, LEASE_AVAYA_S, LEASE_HANDSET_S, LEASE_OTHER_S,
};
use wire::Mac;

const BOX: BoxAddresses<'static> = BoxAddresses {
    server: core::net::Ipv4Addr::new(192, 0, 2, 1),
    http_port: 80,
    tftp_port: 69,
    directory: "prov",
};

fn sent(family: Option<Family>, asked: &[u8], class: Option<&str>) -> Vec<(u8, Vec<u8>)> {
    let mut out = OptionList::new();
    boot_options(family, &BOX, asked, class.map(str::as_bytes), &mut out);
    for option in &out {
        assert!(!option.reason.is_empty());
    }
    out.into_iter().map(|option| (option.code, option.bytes.to_vec())).collect()
}

fn text(code: u8, value: &str) -> (u8, Vec<u8>) {
    (code, value.as_bytes().to_vec())
}

#[test]
fn each_maker_is_told_in_the_form_it_reads() {
    let url = "http://192.0.2.1/prov/";
    let yealink = Some(Family::Yealink);
    assert_eq!(sent(yealink, &[1, 66], Some("yealink")), [text(66, url)]);
    assert_eq!(sent(yealink, &[66, 43], None), [text(66, url), text(43, url)]);
    let polycom = sent(Some(Family::Polycom), &[66, 160], Some("Polycom-VVX410"));
    assert_eq!(polycom, [text(160, url), text(66, url)]);
    let grandstream = Some(Family::Grandstream);
    assert_eq!(sent(grandstream, &[1, 43], None), [text(66, url)]);
    assert_eq!(sent(grandstream, &[160], None), [text(66, url), text(160, url)]);
    let spa = "http://192.0.2.1/prov/spa$PSN.cfg";
    let cisco = sent(Some(Family::CiscoSpa), &[66, 150, 159, 160], Some("Cisco SPA504G"));
    let list = (150, vec![192, 0, 2, 1]);
    assert_eq!(cisco, [text(66, spa), text(160, spa), text(159, spa), list]);
}

#[test]
fn a_fanvil_is_told_its_own_file_and_in_43_when_it_asks() {
    let url = "http://192.0.2.1/prov/$mac.cfg";
    assert_eq!(sent(Some(Family::Fanvil), &[1, 66], None), [text(66, url)]);
    assert_eq!(sent(Some(Family::Fanvil), &[43], None), [text(66, url), text(43, url)]);
    assert_eq!(pnp_url(Some(Family::Fanvil), &BOX).as_deref(), Some(url));
}

#[test]
fn an_aastra_is_told_its_server_inside_43_and_a_mitel_in_66() {
    let url = "http://192.0.2.1/prov";
    let mut inside = vec![2, 21];
    inside.extend(url.as_bytes());
    inside.extend([3, 1, 0]);
    let asked = [1, 3, 6, 42, 43, 66, 159, 160];
    let aastra = sent(Some(Family::AastraMitel), &asked, Some("AastraIPPhone6731i"));
    assert_eq!(aastra, [(43, inside), text(66, url), text(160, url), text(159, url)]);
    let mitel = sent(Some(Family::AastraMitel), &[43, 66], Some("MitelIPPhone6930"));
    assert_eq!(mitel, [text(66, url)]);
    let other_port = BoxAddresses { http_port: 8080, directory: "", ..BOX };
    let mut out = OptionList::new();
    boot_options(Some(Family::AastraMitel), &other_port, &[66], None, &mut out);
    assert_eq!(out[0].bytes, b"http://192.0.2.1:8080/");
}

#[test]
fn an_avaya_is_told_in_words_of_its_own_in_the_option_it_asks_for() {
    let avaya = Some(Family::Avaya);
    let class = Some("ccp.avaya.com");
    let settings = "HTTPSRVR=192.0.2.1,HTTPPORT=80,HTTPDIR=/prov";
    let newer = format!("{settings},DES_STAT=0");
    assert_eq!(sent(avaya, &[1, 28, 3, 6, 15, 42, 242], class), [text(242, &newer)]);
    assert_eq!(sent(avaya, &[1, 3, 6, 15, 66, 69, 43, 176], class), [text(176, settings)]);
    assert_eq!(sent(avaya, &[1, 3], class), []);
}

#[test]
fn a_gigaset_and_a_panasonic_are_told_their_folder_in_each_option_they_ask_for() {
    let folder = "http://192.0.2.1/prov";
    let gigaset = Some(Family::Gigaset);
    assert_eq!(sent(gigaset, &[1, 3, 6, 15, 120, 114, 125], None)[0], text(114, folder));
    assert_eq!(sent(gigaset, &[66], None), [text(66, folder)]);
    let url = "http://192.0.2.1/prov/";
    let panasonic = sent(Some(Family::Panasonic), &[66, 67, 159, 160], Some("Panasonic"));
    assert_eq!(panasonic, [text(160, url), text(159, url), text(66, url)]);
    let pnp = pnp_url(Some(Family::Panasonic), &BOX);
    assert_eq!(pnp.as_deref(), Some("http://192.0.2.1/prov/{MODEL}.cfg"));
}

#[test]
fn a_cisco_is_told_a_rule_or_a_tftp_server_as_its_firmware_reads_it() {
    let rule = "http://192.0.2.1/prov/$MA.xml";
    let list = (150, vec![192, 0, 2, 1]);
    let mpp = sent(Some(Family::CiscoMpp), &[66, 150, 159, 160], Some("CP-7841-3PCC"));
    assert_eq!(mpp, [text(66, rule), text(160, rule), text(159, rule), list.clone()]);
    let class = Some("Cisco Systems, Inc. IP Phone CP-7960G");
    let old = sent(Some(Family::CiscoEnterprise), &[1, 66, 6, 3, 15, 150, 35], class);
    assert_eq!(old, [list, text(66, "192.0.2.1")]);
    assert_eq!(sent(Some(Family::CiscoEnterprise), &[1, 3], class), []);
}

#[test]
fn an_alcatel_is_told_in_the_sub_option_of_its_kind() {
    let inside = |code: u8| {
        let mut bytes = vec![code, 21];
        bytes.extend(b"http://192.0.2.1/prov");
        (43, bytes)
    };
    let alcatel = Some(Family::Alcatel);
    let asked = [1, 3, 28, 43, 58, 59];
    assert_eq!(sent(alcatel, &asked, Some("alcatel.sip.0")), [inside(67)]);
    for class in ["aledevice", "alcatel.ictouch.0", "ictouch.0"] {
        assert_eq!(sent(alcatel, &asked, Some(class)), [inside(66)]);
    }
    assert_eq!(sent(alcatel, &asked, Some("alcatel.noe.0")), []);
}

#[test]
fn an_htek_and_an_akuvox_are_told_their_folder() {
    let url = "http://192.0.2.1/prov/";
    assert_eq!(sent(Some(Family::Htek), &[66], None), [text(66, url)]);
    assert_eq!(sent(Some(Family::Akuvox), &[66, 43], None), [text(66, url), text(43, url)]);
}

#[test]
fn a_linksys_of_the_older_kind_is_told_the_host_of_its_tftp_server() {
    let linksys = sent(Some(Family::CiscoSpa), &[66], Some("LINKSYS SPA-942"));
    assert_eq!(linksys, [text(66, "192.0.2.1")]);
}

#[test]
fn a_router_with_the_prefix_of_a_phone_gets_nothing_it_did_not_ask_for() {
    assert_eq!(sent(Some(Family::CiscoSpa), &[1, 3, 6], None), []);
    assert_eq!(sent(Some(Family::CiscoSpa), &[66], None), [text(66, "192.0.2.1")]);
}

#[test]
fn a_snom_is_told_host_and_path_and_in_43_only_when_it_asks() {
    let snom = Some(Family::Snom);
    let plain = [text(66, "http://192.0.2.1"), text(67, "prov/{mac}.htm")];
    assert_eq!(sent(snom, &[66, 67], Some("snom320")), plain);
    let asked = sent(snom, &[66, 67, 43], Some("snom320"));
    let mut tunnel = vec![66, 17];
    tunnel.extend(b"http://192.0.2.1\0");
    tunnel.extend([67, 15]);
    tunnel.extend(b"prov/{mac}.htm\0");
    assert_eq!(asked.last(), Some(&(43, tunnel)));
}

#[test]
fn a_device_of_no_maker_gets_plain_forms_and_only_what_it_asks() {
    assert_eq!(sent(None, &[1, 3, 6, 43, 160], Some("MSFT 5.0")), []);
    assert_eq!(sent(None, &[], None), []);
    let asked = sent(None, &[66, 150], None);
    assert_eq!(asked, [text(66, "192.0.2.1"), (150, vec![192, 0, 2, 1])]);
    assert_eq!(sent(Some(Family::Unify), &[66], None), [text(66, "192.0.2.1")]);
}

#[test]
fn a_port_other_than_80_is_in_the_url_and_a_missing_directory_is_not() {
    let odd = BoxAddresses { http_port: 8080, directory: "", ..BOX };
    let url = pnp_url(Some(Family::Yealink), &odd);
    assert_eq!(url.as_deref(), Some("http://192.0.2.1:8080/"));
    let snom = pnp_url(Some(Family::Snom), &BOX);
    assert_eq!(snom.as_deref(), Some("http://192.0.2.1/prov/{mac}.htm"));
}

#[test]
fn a_directory_too_long_for_an_option_leaves_the_option_out() {
    let long = "d".repeat(300);
    let addresses = BoxAddresses { directory: &long, ..BOX };
    let mut out = OptionList::new();
    boot_options(Some(Family::Yealink), &addresses, &[66, 43], None, &mut out);
    assert!(out.is_empty());
}

#[test]
fn leases_are_as_long_as_each_kind_bears() {
    assert_eq!(lease_s(Some(Family::Avaya)), LEASE_AVAYA_S);
    assert_eq!(lease_s(Some(Family::Snom)), LEASE_HANDSET_S);
    assert_eq!(lease_s(None), LEASE_OTHER_S);
    assert_eq!((LEASE_AVAYA_S, LEASE_HANDSET_S, LEASE_OTHER_S), (3_628_800, 604_800, 28_800));
}

/// The template, the absence or the kind of answer, in a word.
fn word(answer: Answer) -> String {
    match answer {
        Answer::Handset { template, .. } => format!("handset {template}"),
        Answer::Common { template, .. } => format!("common {template}"),
        Answer::Absent(absence) => format!("absent {absence:?}"),
        Answer::Firmware => "firmware".into(),
        Answer::Book => "book".into(),
        Answer::Upload => "upload".into(),
    }
}

/// A name, who asks for it, whose file it is, and what is answered.
const FILES: &[(&str, &str, &str, &str)] = &[
    ("001565f4f9e1.boot", "yealink", "001565f4f9e1", "absent BootListUnused"),
    ("y000000000000.boot", "yealink", "", "absent BootListUnused"),
    ("y000000000108.cfg", "yealink", "", "common yealink/common.cfg"),
    ("y000000000000.cfg", "yealink", "", "common yealink/common.cfg"),
    ("001565f4f9e1.cfg", "yealink", "001565f4f9e1", "handset yealink/mac.cfg"),
    ("001565f4f9e1-local.cfg", "yealink", "001565f4f9e1", "absent OwnOverrides"),
    ("snomD785.htm", "snom", "", "common snom/model.htm"),
    ("snomD785-00041396D9B4.htm", "snom", "00041396d9b4", "handset snom/mac.htm"),
    ("00041396D9B4.htm", "snom", "00041396d9b4", "handset snom/mac.htm"),
    ("0004f2abcdef.cfg", "polycom", "0004f2abcdef", "handset polycom/mac.cfg"),
    ("000000000000.cfg", "polycom", "", "common polycom/default.cfg"),
    ("0004f2abcdef-line.cfg", "polycom", "0004f2abcdef", "handset polycom/mac-line.cfg"),
    ("site.cfg", "polycom", "", "common polycom/site.cfg"),
    ("0004f2abcdef-phone.cfg", "polycom", "0004f2abcdef", "absent OwnOverrides"),
    ("0004f2abcdef-license.cfg", "polycom", "0004f2abcdef", "absent Optional"),
    ("000000000000-directory.xml", "polycom", "", "book"),
    ("0004f2abcdef-app.log", "polycom", "0004f2abcdef", "upload"),
    ("2345-12600-001.sip.ld", "polycom", "", "firmware"),
    ("cfg000b8240d55c", "grandstream", "000b8240d55c", "absent BinaryFirst"),
    ("cfg000b8240d55c.xml", "grandstream", "000b8240d55c", "handset grandstream/mac.xml"),
    ("cfggxp2130.xml", "grandstream", "", "common grandstream/common.xml"),
    ("cfg.xml", "grandstream", "", "common grandstream/common.xml"),
    ("spa504G.cfg", "cisco_spa", "", "common cisco_spa/model.cfg"),
    ("000e08d2ace0.xml", "cisco_spa", "000e08d2ace0", "handset cisco_spa/mac.xml"),
    ("CTLSEP002155D64F77.tlv", "cisco_enterprise", "002155d64f77", "absent NotEncrypted"),
    ("ITLFile.tlv", "cisco_enterprise", "", "absent NotEncrypted"),
    ("SEP002155D64F77.cnf.xml.sgn", "cisco_enterprise", "002155d64f77", "absent NotEncrypted"),
    ("XMLDefault.cnf.xml", "cisco_enterprise", "", "absent CallServer"),
    ("OS79XX.TXT", "cisco_enterprise", "", "absent Optional"),
    ("SIPDefault.cnf", "cisco_enterprise", "", "common cisco_enterprise/sipdefault.cnf"),
    ("CP-7821-3PCC.xml", "cisco_mpp", "", "common cisco_mpp/model.xml"),
    ("7841-3PCC.xml", "cisco_mpp", "", "common cisco_mpp/model.xml"),
    ("CP-8841-3PCC.cfg", "cisco_mpp", "", "common cisco_mpp/model.xml"),
    ("7c2f80e0d605.xml", "gigaset", "7c2f80e0d605", "handset gigaset/mac.xml"),
    ("provisioning.xml", "gigaset", "", "handset gigaset/mac.xml"),
    ("42/2/master.bin", "gigaset", "", "firmware"),
    ("J100Supgrade.txt", "avaya", "", "common avaya/upgrade.txt"),
    ("96x1Hupgrade.txt", "avaya", "", "common avaya/upgrade.txt"),
    ("46xxsettings.txt", "avaya", "", "common avaya/46xxsettings.txt"),
    ("c81fea9b650d.txt", "avaya", "c81fea9b650d", "handset avaya/mac.txt"),
    ("KX-UT136.cfg", "panasonic", "", "common panasonic/model.cfg"),
    ("Config0080F0C8C381.cfg", "panasonic", "0080f0c8c381", "handset panasonic/mac.cfg"),
    ("cfg001fc11c22a9.xml", "htek", "001fc11c22a9", "handset htek/mac.xml"),
    ("cfg0010.xml", "htek", "", "common htek/common.xml"),
    ("cfg000000000000.xml", "htek", "", "common htek/common.xml"),
    ("0c1105000001.cfg", "akuvox", "0c1105000001", "handset akuvox/mac.cfg"),
    ("config.3c28a620089e.xml", "alcatel", "3c28a620089e", "handset alcatel/mac.xml"),
    ("config.M3.xml", "alcatel", "", "common alcatel/model.xml"),
    ("lanpbx.cfg", "alcatel", "", "absent CallServer"),
    ("f0X4hw1.100.cfg", "fanvil", "", "common fanvil/common.cfg"),
    ("f0C00580000.cfg", "fanvil", "", "absent OtherForm"),
    ("KX-UTG200B.cfg", "panasonic", "", "absent OtherForm"),
    ("sipconfig-00809f000001.txt", "alcatel", "00809f000001", "handset alcatel/sipconfig.txt"),
    ("sipconfig.txt", "alcatel", "", "absent Optional"),
    ("1220SIP.cfg", "avaya", "", "common avaya/model12.cfg"),
    ("DeviceConfig.cfg", "avaya", "", "common avaya/device12.cfg"),
    ("SIP00549F000001.cfg", "avaya", "00549f000001", "handset avaya/mac12.cfg"),
    ("0c383e07e16c.cfg", "fanvil", "0c383e07e16c", "handset fanvil/mac.cfg"),
    ("fanvil_x4_hw1_1.txt", "fanvil", "", "firmware"),
    ("aastra.cfg", "aastra_mitel", "", "common aastra_mitel/common.cfg"),
    ("startup.cfg", "aastra_mitel", "", "common aastra_mitel/common.cfg"),
    ("6865i.cfg", "aastra_mitel", "", "absent Optional"),
    ("00085D237429.cfg", "aastra_mitel", "00085d237429", "handset aastra_mitel/mac.cfg"),
    ("security.tuz", "aastra_mitel", "", "absent NotEncrypted"),
    ("00085D237429.tuz", "aastra_mitel", "00085d237429", "absent NotEncrypted"),
    ("6865i.st", "aastra_mitel", "", "firmware"),
    ("020000000001.cfg", "generic", "020000000001", "handset generic/mac.cfg"),
    ("020000000001.xml", "generic", "020000000001", "handset generic/mac.xml"),
];

#[test]
fn every_file_of_a_boot_is_answered_on_purpose() {
    let catalog = Catalog::new();
    for &(name, family, mac, answer) in FILES {
        let asked = catalog.file(name, None).unwrap_or_else(|| panic!("{name} is not known"));
        assert_eq!(asked.family.id(), family, "{name}");
        let have = asked.mac.map_or(String::new(), |mac| mac.bare().to_string());
        assert_eq!(have, mac, "{name}");
        assert_eq!(word(asked.answer), answer, "{name}");
    }
    for name in ["", "favicon.ico", "../etc/passwd", "index.html", "000000000000.xml"] {
        assert_eq!(catalog.file(name, None), None, "{name}");
    }
}

#[test]
fn an_ambiguous_name_is_read_as_the_phone_already_known_would_mean_it() {
    let catalog = Catalog::new();
    let as_known = |name: &str, family: Family| {
        let asked = catalog.file(name, Some(family)).unwrap();
        (asked.family.id(), word(asked.answer))
    };
    // The address is of no maker, the phone said who made it.
    let polycom = as_known("020000000001.cfg", Family::Polycom);
    assert_eq!(polycom, ("polycom", "handset polycom/mac.cfg".into()));
    // The address is Yealink's, the phone says it is a Polycom.
    assert_eq!(as_known("001565000001.cfg", Family::Polycom).0, "polycom");
    assert_eq!(as_known("020000000001.xml", Family::Snom).0, "snom");
    assert_eq!(as_known("SEP002699000001.cnf.xml", Family::CiscoSpa).0, "cisco_spa");
    let enterprise = Family::CiscoEnterprise;
    let sep = "handset cisco_enterprise/sep.xml".into();
    assert_eq!(as_known("SEP002155D64F77.cnf.xml", enterprise), ("cisco_enterprise", sep));
    let old = "handset cisco_enterprise/sipmac.cnf".into();
    assert_eq!(as_known("SIP002155D64F77.cnf", enterprise), ("cisco_enterprise", old));
    let mpp = "handset cisco_mpp/mac.xml".into();
    assert_eq!(as_known("d0ec35000001.xml", Family::CiscoMpp), ("cisco_mpp", mpp));
    // A maker who never asks for such a name does not answer it.
    assert_eq!(as_known("snom320.htm", Family::Yealink).0, "snom");
}

#[test]
fn a_model_is_spelt_one_way_whichever_sign_told_it() {
    let catalog = Catalog::new();
    let model = |name: &str| catalog.file(name, None).unwrap().model.unwrap().to_string();
    assert_eq!(model("spa504G.cfg"), "SPA504G");
    assert_eq!(model("cfggxp2130.xml"), "GXP2130");
    assert_eq!(model("snom320.htm"), "320");
    assert_eq!(Family::Snom.plain_model("snom720").as_deref(), Some("720"));
    assert_eq!(Family::Snom.plain_model("OEM"), None);
}

fn guessed(signs: &[Sign<'_>]) -> Guess {
    let catalog = Catalog::new();
    let mut guess = Guess::default();
    for sign in signs {
        guess.add(sign.kind(), &catalog.identify(*sign));
    }
    guess
}

#[test]
fn what_a_phone_says_of_itself_outweighs_what_its_address_suggests() {
    let yealink_address = Mac([0x00, 0x15, 0x65, 0, 0, 1]);
    let signs = [
        Sign::Oui(yealink_address),
        Sign::ParameterList(&[1, 2, 3, 4, 6, 7, 12, 15, 28, 42, 66, 67, 43, 120]),
        Sign::FileName(b"001565000001.boot"),
        Sign::VendorClass(b"snomD785"),
    ];
    let guess = guessed(&signs);
    assert_eq!(guess.family(), Some(Family::Snom));
    assert_eq!(guess.model(), Some("D785"));
    assert_eq!(guess.led_by().collect::<Vec<_>>(), [(SignKind::VendorClass, false)]);
    assert_eq!(guess.against().count(), 3);
    let mut backwards = signs;
    backwards.reverse();
    assert_eq!(guessed(&backwards).family(), Some(Family::Snom), "order does not matter");
    assert_eq!(guessed(&[]).family(), None);
}

#[test]
fn a_prefix_that_routers_have_too_makes_no_phone() {
    let linksys = Mac([0x00, 0x18, 0x39, 0, 0, 1]);
    assert_eq!(guessed(&[Sign::Oui(linksys)]).family(), None);
    let both = guessed(&[Sign::Oui(linksys), Sign::HostName(b"SPA3102")]);
    assert_eq!(both.family(), Some(Family::CiscoSpa));
    let led: Vec<_> = both.led_by().map(|(kind, _)| kind).collect();
    assert_eq!(led, [SignKind::HostName, SignKind::Oui]);
}

#[test]
fn the_version_of_a_loader_never_hides_that_of_the_firmware() {
    let loader = Sign::HttpUserAgent(b"FileTransport PolycomVVX-VVX_410-UA/5.9.0.1 Type/Updater");
    let firmware =
        Sign::HttpUserAgent(b"FileTransport PolycomVVX-VVX_410-UA/6.4.0.2 Type/Application");
    let newer = Sign::SipUserAgent(b"PolycomVVX-VVX_410-UA/6.4.1.9");
    assert_eq!(guessed(&[loader]).version(), Some("5.9.0.1"));
    assert_eq!(guessed(&[firmware, loader]).version(), Some("6.4.0.2"));
    assert_eq!(guessed(&[loader, firmware, newer, loader]).version(), Some("6.4.1.9"));
    assert_eq!(guessed(&[loader, firmware]).model(), Some("VVX410"));
}

#[test]
fn a_model_has_as_many_lines_as_it_shows() {
    let catalog = Catalog::new();
    assert_eq!(catalog.lines_max(Family::Yealink, Some("T46U")), 8);
    assert_eq!(catalog.lines_max(Family::Yealink, Some("T19P_E2")), 1);
    assert_eq!(catalog.lines_max(Family::CiscoSpa, Some("SPA504G")), 4);
    assert_eq!(catalog.lines_max(Family::Generic, None), 1);
    for family in Family::ALL {
        assert!((1..=8).contains(&catalog.lines_max(family, None)), "{family:?}");
        assert!(!family.resync_event().is_empty() && !family.reboot_event().is_empty());
        let copes = family == Family::Linphone;
        assert_eq!(family.wants_sha256(), copes, "no other was seen to cope with two challenges");
        assert!(!family.proof().is_empty());
        let known = ["documented", "rule", "memory"];
        assert!(family.files_proof().is_none_or(|proof| known.contains(&proof)), "{family:?}");
    }
}

#[test]
fn the_readme_says_of_each_maker_how_its_file_is_known() {
    let readme = include_str!("../../../README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| ")).collect();
    for family in Family::ALL.into_iter().filter(|family| *family != Family::Generic) {
        let word = match family.files_proof() {
            Some("documented") => "documentation",
            Some("rule") => "a rule",
            Some(_) => "memory",
            None => continue,
        };
        let told = rows.iter().any(|row| row.contains(family.vendor()) && row.contains(word));
        assert!(told, "{family:?}: no row says {word}");
    }
}

#[test]
fn every_template_that_is_named_is_shipped() {
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../render/templates");
    for template in Catalog::new().templates() {
        assert!(shipped.join(template).is_file(), "{template}");
    }
}

#[test]
fn every_absence_has_a_sentence_for_the_boot_story() {
    for absence in [
        Absence::BootListUnused,
        Absence::OwnOverrides,
        Absence::BinaryFirst,
        Absence::NotEncrypted,
        Absence::OtherProtocol,
        Absence::CallServer,
        Absence::Optional,
        Absence::OtherForm,
    ] {
        assert!(absence.reason().ends_with('.') && absence.reason().len() > 20);
    }
}
