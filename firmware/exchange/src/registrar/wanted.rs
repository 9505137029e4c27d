//! What a REGISTER wants: its Contact headers, checked before anybody is asked for a password.
//!
//! RFC 3261 section 10.3 steps 6 and 7 as far as they need no bindings, and RFC 5626 section 6.

use crate::limits::{
    CONTACTS_PER_LINE_MAX, EXPIRES_MAX_S, EXPIRES_MIN_S, INSTANCE_BYTES_MAX, URI_BYTES_MAX,
};
use crate::request::{Reply, Request};
use alloc::vec::Vec;
use wire::sip::{percent_decoded, Contact, Name, NameAddr, SipUri, Uri};

/// What is to become of the bindings.
pub(super) enum Wanted<'a> {
    /// Nothing; the sender only asks which there are.
    List,
    /// All of them are to go.
    None,
    /// These are to be added, renewed or removed.
    Contacts(Vec<WantedContact<'a>>),
}

/// One value of the Contact headers.
pub(super) struct WantedContact<'a> {
    pub(super) uri: &'a str,
    /// Seconds; 0 removes it.
    pub(super) expires_s: u32,
    pub(super) quality: Option<u16>,
    pub(super) instance: Option<&'a str>,
    /// Which of its flows the instance registers (RFC 5626 section 4.2).
    pub(super) reg_id: Option<u32>,
}

impl<'a> Wanted<'a> {
    /// Reads what is wanted, or says what is wrong with it.
    pub(super) fn read(request: &Request<'a>) -> Result<Wanted<'a>, Reply> {
        let expires = request.message.expires();
        let mut contacts = Vec::new();
        let mut stars = 0usize;
        for contact in request.message.contacts() {
            match contact.map_err(|bad| Reply::because(bad.code(), bad))? {
                Contact::Star => stars += 1,
                Contact::At(address) => contacts.push(wanted(request, &address, expires)?),
            }
            if contacts.len() > CONTACTS_PER_LINE_MAX {
                return Err(Reply::because(403, "Too Many Contacts"));
            }
        }
        match (stars, contacts.is_empty(), expires) {
            (0, true, _) => Ok(Wanted::List),
            (0, false, _) => flows_apart(contacts).map(Wanted::Contacts),
            (1, true, Some(0)) => Ok(Wanted::None),
            (1.., ..) => Err(Reply::because(400, "Bad Contact *")),
        }
    }

    /// Whether a contact is to be bound for less time than is granted.
    pub(super) fn is_too_brief(&self) -> bool {
        self.contacts().iter().any(|it| 0 < it.expires_s && it.expires_s < EXPIRES_MIN_S)
    }

    /// Whether the sender's flow is to be bound with its instance.
    pub(super) fn binds_flow(&self) -> bool {
        self.contacts().iter().any(|it| it.expires_s > 0 && it.reg_id.is_some())
    }

    /// The contacts, none where all or nothing is meant.
    pub(super) fn contacts(&self) -> &[WantedContact<'a>] {
        match self {
            Wanted::Contacts(contacts) => contacts,
            Wanted::List | Wanted::None => &[],
        }
    }
}

fn wanted<'a>(
    request: &Request<'a>,
    address: &NameAddr<'a>,
    expires: Option<u32>,
) -> Result<WantedContact<'a>, Reply> {
    let sip = address.parsed_uri().and_then(Uri::sip);
    if sip.is_none() || address.uri.len() > URI_BYTES_MAX {
        return Err(Reply::because(400, "Bad Contact URI"));
    }
    let expires_s = address.expires().or(expires).unwrap_or(EXPIRES_MAX_S).min(EXPIRES_MAX_S);
    let instance = address.instance().filter(|it| it.len() <= INSTANCE_BYTES_MAX);
    // RFC 5626 section 6: only from a neighbour, and never without an instance.
    let direct = request.message.list(Name::Via).nth(1).is_none();
    let reg_id = address.reg_id().filter(|_| instance.is_some() && direct);
    if address.reg_id().is_some() && !direct && request.supports("outbound") {
        return Err(Reply::new(439));
    }
    Ok(WantedContact { uri: address.uri, expires_s, quality: address.quality(), instance, reg_id })
}

/// RFC 5626 section 6: a flow is bound alone.
fn flows_apart(contacts: Vec<WantedContact<'_>>) -> Result<Vec<WantedContact<'_>>, Reply> {
    let bound = contacts.iter().filter(|it| it.expires_s > 0).count();
    let flow = contacts.iter().any(|it| it.expires_s > 0 && it.reg_id.is_some());
    if bound > 1 && flow {
        return Err(Reply::because(400, "One Contact With reg-id Only"));
    }
    Ok(contacts)
}

/// Whether two Contact URIs are the same (RFC 3261 section 19.1.4).
pub(super) fn is_same_uri(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let read = |uri| Uri::parse(uri).and_then(Uri::sip);
    let (Some(one), Some(other)) = (read(one), read(other)) else { return false };
    let users =
        |uri: &SipUri<'_>| percent_decoded(uri.userinfo.unwrap_or_default()).collect::<Vec<u8>>();
    one.secure == other.secure
        && one.userinfo.is_some() == other.userinfo.is_some()
        && users(&one) == users(&other)
        && one.host.eq_ignore_ascii_case(other.host)
        && one.port == other.port
        && agree(&one, &other)
        && agree(&other, &one)
        && one.headers == other.headers
}

/// Parameters that must stand in both URIs or in neither.
const TELLING: [&str; 5] = ["transport", "user", "ttl", "method", "maddr"];

/// Whether no parameter of one URI speaks against the other.
fn agree(one: &SipUri<'_>, other: &SipUri<'_>) -> bool {
    one.params.iter().all(|param| match other.params.find(param.name) {
        Some(same) => {
            let values = (param.value.unwrap_or_default(), same.value.unwrap_or_default());
            values.0.eq_ignore_ascii_case(values.1)
        }
        None => !TELLING.iter().any(|telling| param.name.eq_ignore_ascii_case(telling)),
    })
}

/// Whether the URI that was hashed is the one that was asked: same user and host.
///
/// Some phones leave out the port or the parameters of one of the two, so those are not compared;
/// with the host the same, they lead to the same box.
pub(super) fn is_same_target(hashed: &str, asked: &str) -> bool {
    if hashed == asked {
        return true;
    }
    let read = |uri| Uri::parse(uri).and_then(Uri::sip);
    let (Some(hashed), Some(asked)) = (read(hashed), read(asked)) else { return false };
    hashed.user() == asked.user() && hashed.host.eq_ignore_ascii_case(asked.host)
}
