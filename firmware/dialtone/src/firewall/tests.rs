//! One rule byte by byte, and the whole table as `nft` reads it back from the kernel. What packets
//! say of it is told by the tests with real clients.

use super::*;
use crate::netlink::tests::{apart, run};
use std::io::Write;
use std::process::{Command, Stdio};

const OFFERED: [(Transport, u16); 3] =
    [(Transport::Udp, 5060), (Transport::Tcp, 5060), (Transport::Tcp, 443)];

/// The table for [`OFFERED`] on `eth1` and `eth2`, in the words of `nft`.
const IN_WORDS: &str = r#"
table inet dialtone {
    chain asked-on-wan {
        udp dport 5060 notrack accept
        tcp dport 5060 notrack accept
        tcp dport 443 notrack accept
        accept
    }
    chain said-on-wan {
        udp sport 5060 notrack accept
        tcp sport 5060 notrack accept
        tcp sport 443 notrack accept
        accept
    }
    chain come {
        type filter hook prerouting priority raw; policy accept;
        iifname "eth1" jump asked-on-wan
        iifname "eth2" jump asked-on-wan
        notrack
    }
    chain leave {
        type filter hook output priority raw; policy accept;
        oifname "eth1" jump said-on-wan
        oifname "eth2" jump said-on-wan
        notrack
    }
    chain from-wan {
        ct state established,related accept
        udp dport 5060 accept
        tcp dport 5060 accept
        tcp dport 443 accept
        meta l4proto icmp @th,0,16 0x0304 accept
        counter drop
    }
    chain input {
        type filter hook input priority filter; policy accept;
        iifname "eth1" jump from-wan
        iifname "eth2" jump from-wan
    }
    chain forward {
        type filter hook forward priority filter; policy accept;
        iifname "eth1" counter drop
        iifname "eth2" counter drop
        oifname "eth1" counter drop
        oifname "eth2" counter drop
    }
}
"#;

