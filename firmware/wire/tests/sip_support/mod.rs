//! What the tests of SIP share: the corpus, the addresses, and a server's view of a message.
#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::expect_used, reason = "a fixture that cannot be read should fail its test")]

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};

use wire::sip::{Bad, Contact, Message, Method, Name, NoCredentials, Start, Transport, Uri};

/// Where a phone's packet came from in these tests.
pub(crate) const SOURCE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 77), 40_000);

/// The folder of the corpus.
pub(crate) fn corpus_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/packets/sip")
}

/// The names of the messages in one folder of the corpus, sorted; tables (`.txt`) are left out.
pub(crate) fn messages_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(corpus_dir().join(folder)).expect("corpus folder");
    let names = entries.map(|entry| entry.expect("entry").file_name().into_string().expect("name"));
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".txt")).collect();
    names.sort();
    names
}

/// The bytes of one message of the corpus.
pub(crate) fn message(folder: &str, name: &str) -> Vec<u8> {
    fs::read(corpus_dir().join(folder).join(name)).expect("corpus file")
}

/// Every message of the corpus.
pub(crate) fn whole_corpus() -> Vec<Vec<u8>> {
    let folders = ["rfc4475", "rfc5118", "pnp", "phones"];
    let read = |folder| messages_in(folder).into_iter().map(move |name| message(folder, &name));
    folders.into_iter().flat_map(read).collect()
}

/// The rows of a table in the corpus: cells between `|`, trimmed; `#` begins a comment line.
pub(crate) fn table(path: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(corpus_dir().join(path)).expect("table");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split('|').map(|cell| cell.trim().to_string()).collect()).collect()
}

/// Reads a datagram that is expected to be a message.
pub(crate) fn udp(bytes: &[u8]) -> Message<'_> {
    Message::parse(bytes, Transport::Udp).expect("a message")
}

/// What a small registrar would say to a datagram, in words.
pub(crate) fn verdict(bytes: &[u8]) -> String {
    let message = match Message::parse(bytes, Transport::Udp) {
        Ok(message) => message,
        Err(malformed) => return format!("malformed {malformed:?}"),
    };
    match (message.essentials(), message.start) {
        (Err(bad), Start::Request { .. }) => format!("{} {bad}", bad.code()),
        (Err(bad), Start::Response { .. }) => format!("dropped: {bad}"),
        (Ok(_), Start::Response { code }) => format!("ok: response {code}"),
        (Ok(_), Start::Request { method, uri }) => application(&message, method, uri),
    }
}

fn application(message: &Message<'_>, method: Method<'_>, uri: &str) -> String {
    let foreign = |uri| matches!(Uri::parse(uri), Some(Uri::Other(_)));
    let essentials = message.essentials().expect("checked by the caller");
    if let Method::Other(_) = method {
        return "application: 501".into();
    }
    if foreign(uri) {
        return "application: 416".into();
    }
    if message.list(Name::Require).next().is_some() {
        return "application: 420".into();
    }
    if method != Method::Register {
        return "ok".into();
    }
    if foreign(essentials.to.uri) {
        return "application: 400 To is no SIP URI".into();
    }
    if message.credentials().any(|it| it == Err(NoCredentials::OtherScheme)) {
        return "application: 401".into();
    }
    let contacts: Result<Vec<Contact<'_>>, Bad> = message.contacts().collect();
    match contacts {
        Ok(contacts) => format!("ok: {} contacts", contacts.len()),
        Err(bad) => format!("application: {} {bad}", bad.code()),
    }
}
