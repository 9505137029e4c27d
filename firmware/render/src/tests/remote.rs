//! Files of a handset that is used from the WAN: it comes to trust the box, and keeps nothing of
//! what was typed for its first fetch.

use super::office;
use crate::{Templates, SHIPPED};
use exchange::render::{Render, Values};

fn rendered(template: &str, values: &Values) -> String {
    let mut out = Vec::new();
    Templates::shipped().unwrap().render(template, values, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_files_of_makers_that_can_name_the_authority_do_and_no_others() {
    let pem = "http://192.168.1.1:8667/p/dialtone-ca.crt";
    let der = "http://192.168.1.1:8667/p/dialtone-ca.der";
    let names = [
        ("yealink/mac.cfg", format!("\nstatic.trusted_certificates.url = {pem}\n")),
        ("yealink/mac.cfg", format!("\ntrusted_certificates.url = {pem}\n")),
        ("snom/mac.htm", format!("<certificate url=\"{der}\"/>")),
        ("cisco_mpp/mac.xml", format!("<Custom_CA_Rule>{pem}</Custom_CA_Rule>")),
        ("cisco_mpp/mac.xml", format!("<Custom_CA_URL>{pem}</Custom_CA_URL>")),
        ("aastra_mitel/mac.cfg", format!("\nhttps user certificates: {pem}\n")),
        ("aastra_mitel/mac.cfg", format!("\nsips trusted certificates: {pem}\n")),
        ("avaya/mac.txt", "\nSET TRUSTCERTS \"dialtone-ca.crt\"\n".to_string()),
        ("panasonic/mac.cfg", format!("\nCFG_ROOT_CERTIFICATE_PATH=\"{pem}\"\n")),
        ("generic/mac.cfg", format!("\nauthority.url = {pem}\n")),
        ("generic/mac.xml", format!("<authority url=\"{pem}\"/>")),
        ("polycom/mac-line.cfg", "BEGIN CERTIFICATE".to_string()),
        ("grandstream/mac.xml", "BEGIN CERTIFICATE".to_string()),
    ];
    let mut without = office::remote(1);
    without.site.authority = None;
    for shipped in SHIPPED.iter().filter(|shipped| shipped.handset) {
        let (with, plain) =
            (rendered(shipped.name, &office::remote(1)), rendered(shipped.name, &without));
        let own: Vec<_> = names.iter().filter(|(name, _)| *name == shipped.name).collect();
        assert!(own.iter().all(|(_, text)| with.contains(text)), "{}", shipped.name);
        assert_eq!(with != plain, !own.is_empty(), "{}", shipped.name);
        assert!(!plain.contains("dialtone-ca") && !plain.contains("CERTIFICATE-----"));
    }
}

/// The certificate as a reader of XML gives it to the phone.
fn installed(text: &str, is_it: impl Fn(&roxmltree::Node<'_, '_>) -> Option<String>) -> String {
    let document = roxmltree::Document::parse(text).unwrap();
    document.descendants().find_map(|node| is_it(&node)).unwrap()
}

#[test]
fn a_certificate_in_a_file_is_pem_line_by_line() {
    let lines = office::authority().lines;
    let pem =
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----", lines.join("\n"));
    let polycom = rendered("polycom/mac-line.cfg", &office::remote(1));
    let name = "device.sec.TLS.customCaCert1";
    let attribute = installed(&polycom, |node| node.attribute(name).map(String::from));
    assert_eq!(attribute, pem);
    let grandstream = rendered("grandstream/mac.xml", &office::remote(1));
    let element = installed(&grandstream, |node| {
        node.has_tag_name("P8433").then(|| node.text().unwrap_or_default().to_string())
    });
    assert_eq!(element, pem);
}

#[test]
fn what_was_typed_for_the_first_fetch_is_taken_off_the_phone() {
    for (template, texts) in [
        (
            "yealink/mac.cfg",
            &[
                "\nstatic.auto_provision.server.username = %NULL%\n",
                "\nstatic.auto_provision.server.password = %NULL%\n",
                "\nauto_provision.server.password = %NULL%\n",
            ][..],
        ),
        (
            "snom/mac.htm",
            &[
                "<http_client_user perm=\"R\"></http_client_user>",
                "<http_client_pass perm=\"R\"></http_client_pass>",
            ],
        ),
        (
            "polycom/mac-line.cfg",
            &[
                "device.prov.user=\"\"",
                "device.prov.password.set=\"1\"",
                "device.prov.password=\"\"",
            ],
        ),
        ("grandstream/mac.xml", &["<P1360></P1360>", "<P1361></P1361>"]),
        ("fanvil/mac.cfg", &["<DefaultPassword></DefaultPassword>"]),
        ("akuvox/mac.cfg", &["\nConfig.Autoprovision.GENERAL.Pwd =\n"]),
        ("alcatel/mac.xml", &["<setting id=\"DeviceProvisionServerPassword\" value=\"\"/>"]),
    ] {
        let file = rendered(template, &office::remote(1));
        for text in texts {
            assert!(file.contains(text), "{template}: {text}");
        }
        assert!(file.contains("203.0.113.1/p/abcdefghijkmnpqrstuvwxyz23"), "{template}");
    }
}
