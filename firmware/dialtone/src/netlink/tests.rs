//! The bytes of messages and answers, and a namespace in which tests may give orders.

use super::*;
use crate::mutation::spoiled;
use nix::sched::{unshare, CloneFlags};
use nix::unistd::geteuid;
use std::io::Write;
use std::process::Command;

/// Tells a story in a network namespace of its own, where the kernel's loopback is the only device
/// and whatever is done is gone at the end. Says aloud that it cannot, and fails where `CI` is
/// `true`, but for an emulated processor, which passes not all of netlink on.
pub(crate) fn apart(test: &str, programs: &[&str], story: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let told = scope.spawn(|| match lack(programs) {
            None => story(),
            Some(lack) => {
                let strict = std::env::var("CI").is_ok_and(|it| it == "true");
                assert!(!strict || cfg!(target_arch = "arm"), "this test must run here: {lack}");
                // Past libtest, which would keep it to itself.
                let _ = writeln!(std::io::stderr(), "test skipped: {test}: {lack}");
            }
        });
        if let Err(panic) = told.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

fn lack(programs: &[&str]) -> Option<String> {
    if !geteuid().is_root() {
        return Some("network namespaces need root".to_owned());
    }
    if let Err(error) = unshare(CloneFlags::CLONE_NEWNET) {
        return Some(format!("no network namespace can be made: {}", error.desc()));
    }
    let netfilter = SockProtocol::NetlinkNetFilter;
    if socket(AddressFamily::Netlink, SockType::Raw, SockFlag::empty(), netfilter).is_err() {
        return Some("the packet filter does not answer".to_owned());
    }
    let missing = |name: &&&str| Command::new(name).arg("-V").output().is_err();
    programs.iter().find(missing).map(|name| format!("missing {name}"))
}

/// Runs a program in the namespace of this thread, and gives what it printed.
pub(crate) fn run(program: &str, words: &str) -> String {
    let output = Command::new(program).args(words.split_whitespace()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {words}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An answer of the kernel to the order of this number.
fn answer(number: u32, error: i32) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&36_u32.to_ne_bytes());
    bytes.extend_from_slice(&NLMSG_ERROR.to_ne_bytes());
    bytes.extend_from_slice(&[0; 2]);
    bytes.extend_from_slice(&number.to_ne_bytes());
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&error.to_ne_bytes());
    // The header of what is answered.
    bytes.extend_from_slice(&[0; 16]);
    bytes
}

#[test]
fn an_attribute_is_padded_and_its_length_does_not_say_so() {
    let mut wanted = 7_u16.to_ne_bytes().to_vec();
    wanted.extend_from_slice(&3_u16.to_ne_bytes());
    wanted.extend_from_slice(&[1, 2, 3, 0]);
    assert_eq!(attribute(3, &[1, 2, 3]), wanted);
    let inner = attribute(1, &[9]);
    let outer = nest(2, &[inner.clone(), inner.clone()]);
    assert_eq!(outer[..2], 20_u16.to_ne_bytes());
    assert_eq!(outer[2..4], 0x8002_u16.to_ne_bytes());
    assert_eq!(outer[4..], [&inner[..], &inner].concat());
}

#[test]
fn orders_are_numbered_from_one_and_lie_on_multiples_of_four() {
    let order = |flags| Message { kind: 20, flags, body: vec![1, 2, 3, 4, 5] };
    let bytes = bytes(&[order(0), order(ACK)]);
    assert_eq!(bytes.len(), 2 * 24);
    assert_eq!(bytes[..4], 21_u32.to_ne_bytes());
    assert_eq!(bytes[4..6], 20_u16.to_ne_bytes());
    assert_eq!(bytes[6..8], 1_u16.to_ne_bytes());
    assert_eq!(bytes[8..12], 1_u32.to_ne_bytes());
    assert_eq!(bytes[16..24], [1, 2, 3, 4, 5, 0, 0, 0]);
    assert_eq!(bytes[30..32], 5_u16.to_ne_bytes());
    assert_eq!(bytes[32..36], 2_u32.to_ne_bytes());
}

#[test]
fn the_awaited_answer_ends_an_order_and_so_does_an_error_before_it() {
    assert_eq!(outcome(&answer(2, 0), 2), Some(Ok(())));
    assert_eq!(outcome(&answer(1, 0), 2), None);
    assert_eq!(outcome(&[answer(1, 0), answer(2, 0)].concat(), 2), Some(Ok(())));
    let refused = [answer(1, -(Errno::EPERM as i32)), answer(2, 0)].concat();
    assert_eq!(outcome(&refused, 2), Some(Err(Errno::EPERM)));
}

#[test]
fn answers_that_are_cut_off_or_lie_about_their_length_are_no_answers() {
    let whole = answer(1, 0);
    for len in 0..20 {
        assert_eq!(outcome(&whole[..len], 1), None, "{len}");
    }
    for len in [0_u32, 1, 15, u32::MAX, u32::MAX - 2] {
        let mut bytes = answer(9, 0);
        bytes[..4].copy_from_slice(&len.to_ne_bytes());
        assert_eq!(outcome(&bytes, 1), None, "{len}");
    }
}

#[test]
fn a_million_spoiled_answers_say_what_stands_in_one_of_them() {
    let refused = answer(1, -(Errno::EPERM as i32));
    let corpus = [
        answer(2, 0),
        [answer(1, 0), answer(2, 0)].concat(),
        [answer(1, 0), answer(2, -(Errno::EEXIST as i32))].concat(),
        [answer(1, 0), refused, answer(2, 0)].concat(),
    ];
    spoiled(&corpus, 4, |answers| {
        let said = outcome(answers, 2);
        // Wherever an answer may begin, whatever the lengths before it say.
        let mut each = answers.chunks(4).enumerate().filter_map(|(at, _)| {
            let four = |from: usize| answers.get(4 * at + from..)?.first_chunk().copied();
            let [k0, k1, _, _] = four(4)?;
            let (number, error) = (u32::from_ne_bytes(four(8)?), i32::from_ne_bytes(four(16)?));
            (u16::from_ne_bytes([k0, k1]) == NLMSG_ERROR).then_some((number, error))
        });
        match said {
            None => {}
            Some(Ok(())) => assert!(each.any(|it| it == (2, 0)), "{answers:?}"),
            Some(Err(errno)) => {
                let same = |error: i32| Errno::from_raw(error.saturating_neg()) == errno;
                assert!(each.any(|(_, error)| error != 0 && same(error)), "{answers:?}");
            }
        }
        said.is_some()
    });
}

#[test]
fn who_may_not_give_orders_is_told_so() {
    if geteuid().is_root() {
        return;
    }
    let body = vec![0; 16];
    let refused = order(SockProtocol::NetlinkRoute, &[Message { kind: 16, flags: ACK, body }]);
    assert_eq!(refused, Err(Errno::EPERM));
}
