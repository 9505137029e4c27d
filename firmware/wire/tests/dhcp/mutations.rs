//! Whatever is done to a datagram, reading it ends, within its bounds.

use wire::dhcp::{enterprises, Message, VALUE_BYTES_MAX};

use crate::chance::{mutations, Chance};
use crate::golden;

/// Calls every getter.
fn read_all(message: &Message<'_>, datagram: usize) {
    let values = [
        message.parameters(),
        message.vendor_class(),
        message.client_id(),
        message.host_name(),
        message.user_class(),
        message.enterprise_classes(),
        message.enterprise_options(),
    ];
    for value in values.into_iter().flatten() {
        assert!(value.len() <= VALUE_BYTES_MAX);
        for enterprise in enterprises(&value) {
            let bytes: usize = enterprise.items().map(<[u8]>::len).sum();
            assert!(bytes <= value.len());
            let bytes: usize = enterprise.options().map(|(_, value)| value.len()).sum();
            assert!(bytes <= value.len());
        }
    }
    if let Some(relay) = message.relay_agent() {
        assert!(relay.bytes().len() <= 255);
        let _ = (relay.circuit_id(), relay.remote_id());
        let _ = (relay.link_selection(), relay.server_override());
    }
    let _ = (message.requested_ip(), message.server_id(), message.lease_time());
    let _ = (message.max_size(), message.broadcast());
    assert!(message.sname().len() <= 64 && message.file().len() <= 128);
    assert!(message.parts().map(|(_, part)| part.len() + 2).sum::<usize>() <= datagram);
}

#[test]
fn every_datagram_of_the_corpus_can_be_read_to_the_last_getter() {
    for packet in golden::packets() {
        if let Ok(message) = Message::parse(&packet.bytes) {
            read_all(&message, packet.bytes.len());
            for code in 0..=255 {
                assert!(message.option(code).is_none_or(|value| value.len() <= VALUE_BYTES_MAX));
            }
        }
    }
}

#[test]
fn a_million_mutations_neither_panic_nor_exceed_a_bound() {
    let mut chance = Chance::new(1);
    // Without the padding, so that more of the changes meet an option.
    let seeds: Vec<Vec<u8>> = golden::packets()
        .into_iter()
        .map(|packet| packet.bytes)
        .map(|bytes| bytes.iter().rposition(|byte| *byte != 0).map(|end| bytes[..=end].to_vec()))
        .map(Option::unwrap_or_default)
        .collect();
    let mut datagram = Vec::new();
    let mut accepted = 0;
    let total = mutations();
    for _ in 0..total {
        datagram.clear();
        datagram.extend_from_slice(&seeds[chance.below(seeds.len())]);
        for _ in 0..=chance.below(3) {
            chance.spoil(&mut datagram);
        }
        if let Ok(message) = Message::parse(&datagram) {
            accepted += 1;
            read_all(&message, datagram.len());
        }
    }
    assert!(
        accepted > total / 20,
        "only {accepted} of {total} were read: the mutations are too wild"
    );
}
