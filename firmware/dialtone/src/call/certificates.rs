//! What is asked of the loop about certificates.

use exchange::certificates::{CertificatesView, Kept, Leaf, Wanted};
use exchange::names::RecordNo;
use exchange::time::Now;
use exchange::Exchange;
use std::net::Ipv4Addr;

/// A question about certificates.
pub(crate) enum AskCertificates {
    /// What is to be shown and believed, where ports have these addresses by now and a certificate
    /// of the box's own making is shown that says this?
    Wanted { found: Vec<Ipv4Addr>, shown: Option<Leaf> },
    /// This is the box's authority from now on.
    AuthorityMade(Kept),
    /// Which are there, where this one is shown?
    Look { shown: Vec<u8> },
}

/// The answer, by the question.
pub(crate) enum ToldCertificates {
    Wanted(Box<Wanted>),
    Made,
    Looked(Box<CertificatesView>),
}

/// Answers; the answer relies on the fact of this number.
pub(crate) fn answer(
    exchange: &mut Exchange,
    now: Now,
    ask: AskCertificates,
) -> (ToldCertificates, RecordNo) {
    let nothing = RecordNo(0);
    match ask {
        AskCertificates::Wanted { found, shown } => {
            exchange.ports_have(&found);
            let wanted = exchange.certificates_wanted(now, &found, shown.as_ref());
            (ToldCertificates::Wanted(Box::new(wanted)), nothing)
        }
        AskCertificates::AuthorityMade(kept) => {
            let after = exchange.authority_made(kept);
            (ToldCertificates::Made, after)
        }
        AskCertificates::Look { shown } => {
            let shown = Some(&shown[..]).filter(|shown| !shown.is_empty());
            let view = exchange.certificates_view(now, shown);
            (ToldCertificates::Looked(Box::new(view)), nothing)
        }
    }
}
