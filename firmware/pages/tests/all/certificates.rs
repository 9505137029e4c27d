//! The page of certificates, in every state worth looking at.

use crate::office::VIEWER;
use exchange::command::{CertificateFlaw, CertificatePlace};
use exchange::time::{Instant, Now, Wall};
use exchange::view::{CertificateView, CertificatesView};
use pages::form::{certificate_place, Fields};
use pages::{CertificateForm, Html};

const NOW: u64 = 1_796_083_199;

fn certificate(subject: &str, issuer: &str, until: u64) -> CertificateView {
    CertificateView {
        subject: subject.to_string(),
        issuer: issuer.to_string(),
        names: Vec::new(),
        until,
        fingerprint: [0xa5; 32],
    }
}

fn own() -> CertificateView {
    CertificateView {
        names: vec!["dialtone.local".to_string(), "192.168.10.1".to_string()],
        ..certificate("dialtone.local", "Dialtone 01020304", NOW + 34_300_000)
    }
}

pub(crate) fn view() -> CertificatesView {
    CertificatesView {
        now: Now { mono: Instant(0), wall: Some(Wall(NOW)) },
        authority: Some(certificate("Dialtone 01020304", "Dialtone 01020304", 2_524_607_999)),
        installed: None,
        shown: Some(own()),
        phones: Vec::new(),
        address: Some([192, 168, 10, 1].into()),
        http_port: 80,
        speaks_tls: true,
        read_only: false,
    }
}

fn page(view: &CertificatesView, refused: Option<(CertificateForm, &str)>) -> Html {
    pages::certificates(view, &VIEWER, refused)
}

/// A name that would be code if it could.
pub(crate) fn evil(text: &str) -> Html {
    let evil = CertificateView { names: vec![text.to_string()], ..certificate(text, text, NOW) };
    let view = CertificatesView {
        installed: Some(evil.clone()),
        shown: Some(evil.clone()),
        phones: vec![(0, evil.clone())],
        authority: Some(evil),
        ..view()
    };
    page(&view, None)
}

pub(crate) fn all() -> Vec<(&'static str, Html)> {
    let site = certificate("pbx.example.org", "Acme <Roots>", NOW - 86_400);
    let installed = CertificatesView {
        installed: Some(site.clone()),
        shown: Some(site),
        phones: vec![(0, certificate("", "", NOW + 1)), (3, certificate("Acme", "Acme", NOW + 1))],
        http_port: 8_080,
        ..view()
    };
    let nothing = CertificatesView {
        now: Now { mono: Instant(0), wall: None },
        authority: None,
        shown: None,
        address: None,
        ..view()
    };
    let silent = CertificatesView { speaks_tls: false, authority: None, shown: None, ..view() };
    let untimed = CertificatesView { now: nothing.now, read_only: true, ..view() };
    let flaw = CertificateFlaw::KeyOfAnother.to_string();
    let there = CertificateFlaw::There.to_string();
    vec![
        ("certificates", page(&view(), None)),
        ("certificates-installed", page(&installed, None)),
        ("certificates-not-yet", page(&nothing, None)),
        ("certificates-without-tls", page(&silent, None)),
        ("certificates-read-only", page(&untimed, None)),
        ("certificates-refused", page(&view(), Some((CertificateForm::Shown, &flaw)))),
        ("certificates-phones-refused", page(&view(), Some((CertificateForm::Phones, &there)))),
    ]
}

#[test]
fn dates_are_said_with_what_they_mean() {
    assert!(page(&view(), None).contains("<dd>2049-12-31</dd>"));
    let over = CertificatesView { shown: Some(certificate("a", "b", NOW - 1)), ..view() };
    assert!(page(&over, None).contains("2026-11-30, which is over"));
    let untimed = CertificatesView { now: Now { mono: Instant(0), wall: None }, ..view() };
    assert!(page(&untimed, None).contains("(the box does not know the time)"));
}

#[test]
fn a_form_means_one_place_or_none() {
    let place = |form: &str| certificate_place(&Fields::parse(form.as_bytes()).unwrap());
    assert_eq!(place("place=installed"), Some(CertificatePlace::Installed));
    assert_eq!(place("place=7"), Some(CertificatePlace::Phones(7)));
    for form in ["", "place=", "place=authority", "place=-1", "place=256", "place=%2b1"] {
        assert_eq!(place(form), None, "{form}");
    }
}
