//! The page Certificates: what the box shows over TLS, its authority, by whose certificates phones
//! prove who they are, and how a phone of each maker comes to trust the box.

use crate::moment::civil;
use crate::{asset, html, Html, Viewer};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use askama::Template;
use core::fmt::Write;
use exchange::limits::PHONE_AUTHORITIES_MAX;
use exchange::time::{DAY_MS, SECOND_MS};
use exchange::view::{CertificateView, CertificatesView, Family};

const DAY_S: u64 = DAY_MS / SECOND_MS;

/// Where on the page something was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateForm {
    /// What the box shows.
    Shown,
    /// Whose certificates are believed.
    Phones,
}

#[derive(Template)]
#[template(path = "certificates.html")]
struct CertificatesPage<'a> {
    viewer: &'a Viewer<'a>,
    view: &'a CertificatesView,
    refused: Option<(CertificateForm, &'a str)>,
}

/// The whole page; `refused` says why nothing came of a form.
pub fn certificates(
    view: &CertificatesView,
    viewer: &Viewer<'_>,
    refused: Option<(CertificateForm, &str)>,
) -> Html {
    html(&CertificatesPage { viewer, view, refused }, 12 * 1024)
}

impl CertificatesPage<'_> {
    fn error(&self, form: CertificateForm) -> Option<&str> {
        self.refused.filter(|(at, _)| *at == form).map(|(_, why)| why)
    }

    fn shown_error(&self) -> Option<&str> {
        self.error(CertificateForm::Shown)
    }

    fn phones_error(&self) -> Option<&str> {
        self.error(CertificateForm::Phones)
    }

    /// Where a certificate of the authority can be had without TLS.
    fn plain_address(&self) -> Option<String> {
        let address = self.view.address?;
        Some(match self.view.http_port {
            80 => format!("http://{address}/dialtone-ca.crt"),
            port => format!("http://{address}:{port}/dialtone-ca.crt"),
        })
    }

    /// What a certificate says of itself, line by line.
    fn rows(&self, view: &CertificateView) -> Vec<(&'static str, String)> {
        let CertificateView { subject, issuer, names, until, fingerprint } = view;
        let said = |text: &String| match text.is_empty() {
            true => String::from("not said"),
            false => text.clone(),
        };
        let (year, month, day) = civil(until / DAY_S);
        let date = format!("{year}-{month:02}-{day:02}");
        let holds = match self.view.now.wall {
            Some(wall) if wall.0 > *until => format!("{date}, which is over"),
            Some(_) => date,
            None => format!("{date} (the box does not know the time)"),
        };
        let mut rows = Vec::from([("For", said(subject)), ("Signed by", said(issuer))]);
        if !names.is_empty() {
            rows.push(("Names", names.join(", ")));
        }
        rows.extend([("Holds until", holds), ("SHA-256", letters(fingerprint))]);
        rows
    }

    /// How phones of each maker come to trust the box; those of which something is known.
    fn makers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let known = |family: Family| Some((family.name(), family.trust()?));
        Family::ALL.into_iter().filter_map(known)
    }
}

/// Bytes as people compare them.
fn letters(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (place, byte) in bytes.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{}{byte:02X}", if place == 0 { "" } else { ":" });
    }
    text
}