/// Gives `nft` a text, and says what the kernel holds then.
fn loaded(text: &str) -> String {
    let mut nft = Command::new("nft");
    let mut child = nft.args(["-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    run("nft", "list ruleset")
}

#[test]
fn the_kernel_holds_what_nft_would_have_told_it() {
    apart("the_kernel_holds_what_nft", &["nft"], || {
        let wanted = loaded(IN_WORDS);
        run("nft", "flush ruleset");
        assert_eq!(install(&["eth1", "eth2"], &OFFERED), Ok(()));
        assert_eq!(run("nft", "list ruleset"), wanted);
    });
}

#[test]
fn a_second_installation_takes_the_place_of_the_first() {
    apart("a_second_installation", &["nft"], || {
        let others = loaded("table ip other {\n chain own {\n udp dport 9 drop\n }\n }");
        assert_eq!(install(&["eth1"], &OFFERED), Ok(()));
        let first = run("nft", "list ruleset");
        assert!(first.contains("dport 443"));
        assert_eq!(install(&["eth1"], &OFFERED), Ok(()));
        assert_eq!(run("nft", "list ruleset"), first);
        assert_eq!(install(&["eth2"], &OFFERED[..2]), Ok(()));
        let second = run("nft", "list table inet dialtone");
        assert!(second.contains("eth2") && second.contains("dport 5060"), "{second}");
        assert!(!second.contains("eth1") && !second.contains("dport 443"), "{second}");
        assert_eq!(install(&[], &[]), Ok(()));
        assert_eq!(run("nft", "list ruleset"), others);
        assert_eq!(install(&[], &[]), Ok(()));
    });
}

#[test]
fn a_transaction_of_which_one_order_is_refused_changes_nothing() {
    apart("a_transaction_of_which_one", &["nft"], || {
        assert_eq!(install(&["eth1"], &OFFERED), Ok(()));
        let first = run("nft", "list ruleset");
        let nowhere = Chain { name: "lost", hook: None, rules: vec![vec![Step::Jump("nowhere")]] };
        let orders = nft::replacement(TABLE, &[nowhere]);
        assert_eq!(order(SockProtocol::NetlinkNetFilter, &orders), Err(Errno::ENOENT));
        assert_eq!(run("nft", "list ruleset"), first);
    });
}

#[test]
fn a_name_that_no_port_can_have_is_refused() {
    for name in ["", "sixteen-letters-", "eth\0"] {
        let why = install(&[name], &OFFERED).unwrap_err();
        assert!(why.ends_with("is no name of a network port"), "{why}");
    }
}

#[test]
fn a_kernel_without_the_filter_is_named_as_such() {
    assert!(words(Errno::EPROTONOSUPPORT).starts_with("this kernel lacks nf_tables"));
    assert_eq!(words(Errno::EPERM), "Operation not permitted");
}

/// The rule "iifname eth1, counted, dropped" of a chain of its own, in network byte order but for
/// the lengths and kinds of attributes.
#[test]
fn a_rule_is_written_byte_by_byte_as_the_kernel_reads_it() {
    let rule = vec![Step::CameBy("eth1"), Step::Count, Step::Drop];
    let orders = nft::replacement("t", &[Chain { name: "c", hook: None, rules: vec![rule] }]);
    let kinds: Vec<u16> = orders.iter().map(|order| order.kind).collect();
    // Begin; the table made, deleted and made; the chain; the rule; end.
    assert_eq!(kinds, [0x10, 0xa00, 0xa02, 0xa00, 0xa03, 0xa06, 0x11]);
    // NLM_F_CREATE, NLM_F_APPEND, and NLM_F_ACK as the last of the transaction.
    assert_eq!(orders[5].flags, 0x400 | 0x800 | 0x004);
    let head = |len: u16, kind: u16| [len.to_ne_bytes(), kind.to_ne_bytes()].concat();
    let [meta, cmp, counter, immediate] = [36, 56, 20, 48];
    let wanted = [
        // struct nfgenmsg: NFPROTO_INET.
        vec![1, 0, 0, 0],
        // NFTA_RULE_TABLE, NFTA_RULE_CHAIN.
        [head(6, 1), b"t\0\0\0".to_vec()].concat(),
        [head(6, 2), b"c\0\0\0".to_vec()].concat(),
        // NFTA_RULE_EXPRESSIONS, nested.
        head(4 + meta + cmp + counter + immediate, 0x8004),
        // NFTA_LIST_ELEM: NFTA_EXPR_NAME, NFTA_EXPR_DATA with NFTA_META_DREG 1 and NFTA_META_KEY
        // NFT_META_IIFNAME.
        [head(meta, 0x8001), head(9, 1), b"meta\0\0\0\0".to_vec(), head(20, 0x8002)].concat(),
        [head(8, 1), vec![0, 0, 0, 1], head(8, 2), vec![0, 0, 0, 6]].concat(),
        // NFTA_CMP_SREG 1, NFTA_CMP_OP equal, NFTA_CMP_DATA with NFTA_DATA_VALUE of 16 bytes.
        [head(cmp, 0x8001), head(8, 1), b"cmp\0".to_vec(), head(44, 0x8002)].concat(),
        [head(8, 1), vec![0, 0, 0, 1], head(8, 2), vec![0, 0, 0, 0]].concat(),
        [head(24, 0x8003), head(20, 1), b"eth1\0\0\0\0\0\0\0\0\0\0\0\0".to_vec()].concat(),
        [head(counter, 0x8001), head(12, 1), b"counter\0".to_vec(), head(4, 0x8002)].concat(),
        // NFTA_IMMEDIATE_DREG the verdict, NFTA_IMMEDIATE_DATA, NFTA_DATA_VERDICT, and in it
        // NFTA_VERDICT_CODE NF_DROP.
        [head(immediate, 0x8001), head(14, 1), b"immediate\0\0\0".to_vec()].concat(),
        [head(28, 0x8002), head(8, 1), vec![0, 0, 0, 0], head(16, 0x8002)].concat(),
        [head(12, 0x8002), head(8, 1), vec![0, 0, 0, 0]].concat(),
    ];
    assert_eq!(orders[5].body, wanted.concat());
}
