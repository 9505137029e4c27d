//! What openssl makes of the box's certificates and its handshakes.

use super::*;
use crate::base64;
use crate::mutation::spoiled;
use exchange::certificates::{CertificateFlaw, Wanted, MADE_FROM};
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const HOME: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// The WAN, where somebody has proven nothing.
const WAN: (Side, bool) = (Side::Wan, false);
const DAY: u64 = 86_400;

/// A folder of its own, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("dialtone-tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    /// What openssl says, on both its ends.
    fn openssl(&self, words: &str) -> String {
        openssl(&self.0, words)
    }

    /// A key with a certificate that an authority of this folder has signed.
    fn signed(&self, name: &str, subject: &str, authority: &str) {
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        self.openssl(&format!("req -new {key} -keyout {name}.key -subj {subject} -out {name}.csr"));
        self.write("v3", "basicConstraints = CA:FALSE\n");
        let by = format!("-CA {authority}.pem -CAkey {authority}.key -set_serial 7 -extfile v3");
        self.openssl(&format!("x509 -req -in {name}.csr {by} -out {name}.pem"));
    }

    fn authority(&self, name: &str) {
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        let subject = format!("-subj /O=Acme/CN={name}");
        self.openssl(&format!("req -x509 -new {key} -keyout {name}.key {subject} -out {name}.pem"));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn openssl(folder: &Path, words: &str) -> String {
    let mut command = Command::new("openssl");
    command.current_dir(folder).args(words.split(' ')).stdin(std::process::Stdio::null());
    let output = command.output().unwrap();
    let both = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn leaf() -> Leaf {
    Leaf {
        names: vec!["dialtone.local".to_owned()],
        addresses: vec![HOME, Ipv4Addr::new(192, 168, 10, 1)],
        from: MADE_FROM,
        until: MADE_FROM + 24_000 * DAY,
    }
}

/// What a box shows that believes these authorities of phones.
fn secured(phones: &[Vec<u8>]) -> (Arc<Secured>, String) {
    let authority = issue::authority().unwrap();
    let kept = issue::leaf(&leaf(), &authority).unwrap();
    let secured = Arc::new(Secured::new(Clock::start()));
    secured.show(kept, Some(leaf()), &authority, phones).unwrap();
    (secured, pem_of(&authority.chain))
}

/// How a handshake ended on our side.
type Shaken = Result<Option<Mac>, Option<Vec<u8>>>;

/// Has openssl speak to the box with these words: what it says, and how the handshake ended.
async fn speaks(folder: &Folder, secured: &Arc<Secured>, words: &str) -> (String, Shaken) {
    let listener = TcpListener::bind((HOME, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let words = format!("s_client -connect 127.0.0.1:{port} {words}");
    let path = folder.0.clone();
    let said = tokio::task::spawn_blocking(move || openssl(&path, &words));
    let (stream, _) = listener.accept().await.unwrap();
    let shaken = match secured.accept(Side::Lan, HOME, stream).await {
        Ok((mut stream, mac)) => {
            // The other end leaves as soon as it has said nothing.
            let _ = stream.read_u8().await;
            let _ = stream.shutdown().await;
            Ok(mac)
        }
        Err(words) => Err(words),
    };
    (said.await.unwrap(), shaken)
}

#[test]
fn openssl_believes_what_the_box_makes() {
    let folder = Folder::new("makes");
    let authority = issue::authority().unwrap();
    let kept = issue::leaf(&leaf(), &authority).unwrap();
    folder.write("ca.pem", &pem_of(&authority.chain));
    folder.write("chain.pem", &pem_of(&kept.chain));
    let said = folder.openssl("verify -x509_strict -CAfile ca.pem chain.pem");
    assert_eq!(said, "chain.pem: OK\n");
    for (name, flag) in [("192.168.10.1", "ip"), ("dialtone.local", "hostname")] {
        let words = format!("verify -x509_strict -verify_{flag} {name} -CAfile ca.pem chain.pem");
        assert_eq!(folder.openssl(&words), "chain.pem: OK\n");
    }
    let other = folder.openssl("verify -verify_ip 192.168.10.2 -CAfile ca.pem chain.pem");
    assert!(other.contains("IP address mismatch"), "{other}");
    let told = folder.openssl("x509 -in chain.pem -noout -text");
    for word in ["CA:FALSE", "Digital Signature", "TLS Web Server Authentication", "Version: 3"] {
        assert!(told.contains(word), "no {word} in {told}");
    }
    let told = folder.openssl("x509 -in ca.pem -noout -text");
    for word in ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign", "Jan  1 00:00:00 2026 GMT"] {
        assert!(told.contains(word), "no {word} in {told}");
    }
    assert!(told.contains("Dec 31 23:59:59 2049 GMT"), "{told}");
    // Not two with the same number or key.
    let other = issue::leaf(&leaf(), &authority).unwrap();
    assert!(other.chain != kept.chain && other.key != kept.key);
}

#[tokio::test]
async fn versions_and_ciphers_are_those_of_today() {
    let folder = Folder::new("versions");
    let (secured, ca) = secured(&[]);
    folder.write("ca.pem", &ca);
    for version in ["tls1_2", "tls1_3"] {
        let words = format!("-{version} -CAfile ca.pem -verify_return_error");
        let (said, shaken) = speaks(&folder, &secured, &words).await;
        assert!(said.contains("Verification: OK") && shaken == Ok(None), "{version}: {said}");
        assert!(!said.contains("Acceptable client certificate"), "{said}");
    }
    for version in ["tls1", "tls1_1"] {
        let words = format!("-{version} -cipher ALL:@SECLEVEL=0");
        let (said, shaken) = speaks(&folder, &secured, &words).await;
        assert!(said.contains("SSL alert number"), "{version}: {said}");
        let hello = shaken.unwrap_err().unwrap();
        let heard = wire::tls::first(&hello);
        let offers = matches!(heard, Ok(wire::tls::Spoken::Hello { version, .. })
            if version < wire::tls::Version::TLS_1_2);
        assert!(offers, "{heard:?}");
    }
    let weak = ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"];
    for cipher in weak {
        let words = format!("-tls1_2 -cipher {cipher}:@SECLEVEL=0");
        let (said, shaken) = speaks(&folder, &secured, &words).await;
        assert!(said.contains("handshake failure"), "{cipher}: {said}");
        assert!(matches!(shaken, Err(Some(_))), "{cipher}");
    }
}

#[tokio::test]
async fn a_phone_that_does_not_trust_the_box_says_so() {
    let folder = Folder::new("alerts");
    let (secured, _) = secured(&[]);
    for version in ["tls1_2", "tls1_3"] {
        let words = format!("-{version} -verify_return_error");
        let (said, shaken) = speaks(&folder, &secured, &words).await;
        assert!(said.contains("verify error"), "{said}");
        let alert = shaken.unwrap_err().unwrap();
        assert_eq!(wire::tls::first(&alert), Ok(wire::tls::Spoken::Alert(48)), "{version}");
    }
}

#[tokio::test]
async fn a_phone_is_proven_by_the_certificate_of_its_maker() {
    let folder = Folder::new("proof");
    folder.authority("acme");
    folder.authority("other");
    folder.signed("phone", "/O=Acme/CN=001565123456", "acme");
    folder.signed("liar", "/O=Acme/CN=001565123456", "other");
    folder.signed("nameless", "/O=Acme/CN=phone", "acme");
    let acme = one_authority(&folder.read("acme.pem")).unwrap();
    let (secured, _) = secured(&[acme]);
    let mac = Mac::parse(b"001565123456");
    for version in ["tls1_2", "tls1_3"] {
        for (name, proven) in [("phone", mac), ("liar", None), ("nameless", None)] {
            let words = format!("-{version} -cert {name}.pem -key {name}.key");
            let (said, shaken) = speaks(&folder, &secured, &words).await;
            assert_eq!(shaken, Ok(proven), "{version} {name}: {said}");
        }
        let (said, shaken) = speaks(&folder, &secured, &format!("-{version}")).await;
        assert!(said.contains("Acceptable client certificate"), "{said}");
        assert_eq!(shaken, Ok(None), "{said}");
    }
}

#[test]
fn what_an_admin_brings_is_looked_at_as_a_whole() {
    let folder = Folder::new("brings");
    folder.authority("acme");
    folder.signed("site", "/CN=pbx.example.org", "acme");
    folder.signed("other", "/CN=pbx.example.org", "acme");
    let kinds = "-newkey rsa:2048 -nodes -keyout rsa.key -subj /CN=rsa -out rsa.pem";
    folder.openssl(&format!("req -x509 -new {kinds}"));
    folder.openssl("rsa -in rsa.key -traditional -out old.key");
    let kinds = "-newkey ec -pkeyopt ec_paramgen_curve:secp521r1 -nodes -keyout odd.key";
    folder.openssl(&format!("req -x509 -new {kinds} -subj /CN=odd -out odd.pem"));
    folder.openssl("x509 -req -in site.csr -signkey site.key -days 9 -out v1.pem");
    folder.openssl("ec -in site.key -aes128 -passout pass:secret -out sealed.key");
    let file = |names: &[&str]| names.iter().flat_map(|name| folder.read(name)).collect::<Vec<_>>();
    let read = |names: &[&str]| chain_and_key(&file(names));
    let kept = read(&["site.pem", "acme.pem", "site.key"]).unwrap();
    assert_eq!(Certificate::all(&kept.chain).count(), 2);
    assert!(config(&kept, None).is_ok());
    assert!(read(&["site.key", "site.pem"]).is_ok(), "in any order");
    for key in ["rsa.key", "old.key"] {
        let kept = read(&["rsa.pem", key]).unwrap();
        assert!(config(&kept, None).is_ok(), "{key}");
    }
    for (names, flaw) in [
        (&["site.key"][..], CertificateFlaw::NoCertificate),
        (&["site.pem"], CertificateFlaw::NoKey),
        (&["site.pem", "sealed.key"], CertificateFlaw::NoKey),
        (&["site.pem", "site.key", "other.key"], CertificateFlaw::NoKey),
        (&["site.pem", "other.key"], CertificateFlaw::KeyOfAnother),
        (&["acme.pem", "site.pem", "site.key"], CertificateFlaw::KeyOfAnother),
        (&["odd.pem", "odd.key"], CertificateFlaw::KeyUnknown),
        (&["site.csr"], CertificateFlaw::NoCertificate),
        (&["v1.pem", "site.key"], CertificateFlaw::NotVersion3),
    ] {
        assert_eq!(read(names).err(), Some(flaw), "{names:?}");
    }
    assert!(one_authority(&file(&["acme.pem"])).is_ok());
    let two = one_authority(&file(&["acme.pem", "site.pem"]));
    assert_eq!(two, Err(CertificateFlaw::NotOne));
    let old = one_authority(&file(&["v1.pem"]));
    assert_eq!(old, Err(CertificateFlaw::NotVersion3));
    assert_eq!(one_authority(b""), Err(CertificateFlaw::NoCertificate));
    let good = [file(&["acme.pem"]), file(&["rsa.pem"])];
    spoiled(&good, 9, |text| match one_authority(text) {
        Ok(der) => {
            assert!(Certificate::first(&der).is_some_and(|(_, rest)| rest.is_empty()));
            true
        }
        Err(_) => false,
    });
}

#[test]
fn where_an_installed_certificate_cannot_be_shown_the_box_shows_its_own() {
    let authority = issue::authority().unwrap();
    let installed = issue::leaf(&leaf(), &authority).unwrap();
    let other = issue::leaf(&leaf(), &authority).unwrap();
    let wrong = Kept { key: other.key.clone(), ..installed.clone() };
    assert!(belongs(&installed).is_ok() && belongs(&authority).is_ok());
    assert_eq!(belongs(&wrong), Err(CertificateFlaw::KeyOfAnother));
    let secured = Secured::new(Clock::start());
    let wanted = |installed: &Kept, leaf| Wanted {
        authority: Some(authority.clone()),
        installed: Some(installed.clone()),
        phones: Vec::new(),
        leaf,
    };
    let renew = |installed: &Kept, leaf, before| {
        upkeep::renewed(&secured, wanted(installed, leaf), before).ok().map(|(known, _)| known)
    };
    let known = renew(&wrong, Some(leaf()), None);
    assert!(known.is_some() && secured.leaf() == Some(leaf()), "its own is shown");
    let (first, ca) = (secured.chain(), &authority.chain);
    assert!(first != wrong.chain && first.ends_with(ca));
    let known = renew(&wrong, None, known);
    assert_eq!(secured.chain(), first, "nothing has changed");
    // It is made anew in time all the same.
    let later = Leaf { until: leaf().until + DAY, ..leaf() };
    let known = renew(&wrong, Some(later.clone()), known);
    assert_eq!(secured.leaf(), Some(later.clone()));
    let known = renew(&installed, None, known);
    assert!(secured.chain() == installed.chain && secured.leaf().is_none());
    renew(&installed, Some(later), known);
    assert!(secured.chain() == installed.chain, "what is installed stays");
}

#[test]
fn what_is_written_as_pem_is_read_again() {
    let authority = issue::authority().unwrap();
    let kept = issue::leaf(&leaf(), &authority).unwrap();
    let text = pem_of(&kept.chain);
    assert!(text.lines().all(|line| line.len() <= 64));
    let key = base64::encoded(&kept.key.0);
    let key = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    assert!(chain_and_key(format!("{text}{key}").as_bytes()) == Ok(kept));
}

#[test]
fn handshakes_from_the_wan_are_counted_by_address_and_in_all() {
    let mut handshakes = Handshakes::default();
    let at = Instant(1_000);
    let address = |no: u32| Ipv4Addr::from(no);
    for _ in 0..HANDSHAKES_PER_SOURCE {
        assert!(handshakes.count(at, WAN, address(1)));
    }
    assert!(!handshakes.count(at, WAN, address(1)));
    let others = (2..1_000).filter(|no| handshakes.count(at, WAN, address(*no))).count();
    assert_eq!(others, usize::from(HANDSHAKES_WAN - HANDSHAKES_PER_SOURCE));
    assert!(handshakes.by.len() <= usize::from(HANDSHAKES_WAN), "what is refused leaves no trace");
    // Those of the LAN, and whoever has proven himself, are not kept out by all these.
    assert!(handshakes.count(at, (Side::Wan, true), address(2_000)));
    for _ in 0..HANDSHAKES_LAN_PER_SOURCE {
        assert!(handshakes.count(at, (Side::Lan, false), address(3_000)));
    }
    assert!(!handshakes.count(at, (Side::Lan, false), address(3_000)));
    assert!(!handshakes.count(at.after_ms(HANDSHAKES_MS - 1_001), WAN, address(1)));
    assert!(handshakes.count(at.after_ms(HANDSHAKES_MS), WAN, address(1)));
}

#[test]
fn whoever_got_a_file_is_remembered_and_of_too_many_the_first_is_not() {
    let secured = Secured::new(Clock::start());
    let address = |no: u32| Ipv4Addr::from(no);
    for no in 0..=HANDSHAKES_PROVEN_MAX as u32 {
        secured.proved(Side::Wan, address(no));
        secured.proved(Side::Wan, address(no));
    }
    secured.proved(Side::Lan, HOME);
    assert_eq!(secured.proven().len(), HANDSHAKES_PROVEN_MAX);
    assert!(!secured.proven().contains(&address(0)) && secured.proven().contains(&address(1)));
}

#[tokio::test]
async fn who_comes_too_often_from_the_wan_is_not_answered() {
    let (secured, _) = secured(&[]);
    let listener = TcpListener::bind((HOME, 0)).await.unwrap();
    let at = listener.local_addr().unwrap();
    for _ in 0..HANDSHAKES_PER_SOURCE {
        assert!(secured.may_begin(Side::Wan, HOME));
    }
    let mut client = TcpStream::connect(at).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    assert!(matches!(secured.accept(Side::Wan, HOME, stream).await, Err(None)));
    let mut answer = Vec::new();
    assert_eq!(client.read_to_end(&mut answer).await.unwrap_or_default(), 0);
    assert!(secured.may_begin(Side::Lan, HOME));
}
