//! An INVITE that dials a claim code: it is no call, but somebody who says who sits at his phone.
//!
//! Whoever calls has to prove one of his lines first, as for a REGISTER. The answer is final and no
//! call ever comes of it; its phrase, which many phones show, says what happened.

use crate::command::{Refusal, SeatFlaw};
use crate::names::Side;
use crate::office::Office;
use crate::registrar::Registrar;
use crate::request::{Reply, Request};
use crate::seat::{self, Dialled, CLAIM_PREFIX};
use crate::time::Now;
use alloc::string::String;
use wire::sip::Uri;

/// The code that is dialled, if this is one. The star may come escaped (RFC 3261 section 19.1.2),
/// and some phones send what ended the dialling too.
fn code(request: &Request<'_>) -> Option<String> {
    let uri = Uri::parse(request.uri).and_then(Uri::sip)?;
    let dialled = uri.user()?.replace("%2A", "*").replace("%2a", "*").replace("%23", "#");
    let code = dialled.strip_prefix(CLAIM_PREFIX)?;
    Some(String::from(code.strip_suffix('#').unwrap_or(code)))
}

/// Answers an INVITE that dials a code; `None` where it is none.
pub(super) fn answer(
    registrar: &mut Registrar,
    office: &mut Office,
    now: Now,
    request: &Request<'_>,
) -> Option<Option<Reply>> {
    let code = code(request).filter(|_| request.arrival.side == Side::Lan)?;
    let (handset, mac) = match registrar.caller(office, now, request) {
        Ok(caller) => caller,
        Err(refused) => return Some(refused),
    };
    let reply = match seat::dial(office, now, handset, &code) {
        Dialled::Assigned => Reply::because(480, "Assigned, Configuration Follows"),
        Dialled::Wrong => Reply::because(403, "Code Wrong Or Over"),
        Dialled::Slowed => Reply::because(480, "Too Many Wrong Codes, Wait"),
        Dialled::Refused(Refusal::Seat(SeatFlaw::NotAtPhone)) => {
            Reply::because(403, "Assigning At Phones Is Disabled")
        }
        Dialled::Refused(Refusal::Seat(SeatFlaw::Taken)) => {
            Reply::because(403, "Phone Is Assigned Already")
        }
        Dialled::Refused(_) => Reply::because(480, "Not Assigned, Ask The Admin"),
    };
    Some(Some(reply.proven(office.relies_on(mac))))
}
